import { describe, expect, it } from "vitest";
import { Catalogue } from "../../release/catalogue.ts";
import { InputError } from "../../release/errors.ts";
import { memoryFiles } from "../../release/files.ts";
import { prettyJson, sha256 } from "../../release/json.ts";
import { readPlatform } from "../../release/platform.ts";
import { StackSettings } from "../../release/schema/stack.ts";

const digest = (text: string) => `sha256:${sha256(text)}`;

function manifest(module: string, version: string, channel = "stable") {
  return prettyJson({
    module,
    version,
    channel,
    commit: sha256(`${module}${version}`).slice(0, 40),
    appVersion: version,
    chart: { repository: `registry.test/charts/${module}`, version, digest: digest(`chart ${module} ${version}`) },
    images: { [module]: { repository: `registry.test/app/${module}`, digest: digest(`image ${module} ${version}`) } },
  });
}

function module(name: string, more = "") {
  return `description: ${name}
purpose: service
owners: [team]
maturity: mature
chart: registry.test/charts/${name}
images:
  ${name}: { repository: registry.test/app/${name}, path: pod.image }
${more}`;
}

const FLAG =
  "{ description: x, owner: team, maturity: alpha, expires: 2027-01-01, acceptance: [works], acceptor: lead }";
const FLAGS = `flags:\n  FEATURE_A: ${FLAG}\n  FEATURE_B: ${FLAG}\nflagsPath: pod.env\n`;

const FILES: Record<string, string> = {
  "catalog/trust/stacks.yaml": "stacks: { dev: { class: dev }, prod: { class: prod } }\n",
  "catalog/modules/web.yaml": module("web", 'dependsOn: { store: ">=1.0.0" }\nannotations: pod.annotations\n'),
  "catalog/modules/store.yaml": module("store", "values: { pod: { memory: 1Gi }, replicaCount: 1 }\n"),
  "catalog/releases/web/2.0.0.json": manifest("web", "2.0.0"),
  "catalog/releases/web/2.1.0.json": manifest("web", "2.1.0", "edge"),
  "catalog/releases/store/1.0.0.json": manifest("store", "1.0.0"),
  "catalog/releases/store/0.9.0.json": manifest("store", "0.9.0"),
};
const pin = (name: string, version: string) =>
  `${version}@${digest(FILES[`catalog/releases/${name}/${version}.json`] ?? "")}`;

function platform(stack: string, modules: unknown, more: object = {}, changes: Record<string, string> = {}) {
  const settings = StackSettings.parse({
    "imprimatur:cluster": { context: "here" },
    "imprimatur:registries": { app: { url: "registry.test/app" } },
    "imprimatur:modules": modules,
    ...more,
  });
  return readPlatform(new Catalogue(memoryFiles({ ...FILES, ...changes })), stack, settings, `Pulumi.${stack}.yaml`);
}

function refusal(...args: Parameters<typeof platform>): string {
  try {
    platform(...args);
  } catch (error) {
    if (error instanceof InputError) return error.message;
    throw error;
  }
  throw new Error("nothing was refused");
}

const both = { web: [pin("web", "2.0.0")], store: [pin("store", "1.0.0")] };

describe("readPlatform", () => {
  it("puts each module behind what it needs and resolves its values", () => {
    const { modules } = platform("prod", both, { "imprimatur:values": { store: { replicaCount: 3 } } });
    expect([...modules.keys()]).toEqual(["store", "web"]);
    expect(modules.get("store")?.values).toEqual({
      replicaCount: 3,
      pod: { memory: "1Gi", image: `registry.test/app/store@${digest("image store 1.0.0")}` },
    });
    expect(modules.get("web")?.values).toEqual({
      pod: {
        image: `registry.test/app/web@${digest("image web 2.0.0")}`,
        annotations: {
          "imprimatur.dev/channel": "stable",
          "imprimatur.dev/manifest-digest": digest(FILES["catalog/releases/web/2.0.0.json"] ?? ""),
          "imprimatur.dev/release": "web 2.0.0",
        },
      },
    });
  });

  it("has a configHash that neither pins nor replicas change, and any other value does", () => {
    const hash = (modules: object, values: object) =>
      platform("prod", modules, { "imprimatur:values": { store: values } }).modules.get("store")?.configHash;
    const before = hash(both, {});
    expect(hash(both, { replicaCount: 9 })).toBe(before);
    expect(hash({ store: [pin("store", "0.9.0")] }, {})).toBe(before);
    expect(hash(both, { pod: { memory: "2Gi" } })).not.toBe(before);
  });

  it("gives a chart every flag that its module declares, off where the stack says nothing, outside the configHash", () => {
    const flagged = { "catalog/modules/store.yaml": module("store", FLAGS) };
    const store = (flags: object) =>
      platform("prod", both, { "imprimatur:flags": flags }, flagged).modules.get("store");
    expect(store({})?.values).toMatchObject({ pod: { env: { FEATURE_A: "false", FEATURE_B: "false" } } });
    const set = store({ store: { FEATURE_A: { percentage: 25 }, FEATURE_B: "on" } });
    expect(set?.values).toMatchObject({ pod: { env: { FEATURE_A: "percentage:25", FEATURE_B: "true" } } });
    expect(set?.configHash).toBe(store({})?.configHash);
  });

  it("tells a service the canary of its content, which no release of the service itself is bound to", () => {
    const slot = "content: { store: { path: pod.env, stable: STABLE, canary: CANARY } }\n";
    const changes = {
      "catalog/modules/web.yaml": module("web", slot),
      "catalog/modules/store.yaml": module("store", "canary: { ladder: [5, 100] }\n"),
    };
    const unleash = { "imprimatur:unleash": { url: "https://unleash.test", environment: "production" } };
    const settings = (setting: object) => ({ ...unleash, "imprimatur:canaries": { store: setting } });
    const pins = { ...both, store: [pin("store", "0.9.0")] };
    const made = (setting: object) => platform("prod", pins, settings(setting), changes).modules;
    const [without, canary] = [made({}), made({ release: pin("store", "1.0.0") })];
    expect(without.get("web")?.values).toMatchObject({ pod: { env: { STABLE: "0.9.0", CANARY: "none" } } });
    expect(canary.get("web")?.values).toMatchObject({ pod: { env: { STABLE: "0.9.0", CANARY: "1.0.0" } } });
    expect(canary.get("web")?.configHash).toBe(without.get("web")?.configHash);
    expect(canary.get("store")).toMatchObject({
      canary: { release: { manifest: { version: "1.0.0" } }, population: 0 },
    });
    // Who may get it is signed for; whether there is a canary is not.
    expect(canary.get("store")?.configHash).toBe(without.get("store")?.configHash);
    expect(made({ ladder: [50] }).get("store")?.configHash).not.toBe(without.get("store")?.configHash);
    const alone = { "imprimatur:canaries": { store: { release: pin("store", "1.0.0") } } };
    expect(refusal("prod", pins, alone, changes)).toContain("imprimatur:unleash: is missing");
  });

  it("lets a bare channel float in dev, to the highest release of exactly that channel", () => {
    const web = platform("dev", { ...both, web: "edge" }).modules.get("web");
    expect(web).toMatchObject({ floating: "edge", current: { manifest: { version: "2.1.0" } } });
  });

  it("takes current and previous from one line", () => {
    const store = platform("prod", { store: [pin("store", "1.0.0"), pin("store", "0.9.0")] }).modules.get("store");
    expect([store?.current.manifest.version, store?.previous?.manifest.version]).toEqual(["1.0.0", "0.9.0"]);
  });
});

describe("readPlatform refuses, naming file, path, value and the nearest valid one", () => {
  it.each<[string, Parameters<typeof platform>, string]>([
    [
      "an unknown stack",
      ["prd", both],
      'catalog/trust/stacks.yaml stacks: there is no such stack (got "prd"; did you mean "prod"?)',
    ],
    [
      "an unknown module",
      ["prod", { wbe: [pin("web", "2.0.0")] }],
      'Pulumi.prod.yaml config.imprimatur:modules.wbe: there is no such module in catalog/modules (got "wbe"; did you mean "web"?)',
    ],
    [
      "a version with no manifest",
      ["prod", { store: [`1.0.1@${digest("x")}`] }],
      'Pulumi.prod.yaml config.imprimatur:modules.store[0]: store has no release 1.0.1: there is no catalog/releases/store/1.0.1.json (got "1.0.1"; did you mean "1.0.0"?)',
    ],
    [
      "bytes that do not have the pinned manifest digest",
      ["prod", { store: [`1.0.0@${digest("x")}`] }],
      `Pulumi.prod.yaml config.imprimatur:modules.store[0]: the bytes of catalog/releases/store/1.0.0.json do not have the pinned manifest digest (got "1.0.0@${digest("x")}"; did you mean "${pin("store", "1.0.0")}"?)`,
    ],
    [
      "a channel where nothing floats",
      ["prod", { ...both, web: "edge" }],
      `Pulumi.prod.yaml config.imprimatur:modules.web: a channel floats in bleed and dev only, and this stack is prod: pin a version with its manifest digest (got "edge"; did you mean "[${pin("web", "2.1.0")}]"?)`,
    ],
    [
      "a dependency that is not pinned",
      ["prod", { web: [pin("web", "2.0.0")] }],
      "Pulumi.prod.yaml config.imprimatur:modules: web depends on store, which this stack does not pin",
    ],
    [
      "a dependency out of range",
      ["prod", { ...both, store: [pin("store", "0.9.0")] }],
      'Pulumi.prod.yaml config.imprimatur:modules.store: web needs store >=1.0.0, and this stack pins 0.9.0 (got "0.9.0")',
    ],
    [
      "a cycle",
      ["prod", both, {}, { "catalog/modules/store.yaml": module("store", 'dependsOn: { web: "*" }\n') }],
      'catalog/modules/store.yaml dependsOn: goes round in a circle (got "store -> web -> store")',
    ],
    [
      "values of a module that is not pinned",
      ["prod", both, { "imprimatur:values": { sotre: {} } }],
      'Pulumi.prod.yaml config.imprimatur:values.sotre: sets values of a module that this stack does not pin (got "sotre"; did you mean "store"?)',
    ],
    [
      "flags of a module that is not pinned",
      ["prod", both, { "imprimatur:flags": { sotre: {} } }],
      'Pulumi.prod.yaml config.imprimatur:flags.sotre: sets flags of a module that this stack does not pin (got "sotre"; did you mean "store"?)',
    ],
    [
      "a flag that its module does not declare",
      [
        "prod",
        both,
        { "imprimatur:flags": { store: { FEATURE_C: "on" } } },
        { "catalog/modules/store.yaml": module("store", FLAGS) },
      ],
      'Pulumi.prod.yaml config.imprimatur:flags.store.FEATURE_C: catalog/modules/store.yaml declares no such flag (got "FEATURE_C"; did you mean "FEATURE_A"?)',
    ],
    [
      "a flag that no chart would see",
      [
        "prod",
        both,
        { "imprimatur:flags": { store: { FEATURE_A: "on" } } },
        { "catalog/modules/store.yaml": module("store", FLAGS.replace("flagsPath: pod.env\n", "")) },
      ],
      "catalog/modules/store.yaml flagsFrom: does not say where its chart takes flags, and Pulumi.prod.yaml sets FEATURE_A",
    ],
    [
      "an image that no registry of the stack serves",
      ["prod", both, { "imprimatur:registries": { other: { url: "elsewhere.test" } } }],
      [
        'Pulumi.prod.yaml config.imprimatur:registries: no registry of this stack serves web\'s image web (got "registry.test/app/web"; choose from "elsewhere.test")',
        'Pulumi.prod.yaml config.imprimatur:registries: no registry of this stack serves store\'s image store (got "registry.test/app/store"; choose from "elsewhere.test")',
      ].join("\n"),
    ],
    [
      "a manifest that says another version than its path",
      ["prod", both, {}, { "catalog/releases/store/1.0.0.json": manifest("store", "1.0.9") }],
      'catalog/releases/store/1.0.0.json version: must be 1.0.0, as the file\'s path says (got "1.0.9")',
    ],
  ])("%s", (_, args, expected) => {
    expect(refusal(...args)).toBe(expected);
  });
});

describe("slots", () => {
  const SLOT = "strategy: slot\nroute: { port: 80 }\nscaleDown: replicaCount\n";
  const pins = { store: [pin("store", "1.0.0"), pin("store", "0.9.0")] };
  const routes = { "imprimatur:routes": { store: { gateway: { name: "public" } } } };
  const slotted = (more: object = {}, extra = SLOT) =>
    platform("prod", pins, { ...routes, ...more }, { "catalog/modules/store.yaml": module("store", extra) });

  it("are the current release and the one before, which keeps its values and is scaled down", () => {
    const { slots = [], configHash } =
      slotted({ "imprimatur:values": { store: { size: 2 } } }).modules.get("store") ?? {};
    expect(
      slots.map(({ role, weight, configHash: hash, values }) => ({ role, weight, same: hash === configHash, values })),
    ).toEqual([
      { role: "current", weight: 100, same: true, values: expect.objectContaining({ size: 2 }) },
      { role: "previous", weight: 0, same: true, values: expect.objectContaining({ size: 2, replicaCount: 0 }) },
    ]);
    expect(slots[0]?.values).not.toHaveProperty("replicaCount");
    expect(new Set(slots.map(({ name }) => name)).size).toBe(2);
  });

  it("keep their names when values change, where the stack says what the previous one was made with", () => {
    const [, before] = slotted({ "imprimatur:values": { store: { size: 1 } } }).modules.get("store")?.slots ?? [];
    const changed = {
      "imprimatur:values": { store: { size: 2 } },
      "imprimatur:previousValues": { store: { size: 1 } },
    };
    const [current, kept] = slotted(changed).modules.get("store")?.slots ?? [];
    expect(kept).toEqual(before);
    expect(current?.values).toMatchObject({ size: 2 });
  });

  it.each([
    [
      "without a route in the stack",
      { "imprimatur:routes": {} },
      SLOT,
      "must say which gateway the traffic of store comes from",
    ],
    ["without a route in the module", {}, "strategy: slot\n", "traffic moves from one slot to the next"],
    ["for another strategy", {}, "", "store has the strategy replace, so nothing routes to its slots"],
    [
      "with a bake that is a soak",
      {},
      `${SLOT}sanity: { image: store, command: [x], owner: qa, bakeSeconds: 601 }\n`,
      "what takes longer is a soak",
    ],
    [
      "with a check of no image of its own",
      {},
      `${SLOT}sanity: { image: web, command: [x], owner: qa }\n`,
      "takes the image web, which is none of the module's",
    ],
    [
      "scaled down by something else",
      {},
      "strategy: slot\nroute: { port: 80 }\nscaleDown: size\n",
      "must end with replicaCount or replicas",
    ],
  ])("are refused %s", (_, more, extra, message) => {
    const changes = { "catalog/modules/store.yaml": module("store", extra) };
    expect(refusal("prod", pins, { ...routes, ...more }, changes)).toContain(message);
  });
});
