import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { html } from "../../cli/board/html.ts";
import { Approval } from "./approval.ts";

const HOSTILE = `</style><script>window.pwned=1</script><img src=x onerror="window.pwned=2">&amp;\u202e`;

/** A platform of which everything that people write by hand is an attack. */
async function hostilePlatform(): Promise<Approval> {
  const checkout = await new Approval().withTestedRelease();
  checkout.edit("catalog/modules/web.yaml", "the web of a small platform", JSON.stringify(HOSTILE));
  checkout.edit(
    "catalog/trust/stacks.yaml",
    "{ class: prod, ",
    `{ class: prod, description: ${JSON.stringify(HOSTILE)}, `,
  );
  checkout.write(
    "catalog/trust/calendar.yaml",
    `windows:
  weekly: { description: ${JSON.stringify(HOSTILE)}, stacks: [prod], zone: UTC, starts: "2026-01-01T10:00", repeats: FREQ=DAILY, minutes: 60 }
freezes:
  now: { from: "2020-01-01T00:00:00Z", until: "2099-01-01T00:00:00Z", stacks: [prod], reason: ${JSON.stringify(HOSTILE)} }
`,
  );
  await checkout.verb(
    ["vote", "web", "1.1.0", "--for", "dev", "--role", "qa", "--nogo", "--reason", HOSTILE],
    "tester",
  );
  return checkout;
}

async function pageOf(checkout: Approval, ...options: string[]): Promise<string> {
  const outcome = await checkout.verb(["board", "--out", join(checkout.root, "site"), ...options]);
  expect(outcome.stderr).toBe("");
  expect(outcome.code).toBe(0);
  return readFileSync(join(checkout.root, "site/index.html"), "utf8");
}

describe("html", () => {
  it("escapes text in elements and attributes, and nothing twice", () => {
    const inner = html`<b title="${'"x"'}">${"<&'>"}</b>`;
    expect(html`<p>${inner}${[1, undefined, false, "&"]}</p>`.text).toBe(
      `<p><b title="&quot;x&quot;">&lt;&amp;&#39;&gt;</b>1&amp;</p>`,
    );
  });
});

describe("the board", () => {
  it("loads nothing, and only its own style and script may act", async () => {
    const page = await pageOf(new Approval());
    const policy = /http-equiv="Content-Security-Policy" content="([^"]+)"/.exec(page)?.[1]?.replaceAll("&#39;", "'");
    const hash = (tag: string) => {
      const content = new RegExp(`<${tag}[^>]*>([\\s\\S]*?)</${tag}>`).exec(page)?.[1] ?? "";
      return `sha256-${createHash("sha256").update(content).digest("base64")}`;
    };
    expect(policy).toBe(
      `default-src 'none'; style-src '${hash("style")}'; script-src '${hash("script")}'; base-uri 'none'; form-action 'none'`,
    );
    expect(page.match(/<(script|link|img|iframe|object|embed)\b/g)).toEqual(["<script"]);
    expect(page).not.toMatch(/\sstyle=|\son[a-z]+=|@import|url\(|https?:/);
  });

  it("counts among the refused what is on its way and refused", async () => {
    // What is pinned may run: only what is on its way there may not.
    const page = await pageOf(new Approval({ "catalog/trust/formality.yaml": "blessed: []\nrules: []\n" }));
    expect(page).toContain("1.2.0-edge.1: refused: channel edge is not admitted for service modules in prod");
    expect(page).toContain("<dt>refused</dt><dd>1</dd>");
  });

  it("is written into a directory, and a file is none", async () => {
    const checkout = new Approval();
    checkout.write("site", "");
    const { code, stderr } = await checkout.verb(["board", "--out", join(checkout.root, "site")]);
    expect([code, stderr]).toEqual([2, expect.stringContaining("--out: is a file: name the directory")]);
    expect(checkout.read("site")).toBe("");
  });

  it("is the same for the same catalogue and instant", async () => {
    const checkout = new Approval();
    const at = ["--at", "2026-08-01T12:00:00Z"];
    expect(await pageOf(checkout, ...at)).toBe(await pageOf(checkout, ...at));
  });

  it("shows what people wrote as they wrote it, and runs none of it", async () => {
    const page = await pageOf(await hostilePlatform());
    const shown = "&lt;/style&gt;&lt;script&gt;window.pwned=1&lt;/script&gt;";
    expect(page.split(shown).length - 1).toBeGreaterThanOrEqual(3);
    expect(page.match(/<script/g)).toHaveLength(1);
    expect(page).not.toContain("<img");
    expect(page).not.toContain("\u202e");
  });

  it("says that the line is stopped, and only inside by whom and why", async () => {
    const checkout = await new Approval().withTestedRelease();
    checkout.write("catalog/trust/calendar.yaml", "stopTheLine: [qa, sre]\n");
    await checkout.verb(["stop-the-line", "--reason", "tokens leak"], "tester");
    const [all, some] = [await pageOf(checkout), await pageOf(checkout, "--public")];
    for (const page of [all, some]) expect(page).toContain("The line is stopped.");
    expect(all).toMatch(/stopped by tester at .*: tokens leak/);
    expect(some).not.toContain("tokens leak");
    const { stdout } = await checkout.verb(["status", "--no-cluster"]);
    expect(stdout).toMatch(/the line is stopped: stopped by tester at .*: tokens leak/);
  });

  it("leaves people and reasons out of a public one", async () => {
    const checkout = await new Approval().withTestedRelease();
    checkout.edit(
      "Pulumi.dev.yaml",
      "web: edge",
      "web: [WEB]".replace("WEB", `1.1.0@${checkout.manifestDigest("web", "1.1.0")}`),
    );
    await checkout.record("1.0.0");
    await checkout.vote("lead", "module-lead");
    await checkout.vote("tester", "qa", "--nogo");
    const [all, some] = [await pageOf(checkout), await pageOf(checkout, "--public")];
    const private_ = ["tester", "looked at it", "pipeline", "account"];
    for (const text of private_.slice(0, 3)) expect(all).toContain(text);
    for (const text of private_) expect(some).not.toContain(text);
    // What is left says what and where.
    expect(some).toContain("veto of qa");
    expect(some).toContain("NO GO</b> qa");
  });
});
