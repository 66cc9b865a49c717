import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { onTestFinished, vi } from "vitest";
import { type ProgramResult, runProgram } from "../../engine/program.ts";

// Each run starts a process, which takes long on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

const commit = "c".repeat(40);
const digest = (letter: string) => `sha256:${letter.repeat(64)}`;
const image = (name: string, letter: string) => ({
  [name]: { repository: `images.example/${name}`, digest: digest(letter) },
});
const chart = (name: string, letter: string) => ({
  repository: `images.example/charts/${name}`,
  version: "3.0.0",
  digest: digest(letter),
});

/** Releases of a small platform: by module and version. */
const MANIFESTS = {
  store: { "1.0.0": { channel: "stable", chart: chart("store", "1"), images: image("team/store", "2") } },
  api: { "2.0.0": { channel: "beta", chart: chart("api", "3"), images: image("team/api", "4") } },
  rules: {
    "1.0.1": {
      channel: "stable",
      content: { rules: { repository: "https://example.org/rules", commit, digest: digest("5") } },
    },
  },
  lab: {
    "1.1.0": { channel: "experimental", images: image("team/labs/lab", "6") },
    "1.0.0": { channel: "stable", images: image("team/labs/lab", "7") },
  },
};

const MODULES = {
  store: {
    purpose: "service",
    chart: "images.example/charts/store",
    images: slot("team/store"),
    values: { size: 1 },
    flags: { FEATURE_LIVE: flag({ live: true }) },
  },
  api: {
    purpose: "service",
    namespace: "web",
    chart: "images.example/charts/api",
    images: slot("team/api"),
    content: { rules: { path: "env", stable: "STABLE_VERSION" } },
    dependsOn: { store: ">=1.0.0" },
    annotations: "podAnnotations",
    atomic: false,
  },
  rules: { purpose: "service", namespace: "web" },
  lab: { purpose: "offered", namespace: "sessions", images: { lab: { repository: "images.example/team/labs/lab" } } },
};

function flag(more: object) {
  const terms = { maturity: "beta", expires: "2099-12-31", acceptance: ["it works"], acceptor: "lead" };
  return { description: "Faster writes", owner: "team", ...terms, ...more };
}

function slot(repository: string) {
  const name = repository.split("/").at(-1) ?? "";
  return { [name]: { repository: `images.example/${repository}`, path: "image" } };
}

const STACKS = {
  lower: { class: "staging" },
  upper: { class: "prod", account: "111111111111", region: "eu-west-1" },
  trial: { class: "dev" },
};
const FLOORS = { bleed: "experimental", dev: "experimental", staging: "experimental", prod: "experimental" };

/** The manifest digest of each release, by `<module> <version>`. */
export const DIGESTS: ReadonlyMap<string, string> = new Map(
  Object.entries(MANIFESTS).flatMap(([module, versions]) =>
    Object.entries(versions).map(([version, manifest]) => {
      const text = manifestText(module, version, manifest);
      return [`${module} ${version}`, `sha256:${createHash("sha256").update(text).digest("hex")}`] as const;
    }),
  ),
);

function manifestText(module: string, version: string, manifest: object): string {
  const images = Object.entries((manifest as { images?: Record<string, object> }).images ?? {});
  const named = Object.fromEntries(images.map(([path, artifact]) => [path.split("/").at(-1), artifact]));
  return JSON.stringify({ module, version, commit, appVersion: version, ...manifest, images: named });
}

const pin = (module: string, version: string) => `${version}@${DIGESTS.get(`${module} ${version}`)}`;

/** The settings of a stack that has everything. */
export const CONFIG = {
  "imprimatur:cluster": { context: "east" },
  "imprimatur:registries": {
    team: { url: "images.example/team" },
    labs: { url: "images.example/team/labs", pullSecret: "labs" },
  },
  "imprimatur:modules": {
    api: [pin("api", "2.0.0")],
    lab: [pin("lab", "1.1.0"), pin("lab", "1.0.0")],
    rules: [pin("rules", "1.0.1")],
    store: [pin("store", "1.0.0")],
  },
  "imprimatur:values": { store: { replicaCount: 2 } },
  "imprimatur:quota": { pods: 10 },
};

/** Runs stacks/index.ts over the small platform, in a process of its own, as the language host starts it. */
export async function runStack(
  name: "lower" | "upper" | "trial" | "nowhere",
  config: Readonly<Record<string, unknown>> = CONFIG,
  secretKeys: readonly string[] = [],
): Promise<ProgramResult> {
  const root = mkdtempSync(join(tmpdir(), "imprimatur-stack-"));
  onTestFinished(() => rmSync(root, { recursive: true }));
  for (const [path, text] of catalogue()) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  const directory = resolve(import.meta.dirname, "../../stacks");
  const project = {
    name: "imprimatur",
    root,
    main: "stacks/index.ts",
    directory,
    entry: "index.ts",
    typescript: false,
    backend: undefined,
  };
  return runProgram(project, { name, config, secretKeys });
}

function* catalogue(): Generator<[path: string, text: string]> {
  yield ["catalog/trust/stacks.yaml", JSON.stringify({ organization: "org", platform: "small", stacks: STACKS })];
  // Nothing needs a blessing here.
  yield ["catalog/trust/formality.yaml", JSON.stringify({ blessed: [], rules: [] })];
  yield ["catalog/trust/people.yaml", JSON.stringify({ people: {}, roles: {} })];
  yield ["catalog/trust/channels.yaml", JSON.stringify({ service: FLOORS, offered: FLOORS })];
  for (const [module, file] of Object.entries(MODULES)) {
    const common = { description: module, owners: ["team"], maturity: "mature" };
    yield [`catalog/modules/${module}.yaml`, JSON.stringify({ ...common, ...file })];
  }
  for (const [module, versions] of Object.entries(MANIFESTS)) {
    for (const [version, manifest] of Object.entries(versions)) {
      yield [`catalog/releases/${module}/${version}.json`, manifestText(module, version, manifest)];
    }
  }
}
