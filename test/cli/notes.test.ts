import { rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { Notes } from "../../cli/notes/report.ts";
import { prettyJson, sha256 } from "../../release/json.ts";
import { Approval } from "./approval.ts";
import { Checkout } from "./checkout.ts";

const ROADMAP = `feedback: [{ url: "https://forum.test/web" }, { url: "https://forum.test/store", modules: [store] }]
releases:
  - { name: q2, date: "2020-04-01", goals: [an old one] }
  - { name: q3, modules: [web], goals: [faster *pages*], in: [search], out: [{ what: "a <new> look", why: nobody could agree }] }
  - { name: q4, date: "2999-10-01", goals: [a new look] }
  - { name: other, modules: [store], goals: [elsewhere] }
tracks:
  - { name: web-client, description: client on PyPI, url: "https://pypi.test/web-client", version: 4.2.0 }
  - { name: store-client, description: of the store, url: "https://pypi.test/store-client", modules: [store] }
`;
const PARITY = 'differences: [{ resource: "x::*", path: replicas, reason: production carries all users }]\n';
const FLAG = (name: string) =>
  `  ${name}: { description: ${name.toLowerCase()}, owner: team, maturity: alpha, expires: 2099-01-01, acceptance: [it works], acceptor: team }\n`;

/** A source repository of web: the commit of 1.0.0, and what came after it in all the ways that changes come. */
async function source() {
  const repository = new Checkout({ "app.txt": "1\n", "docs/page.txt": "1\n" });
  onTestFinished(() => repository.remove());
  await repository.git("init", "--quiet", "--initial-branch", "main");
  const commit = async (message: string, file = "app.txt") => {
    repository.write(file, `${message}\n`);
    await repository.git("add", "--all");
    await repository.git("commit", "--quiet", "-m", message);
    return (await repository.git("rev-parse", "HEAD")).stdout.trim();
  };
  const first = await commit("first");
  await commit("Search pages (#12)\n\nCloses #9");
  await repository.git("checkout", "--quiet", "-b", "topic");
  await commit("half of it");
  await repository.git("checkout", "--quiet", "main");
  const merge = ["-m", "Merge pull request #13 from ada/topic", "-m", "Faster <script>alert(1)</script> @everyone"];
  await repository.git("merge", "--quiet", "--no-ff", "topic", ...merge);
  await commit("a quick *fix*");
  const last = await commit("DM-7: words", "docs/page.txt");
  return { repository, commit, first, last };
}

function manifest(version: string, commit: string, more: object = {}): string {
  return prettyJson({
    module: "web",
    version,
    channel: "stable",
    commit,
    appVersion: version,
    chart: { repository: "registry.test/charts/web", version, digest: `sha256:${sha256(`chart ${version}`)}` },
    images: { web: { repository: "registry.test/app/web", digest: `sha256:${sha256(version)}` } },
    ...more,
  });
}

/** The small platform with web 1.0.0 and 1.1.0 built from the source's first and last commit. */
async function platform(first: string, last: string): Promise<Approval> {
  const checkout = new Approval({
    "catalog/roadmap.yaml": ROADMAP,
    "catalog/parity.yaml": PARITY,
    "catalog/releases/web/1.0.0.json": manifest("1.0.0", first),
    "catalog/trust/stacks.yaml": "stacks:\n  dev: { class: dev }\n  prod: { class: prod, mirrors: dev }\n",
  });
  checkout.edit(
    "catalog/modules/web.yaml",
    "dependsOn:",
    `flagsPath: pod.env\nflags:\n${FLAG("FEATURE_OLD")}dependsOn:`,
  );
  const old = `1.0.0@sha256:${sha256(checkout.read("catalog/releases/web/1.0.0.json"))}`;
  for (const stack of ["dev", "prod"]) {
    const text = checkout.read(`Pulumi.${stack}.yaml`).replace(/^ {4}web: .*$/m, `    web: [${old}]`);
    const values = stack === "prod" ? "  imprimatur:values: { web: { size: 3 } }\n" : "";
    checkout.write(`Pulumi.${stack}.yaml`, `${text}${values}`);
  }
  rmSync(join(checkout.root, "catalog/releases/web/1.1.0.json"));
  await checkout.git("init", "--quiet", "--initial-branch", "main");
  await checkout.git("add", "--all");
  await checkout.git("commit", "--quiet", "-m", "1.0.0");
  checkout.edit("catalog/modules/web.yaml", FLAG("FEATURE_OLD"), FLAG("FEATURE_NEW"));
  checkout.write("catalog/releases/web/1.1.0.json", manifest("1.1.0", last, { acceptance: ["a page shows in 1 s"] }));
  return checkout;
}

async function notesOf(checkout: Approval, ...args: string[]): Promise<Notes> {
  const { code, stdout, stderr } = await checkout.verb(["notes", ...args, "--json"]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return Notes.parse(JSON.parse(stdout));
}

describe("notes", () => {
  it("tell what is new in a module: by pull request, by issue, and the commits that name neither", async () => {
    const { repository, first, last } = await source();
    const checkout = await platform(first, last);
    const args = ["web", "--from", "1.0.0", "--to", "1.1.0", "--for", "prod", "--repo", repository.root];
    const notes = await notesOf(checkout, ...args, "--release", "q3");
    const [web] = notes.modules;
    expect(web?.history?.brought.map(({ commit: _, ...rest }) => rest)).toEqual([
      { title: "DM-7: words", issues: ["DM-7"] },
      { title: "a quick *fix*", issues: [] },
      { title: "Faster <script>alert(1)</script> @everyone", pullRequest: "13", issues: [] },
      { title: "Search pages", pullRequest: "12", issues: ["#9"] },
    ]);
    expect(web).toMatchObject({ from: "1.0.0", to: "1.1.0", nature: "feature", draft: false });
    expect(web?.acceptance).toEqual(["a page shows in 1 s"]);
    expect(web?.flagsIn.map(({ flag }) => flag)).toEqual(["FEATURE_NEW"]);
    expect(web?.flagsOut.map(({ flag }) => flag)).toEqual(["FEATURE_OLD"]);
    expect(web?.artifacts.map(({ kind }) => kind)).toEqual(["chart", "image"]);
    expect(notes.release?.name).toBe("q3");
    expect(notes.roadmap.map(({ name }) => name)).toEqual(["q4"]);
    expect(notes.tracks.map(({ name }) => name)).toEqual(["web-client"]);
    expect(notes.differences).toEqual([{ section: "values", key: "web.size", values: { prod: "3" } }]);
    expect(notes.parity).toEqual([{ what: "x::* replicas", reason: "production carries all users" }]);
    expect(notes.upgrade.platform).toEqual(["npx imprimatur promote web 1.1.0 --to prod", "npx imprimatur up prod"]);
    expect(notes.rollback.platform).toEqual([
      'npx imprimatur rollback web --stack prod --reason "…"',
      "npx imprimatur up prod",
    ]);
    expect(notes.rollback.helm).toEqual([
      `helm upgrade --install web oci://registry.test/charts/web@sha256:${sha256("chart 1.0.0")} --version 1.0.0 --namespace web`,
    ]);
    const docs = await notesOf(checkout, ...args, "--path", "docs");
    expect(docs.modules[0]?.history?.brought.map(({ title }) => title)).toEqual(["DM-7: words"]);
  });

  it("are a page in which people's words are never markup, a link or a mention", async () => {
    const { repository, first, last } = await source();
    const checkout = await platform(first, last);
    const out = join(checkout.root, "notes.md");
    const args = ["web", "--for", "prod", "--repo", repository.root, "--release", "q3", "--out", out];
    expect((await checkout.verb(["notes", ...args])).code).toBe(0);
    const page = checkout.read("notes.md");
    expect(page).toMatch(/- image `web`: `registry\.test\/app\/web@sha256:[0-9a-f]{12}…` → `/);
    expect(page).not.toContain("were not looked at");
    const blind = await checkout.verb(["notes", "web", "--from", "1.0.0", "--to", "1.1.0"]);
    expect(blind.stdout).toContain("Commits were not looked at: `--repo` names a clone of the source.");
    expect(page).toContain("Faster &lt;script&gt;alert\\(1\\)&lt;/script&gt; @<!-- -->everyone");
    expect(page).toContain("### Commits that name neither a pull request nor an issue\n\n- a quick \\*fix\\* (`");
    expect(page).toContain("## Goals of `q3`\n\n- faster \\*pages\\*");
    expect(page).toContain("### Not in this release\n\n- a &lt;new&gt; look: nobody could agree");
    expect(page).toContain(
      "- **web\\-client**: client on PyPI, known to work with `4.2.0` (<https://pypi.test/web-client>)",
    );
    expect(page).toContain("## Feedback\n\nTell us what you find:\n\n- <https://forum.test/web>\n");
    expect(page.replaceAll("<!-- -->", "")).not.toMatch(/<(?!https:)/);
  });

  it("are a draft of what is not cut yet, and say what a newer commit does not have", async () => {
    const { repository, commit, first, last } = await source();
    const checkout = await platform(first, last);
    await commit("after it (#14)");
    const draft = await notesOf(checkout, "web", "--to", "HEAD", "--repo", repository.root);
    expect(draft.modules[0]).toMatchObject({ from: "1.1.0", to: "HEAD", draft: true, artifacts: [] });
    expect(draft.modules[0]?.history?.brought.map(({ pullRequest }) => pullRequest)).toEqual(["14"]);
    expect(draft.upgrade).toEqual({ platform: [], helm: [] });
    await repository.git("checkout", "--quiet", "-b", "old", first);
    await commit("for 1.0 only (#15)");
    const back = await notesOf(checkout, "web", "--to", "old", "--repo", repository.root);
    expect(back.modules[0]?.history?.brought.map(({ pullRequest }) => pullRequest)).toEqual(["15"]);
    expect(back.modules[0]?.history?.lost).toHaveLength(4);
  });

  it("tell which unit tests are new and gone, and whether the report is the one that was signed for", async () => {
    const { first, last } = await source();
    const checkout = (await platform(first, last)).withKeys("pipeline");
    const report = (...names: string[]) =>
      `<testsuites><testsuite name="s">${names.map((name) => `<testcase classname="Web" name="${name}"/>`).join("")}</testsuite></testsuites>`;
    checkout.write("before.xml", report("opens", "closes"));
    checkout.write("after.xml", report("opens", "searches", "finds"));
    const [before, after] = ["before.xml", "after.xml"].map((file) => join(checkout.root, file)) as [string, string];
    const args = ["web", "--tests-before", before, "--tests-after", after];
    const unsigned = await notesOf(checkout, ...args);
    const changes = { added: ["Web finds", "Web searches"], removed: ["Web closes"] };
    expect(unsigned.modules[0]?.tests).toEqual({ ...changes, attested: false });
    await checkout.verb(["attest", "web", "1.1.0", "--type", "test-result", "--file", after], "pipeline");
    expect((await notesOf(checkout, ...args)).modules[0]?.tests).toEqual({ ...changes, attested: true });
    const alone = await checkout.verb(["notes", "web", "--tests-after", after]);
    expect(alone).toMatchObject({ code: 2, stderr: expect.stringContaining("--tests-before: goes with the other") });
  });

  it("have the special provisions that module leads have signed, and not what others say", async () => {
    const { first, last } = await source();
    const checkout = (await platform(first, last)).withKeys("lead", "guest");
    const summary = "run the migration | first";
    const args = ["attest", "web", "1.1.0", "--type", "special-provisions", "--summary", summary];
    expect((await checkout.verb(args, "lead")).code).toBe(0);
    const at = new Date().toISOString();
    const forged = { type: "special-provisions", in: "ci", result: "pass", summary: "skip the tests", at };
    await checkout.file("guest", "evidence", ["web", "1.1.0"], forged);
    expect((await notesOf(checkout, "web")).modules[0]?.provisions).toEqual([{ person: "lead", text: summary }]);
  });

  it("tell what a train or another stack has that a stack has not, in the order that modules need each other", async () => {
    const { first, last } = await source();
    const checkout = await platform(first, last);
    checkout.write(
      "catalog/releases/store/1.1.0.json",
      checkout.read("catalog/releases/store/1.0.0.json").replaceAll("1.0.0", "1.1.0"),
    );
    expect((await checkout.verb(["train", "q3", "web@1.1.0", "store@1.1.0"])).code).toBe(0);
    const notes = await notesOf(checkout, "--from", "prod", "--to", "q3");
    expect(notes).toMatchObject({ title: "q3", stack: "prod", release: { name: "q3" } });
    expect(notes.modules.map(({ module, from, to }) => [module, from, to])).toEqual([
      ["store", "1.0.0", "1.1.0"],
      ["web", "1.0.0", "1.1.0"],
    ]);
    expect(notes.rollback.platform[0]).toBe('npx imprimatur rollback web --stack prod --reason "…"');
    checkout.edit("Pulumi.dev.yaml", "    store:", "    # store:");
    checkout.edit("catalog/modules/web.yaml", 'dependsOn:\n  store: ">=1.0.0"\n', "");
    const between = await notesOf(checkout, "--from", "prod", "--to", "dev");
    expect(between.modules).toEqual([expect.objectContaining({ module: "store", from: "1.0.0", flagsIn: [] })]);
    expect(between.modules[0]).not.toHaveProperty("to");
  });

  it("tell what came with an entry of the ledger", async () => {
    const { first, last } = await source();
    const checkout = (await platform(first, last)).withKeys("pipeline");
    await checkout.record("1.0.0");
    const notes = await notesOf(checkout, "--from", "prod@1", "--to", "prod");
    expect(notes.modules.map(({ module }) => module)).toEqual(["store"]);
    const { code, stderr } = await checkout.verb(["notes", "--from", "prod@2", "--to", "prod"]);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining("prod's ledger has 1 entries") });
  });

  it.each([
    [["--from", "prod"], "name a module, or two places with --from and --to"],
    [
      ["--from", "prdo", "--to", "dev"],
      'is no stack, <stack>@<entry of its ledger> or train (got "prdo"; did you mean "prod"?)',
    ],
    [["--from", "prod", "--to", "dev", "--repo", "."], "--repo: is about the source of one module"],
    [["web", "--to", "1.1.9"], 'web has no release 1.1.9: there is no catalog/releases/web/1.1.9.json (got "1.1.9"'],
    [["web", "--release", "q9"], 'is no release of catalog/roadmap.yaml (got "q9"; did you mean "q2"?)'],
    [["web", "--repo", "/"], "--repo: cannot be read"],
  ])("take %j as bad input", async (args, message) => {
    const checkout = await platform("a".repeat(40), "b".repeat(40));
    const { code, stderr } = await checkout.verb(["notes", ...args]);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(message) });
  });
});
