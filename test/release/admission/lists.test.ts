import { beforeEach, describe, expect, it } from "vitest";
import { readGatedPlatform } from "../../../release/admission/gated.ts";
import { planAdmission } from "../../../release/admission/plan.ts";
import { ledgerFile } from "../../../release/ledger.ts";
import { RECORDS } from "../../../release/schema/predicates.ts";
import { buildStatement } from "../../../release/signing/statement.ts";
import { SignedPlatform } from "../../policies/signedPlatform.ts";
import { day } from "../world.ts";

const GATE = `{ mode: enforce, sessions: { labs: { floor: beta, fallbacks: 1, modules: [web] } } }`;
const WEB = ["1.0.0", "1.1.0", "1.2.0", "1.3.0"];
const LABS = ["1.0.0", "2.0.0", "3.0.0", "4.0.0"];

let platform: SignedPlatform;
beforeEach(async () => {
  const web = WEB.map((version) => [`web ${version}`, { images: { web: "registry.test/app/web" } }]);
  const labs = LABS.map((version) => [
    `lab ${version}`,
    { images: { lab: "registry.test/app/lab" }, channel: version === "4.0.0" ? "edge" : "stable" },
  ]);
  platform = new SignedPlatform(
    {
      web: { images: { web: { repository: "registry.test/app/web" } } },
      lab: { purpose: "offered", namespace: "labs", images: { lab: { repository: "registry.test/app/lab" } } },
    },
    Object.fromEntries([...web, ...labs]),
    { "catalog/trust/stacks.yaml": `stacks: { prod: { class: prod, gate: ${GATE} } }\n` },
  );
  for (const version of WEB.slice(0, 2)) await platform.blessed(`web ${version}`, ["prod"]);
  for (const version of LABS) await platform.blessed(`lab ${version}`, ["prod"]);
});

const pin = (words: string) => `${words.split(" ")[1]}@${platform.manifestDigest(words)}`;

/** The lists, as `<module> <version> <until>` of what they hold. */
function lists(web: string[], lab: string[], at = day(50)): Record<string, string[]> {
  const pins = (module: string, versions: string[]) => `[${versions.map((version) => pin(`${module} ${version}`))}]`;
  platform.base["Pulumi.prod.yaml"] = `config:
  imprimatur:cluster: { context: prod }
  imprimatur:registries: { app: { url: mirror.test/app, mirrors: registry.test/app } }
  imprimatur:modules: { web: ${pins("web", web)}, lab: ${pins("lab", lab)} }
`;
  const world = new SignedPlatform({}, {}, platform.base);
  for (const [path, bytes] of platform.written) world.written.set(path, bytes);
  const { catalogue, files } = world;
  const plan = planAdmission({
    catalogue,
    gate: world.gate(at),
    platform: readGatedPlatform(catalogue, files, "prod"),
  });
  return Object.fromEntries(
    [...plan.lists].map(([name, data]) => [
      name,
      Object.values(data)
        .flatMap((lines) => lines.split("\n"))
        .map((line) => line.replace(/^mirror\.test\/app\/\w+ /, ""))
        .sort(),
    ]),
  );
}

describe("the lists of a gate", () => {
  it("hold what is current and previous, by the repository that the stack pulls from", () => {
    expect(lists(["1.1.0", "1.0.0"], ["2.0.0"])).toEqual({
      labs: ["lab 2.0.0 -", "web 1.0.0 -", "web 1.1.0 -"],
      web: ["web 1.0.0 -", "web 1.1.0 -"],
      "no.list": [],
    });
  });

  it("leave out what is pinned without a blessing, and what is revoked", async () => {
    expect(lists(["1.2.0", "1.1.0"], ["2.0.0"]).web).toEqual(["web 1.1.0 -"]);
    await platform.revoked("web 1.1.0");
    expect(lists(["1.1.0", "1.0.0"], ["2.0.0"]).web).toEqual(["web 1.0.0 -"]);
  });

  it("keep for sessions what users fall back on, and nothing below their floor", async () => {
    for (const [index, version] of LABS.entries())
      await platform.settled("prod", day(20 + index), { [`lab ${version}`]: undefined });
    expect(lists(["1.1.0"], ["4.0.0", "3.0.0"]).labs).toEqual(["lab 2.0.0 -", "lab 3.0.0 -", "web 1.1.0 -"]);
    await platform.revoked("lab 2.0.0");
    expect(lists(["1.1.0"], ["4.0.0", "3.0.0"]).labs).toEqual(["lab 1.0.0 -", "lab 3.0.0 -", "web 1.1.0 -"]);
  });

  it("hold the canary while the ledger shows one", async () => {
    await canary(1, "1.1.0");
    expect(lists(["1.0.0"], ["2.0.0"]).web).toEqual(["web 1.0.0 -", "web 1.1.0 -"]);
    await canary(2, null);
    expect(lists(["1.0.0"], ["2.0.0"]).web).toEqual(["web 1.0.0 -"]);
  });

  it("hold what ran last beside the current release, before a rollback has gone through and after, until it is revoked", async () => {
    for (const [index, version] of ["1.0.0", "1.1.0"].entries()) {
      const [blessing] = await platform.blessed(`web ${version}`, ["prod"]);
      await platform.settled("prod", day(20 + index), { [`web ${version}`]: blessing });
    }
    await platform.file("operator", "block", "web 1.1.0", "block", {
      reason: "loses logins",
      at: day(21.5).toISOString(),
    });
    const both = ["web 1.0.0 -", "web 1.1.0 -"];
    expect(lists(["1.0.0"], ["2.0.0"]).web).toEqual(both);
    await platform.settled("prod", day(22), { "web 1.0.0": undefined });
    expect(lists(["1.0.0"], ["2.0.0"]).web).toEqual(both);
    await platform.revoked("web 1.1.0");
    expect(lists(["1.0.0"], ["2.0.0"]).web).toEqual(["web 1.0.0 -"]);
  });

  it("hold what two people waive, until that ends, and nothing that is revoked", async () => {
    const expires = day(60).toISOString();
    const waiver = {
      rule: "admission-gate",
      stack: "prod",
      reason: "the pipeline is down",
      at: day(40).toISOString(),
      expires,
    };
    await platform.file("operator", "waiver", "web 1.3.0", "waiver", waiver);
    expect(lists(["1.0.0"], ["2.0.0"]).web).toEqual(["web 1.0.0 -"]);
    await platform.file("manager", "waiver", "web 1.3.0", "waiver", waiver);
    expect(lists(["1.0.0"], ["2.0.0"]).web).toEqual(["web 1.0.0 -", `web 1.3.0 ${expires}`]);
    expect(lists(["1.0.0"], ["2.0.0"], day(61)).web).toEqual(["web 1.0.0 -"]);
    await platform.revoked("web 1.3.0");
    expect(lists(["1.0.0"], ["2.0.0"]).web).toEqual(["web 1.0.0 -"]);
  });

  it("are not made where another stack of the same cluster has a gate of its own", () => {
    const stack = (name: string) =>
      `${name}: { class: prod, clusterUid: 0a0a0a0a-0000-4000-8000-000000000001, gate: ${GATE} }`;
    platform.base["catalog/trust/stacks.yaml"] = `stacks: { ${stack("prod")}, ${stack("eu")} }\n`;
    expect(() => lists(["1.0.0"], ["2.0.0"])).toThrow(
      "catalog/trust/stacks.yaml stacks.prod.gate: is for the whole cluster, and eu has one in the same: a cluster has one gate",
    );
  });

  it("are not made where a module runs in an exempt namespace", () => {
    platform.base["catalog/trust/stacks.yaml"] =
      "stacks: { prod: { class: prod, gate: { mode: enforce, exempt: { web: by mistake } } } }\n";
    expect(() => lists(["1.0.0"], ["2.0.0"])).toThrow(
      "catalog/trust/stacks.yaml stacks.prod.gate.exempt.web: is where web runs",
    );
  });
});

describe("trust refuses", () => {
  it.each([
    [
      "a gate of prod that only warns",
      "{ prod: { class: prod, gate: { mode: warn } } }",
      "stacks.prod.gate.mode: must be enforce: prod is prod",
    ],
    [
      "a stack by the name of a gate",
      "{ prod: { class: prod, gate: { mode: enforce } }, prod-gate: { class: dev } }",
      "stacks.prod-gate: has the name of the stack that applies the admission gate of prod",
    ],
    [
      "sessions that are exempt",
      "{ prod: { class: prod, gate: { mode: enforce, exempt: { labs: x }, sessions: { labs: { floor: beta } } } } }",
      "stacks.prod.gate.exempt.labs: is a namespace of sessions",
    ],
    [
      "a gate that exempts itself",
      "{ prod: { class: prod, gate: { mode: enforce, exempt: { imprimatur-gate: x } } } }",
      "stacks.prod.gate.exempt.imprimatur-gate: is the gate's own namespace",
    ],
  ])("%s", (_, stacks, message) => {
    const world = new SignedPlatform({}, {}, { "catalog/trust/stacks.yaml": `stacks: ${stacks}\n` });
    expect(() => world.catalogue.stackNames).toThrow(message);
  });
});

async function canary(seq: number, version: string | null): Promise<void> {
  const before = platform.gate(day(50)).ledger("prod").entries.at(-1);
  const entry = RECORDS.ledger.schema.parse({
    stack: "prod",
    seq,
    previous: before?.digest ?? null,
    action: "canary",
    changes: [],
    canary: {
      module: "web",
      step: version === null ? "revert" : "start",
      stable: "1.0.0",
      canary: version,
      population: 5,
    },
    outcome: "succeeded",
    planDigest: "e".repeat(64),
    at: day(30 + seq).toISOString(),
    durationSeconds: 1,
  });
  const path = ledgerFile("prod", seq);
  const statement = buildStatement([{ name: path, sha256: entry.planDigest }], RECORDS.ledger.type, entry);
  platform.written.set(path, await platform.sign("author", statement));
}
