import { expect, test } from "vitest";
import { ExistingCluster } from "../../components/existingCluster.ts";
import { ModuleRelease, type ModuleReleaseArgs } from "../../components/moduleRelease.ts";
import { record } from "./record.ts";

const digest = `sha256:${"c".repeat(64)}`;
const args: ModuleReleaseArgs = {
  module: "skaha",
  version: "1.1.0",
  manifestDigest: `sha256:${"a".repeat(64)}`,
  channel: "stable",
  purpose: "service",
  configHash: "b".repeat(64),
  namespace: "skaha-system",
  chart: { repository: "images.example/charts/skaha", version: "3.2.1", digest },
  values: { image: "images.example/platform/skaha@sha256:0", replicaCount: 3 },
  atomic: true,
};

/** What Helm is told; `compat` is the provider SDK's own. */
async function helmInputs(changes: Partial<ModuleReleaseArgs> = {}) {
  const resources = await record((opts) => new ModuleRelease("skaha", { ...args, ...changes }, opts));
  return resources.find(({ type }) => type === "kubernetes:helm.sh/v3:Release")?.inputs;
}

test("a release is one Helm release, of a chart by its digest", async () => {
  const resources = await record((opts) => new ModuleRelease("skaha", args, opts));

  expect(resources).toEqual([
    { type: "imprimatur:release:ModuleRelease", name: "skaha", inputs: args, dependsOn: [], protect: false },
    {
      type: "kubernetes:helm.sh/v3:Release",
      name: "skaha",
      inputs: {
        name: "skaha",
        namespace: "skaha-system",
        chart: `oci://images.example/charts/skaha@${digest}`,
        version: "3.2.1",
        values: args.values,
        resetValues: true,
        atomic: true,
        cleanupOnFail: true,
        skipAwait: false,
        timeout: 300,
        createNamespace: false,
        maxHistory: 10,
        compat: "true",
      },
      parent: "imprimatur:release:ModuleRelease::skaha",
      dependsOn: [],
      protect: false,
    },
  ]);
});

test("where a crash is to be seen, a failed upgrade stays as it is, and is still waited for", async () => {
  expect(await helmInputs({ atomic: false })).toMatchObject({ atomic: false, cleanupOnFail: false, skipAwait: false });
});

test("what it falls back on is said for whoever judges it, and Helm is told nothing of it", async () => {
  const previous = { version: "1.0.2", manifestDigest: `sha256:${"d".repeat(64)}` };
  const [component] = await record((opts) => new ModuleRelease("skaha", { ...args, previous }, opts));

  expect(component?.inputs.previous).toEqual(previous);
  expect(await helmInputs({ previous })).toEqual(await helmInputs());
});

test("a module may take longer to get ready", async () => {
  expect(await helmInputs({ timeoutSeconds: 900 })).toMatchObject({ timeout: 900 });
});

test("the Helm release itself depends on what its component depends on", async () => {
  const resources = await record((opts) => {
    const { provider } = new ExistingCluster("cluster", { context: "a" }, opts);
    const inCluster = { ...opts, providers: [provider] };
    const store = new ModuleRelease("cavern", { ...args, module: "cavern" }, inCluster);
    new ModuleRelease("skaha", args, { ...inCluster, dependsOn: [store] });
  });

  const releases = resources.filter(({ type }) => type === "kubernetes:helm.sh/v3:Release");
  expect(releases.map(({ name, dependsOn }) => ({ name, dependsOn }))).toEqual([
    { name: "cavern", dependsOn: [] },
    { name: "skaha", dependsOn: ["imprimatur:release:ModuleRelease::cavern"] },
  ]);
  const provider = "imprimatur:cluster:ExistingCluster$pulumi:providers:kubernetes::cluster";
  expect(releases.map((release) => release.provider)).toEqual([provider, provider]);
});
