import { beforeAll, describe, expect, test } from "vitest";
import type { Pack } from "../../engine/pack.ts";
import type { JsonObject } from "../../release/json.ts";
import { checkoutOf, judge, refusals, resourceOf, startPolicy, UNKNOWN } from "./support.ts";

const catalogue = checkoutOf({});
const COMMIT = "a".repeat(40);
const DIGEST = `sha256:${"b".repeat(64)}`;

const object = (groupVersion: string, kind: string, spec: unknown, stack = "prod", name = "web") =>
  resourceOf(
    `kubernetes:${groupVersion}:${kind}`,
    `${kind}-${name}`,
    { apiVersion: groupVersion, kind, metadata: { name, namespace: "flux-system" }, spec } as JsonObject,
    { stack },
  );
const argo = (kind: string, spec: unknown, stack?: string) => object("argoproj.io/v1alpha1", kind, spec, stack);
const source = (kind: string, spec: unknown, stack?: string) =>
  object("source.toolkit.fluxcd.io/v1", kind, spec, stack);
const kustomization = (spec: JsonObject) =>
  object("kustomize.toolkit.fluxcd.io/v1", "Kustomization", {
    sourceRef: { kind: "GitRepository", name: "web" },
    ...spec,
  });
const helmRelease = (spec: JsonObject) => object("helm.toolkit.fluxcd.io/v2", "HelmRelease", spec);
const automation = (spec: JsonObject) => object("image.toolkit.fluxcd.io/v1", "ImageUpdateAutomation", spec);
const rolling = (maxUpdate: unknown) => ({ type: "RollingSync", rollingSync: { steps: [{ maxUpdate }] } });

let pack: Pack;
beforeAll(async () => {
  pack = await startPolicy("gated-sync", catalogue);
});

describe("gated-sync passes", () => {
  test.each([
    [
      "an Application that waits for a sync",
      argo("Application", { syncPolicy: { syncOptions: ["CreateNamespace=true"] } }),
    ],
    [
      "one whose automatic sync is switched off",
      argo("Application", { syncPolicy: { automated: { enabled: false } } }),
    ],
    [
      "an ApplicationSet of those",
      argo("ApplicationSet", { template: { spec: {} }, syncPolicy: { preserveResourcesOnDeletion: true } }),
    ],
    ["a rolling sync whose every step waits", argo("ApplicationSet", { template: {}, strategy: rolling(0) })],
    ["a GitRepository held to one commit", source("GitRepository", { ref: { branch: "main", commit: COMMIT } })],
    ["an OCIRepository held to one digest", source("OCIRepository", { ref: { tag: "latest", digest: DIGEST } })],
    ["a suspended Bucket", source("Bucket", { suspend: true })],
    ["a suspended image automation", automation({ suspend: true })],
    [
      "a HelmRelease of one version",
      helmRelease({ chart: { spec: { version: "1.2.3-rc.1", sourceRef: { kind: "HelmRepository", name: "x" } } } }),
    ],
    ["a suspended Kustomization of a source elsewhere", kustomization({ suspend: true })],
    ["what is no GitOps object", resourceOf("kubernetes:apps/v1:Deployment", "web", { spec: UNKNOWN })],
    ["a Workflow of Argo", argo("Workflow", { entrypoint: "main" })],
  ])("%s", async (_, resource) => {
    expect(await refusals(pack, resource)).toEqual([]);
  });

  test("a Kustomization whose source stands in the same stack, held to one commit", async () => {
    const resources = [source("GitRepository", { ref: { commit: COMMIT } }), kustomization({ suspend: false })];
    expect(await refusals(pack, ...resources)).toEqual([]);
  });

  test.each(["bleed", "dev"])("everything in %s", async (stack) => {
    expect(await refusals(pack, argo("Application", { syncPolicy: { automated: {} } }, stack))).toEqual([]);
    expect(await refusals(pack, source("Bucket", {}, stack))).toEqual([]);
  });
});

describe("gated-sync refuses", () => {
  test("an Application that syncs by itself, and says what mends it", async () => {
    const { refused } = await judge(
      pack,
      argo("Application", { syncPolicy: { automated: { prune: true } } }, "staging"),
    );
    expect(refused).toEqual([
      {
        urn: "urn:pulumi:staging::fixture::kubernetes:argoproj.io/v1alpha1:Application::Application-web",
        message: "Argo CD syncs by itself: spec.syncPolicy.automated",
        remedy: "take spec.syncPolicy.automated out; a promotion is synced by hand",
      },
    ]);
  });

  const set = "spec.strategy makes the controller sync the applications itself";
  const git = "of the GitRepository does not name exactly one revision, so Flux applies whatever comes next";
  const release = "spec.chart.spec.version of the HelmRelease";
  test.each([
    [
      "an empty automated",
      argo("Application", { syncPolicy: { automated: {} } }),
      "Argo CD syncs by itself: spec.syncPolicy.automated",
    ],
    [
      "an unknown switch",
      argo("Application", { syncPolicy: { automated: { enabled: UNKNOWN } } }),
      "Argo CD syncs by itself: spec.syncPolicy.automated",
    ],
    [
      "an unknown syncPolicy",
      argo("Application", { syncPolicy: UNKNOWN }),
      "spec.syncPolicy cannot be known before an update",
    ],
    ["an unknown spec", argo("Application", UNKNOWN), "the Application's spec cannot be known before an update"],
    ["a spec of a wrong type", argo("Application", "x"), "the Application's spec is no object"],
    ["a missing spec", argo("Application", null), "the Application's spec is no object"],
    [
      "a set's template",
      argo("ApplicationSet", { template: { spec: { syncPolicy: { automated: {} } } } }),
      "Argo CD syncs by itself: spec.template.spec.syncPolicy.automated",
    ],
    [
      "a set's generator",
      argo("ApplicationSet", { generators: [{ list: { template: { spec: { syncPolicy: { automated: {} } } } } }] }),
      "Argo CD syncs by itself: spec.generators[0].list.template.spec.syncPolicy.automated",
    ],
    [
      "a set's patch",
      argo("ApplicationSet", { templatePatch: "spec: { syncPolicy: { automated: {} } }" }),
      "spec.templatePatch may turn automatic sync on",
    ],
    ["a rolling sync", argo("ApplicationSet", { strategy: rolling("25%") }), set],
    ["an unknown strategy", argo("ApplicationSet", { strategy: UNKNOWN }), set],
    ["a branch", source("GitRepository", { ref: { branch: "main" } }), `spec.ref.commit ${git}`],
    ["an abbreviated commit", source("GitRepository", { ref: { commit: "abc1234" } }), `spec.ref.commit ${git}`],
    ["no ref at all", source("GitRepository", {}), `spec.ref.commit ${git}`],
    [
      "an unknown commit",
      source("GitRepository", { ref: { commit: UNKNOWN } }),
      "spec.ref.commit of the GitRepository cannot be known before an update, so Flux applies whatever comes next",
    ],
    [
      "an unknown suspend",
      source("GitRepository", { suspend: UNKNOWN }),
      "whether the GitRepository is suspended cannot be known before an update",
    ],
    ["a suspend of a wrong type", source("Bucket", { suspend: "true" }), "a Bucket cannot be held to one revision"],
    [
      "a tag",
      source("OCIRepository", { ref: { tag: "1.0.0" } }),
      "spec.ref.digest of the OCIRepository does not name exactly one revision, so Flux applies whatever comes next",
    ],
    ["image automation", automation({}), "Flux writes new tags into the repository by itself"],
    [
      "a range of versions",
      helmRelease({ chart: { spec: { version: ">=1.0.0", sourceRef: { kind: "HelmRepository", name: "x" } } } }),
      `${release} does not name exactly one revision, so Flux applies whatever comes next`,
    ],
  ])("%s", async (_, resource, message) => {
    expect(await refusals(pack, resource)).toEqual([message]);
  });

  test("a source of another stack, or one that cannot be told", async () => {
    expect(await refusals(pack, kustomization({}))).toEqual([
      "the Kustomization applies what it finds in GitRepository flux-system/web, which this stack does not declare",
    ]);
    const unknown = "a source that cannot be told before an update";
    expect(await refusals(pack, kustomization({ sourceRef: { kind: "GitRepository", name: UNKNOWN } }))).toEqual([
      `the Kustomization applies what it finds in ${unknown}`,
    ]);
    expect(await refusals(pack, helmRelease({ chartRef: { kind: "OCIRepository", name: "web" } }))).toEqual([
      "the HelmRelease applies what it finds in OCIRepository flux-system/web, which this stack does not declare",
    ]);
  });

  test("the values of a chart that makes Applications", async () => {
    const values = { applications: { web: { syncPolicy: { automated: { selfHeal: true } } } } };
    expect(await refusals(pack, resourceOf("kubernetes:helm.sh/v3:Release", "apps", { values }))).toEqual([
      "Argo CD syncs by itself: values.applications.web.syncPolicy.automated",
    ]);
  });
});

describe("the configuration of gated-sync", () => {
  test("says in which classes it holds", async () => {
    const everywhere = await startPolicy("gated-sync", catalogue, { classes: ["dev"] });
    const automated = { syncPolicy: { automated: {} } };
    expect(await refusals(everywhere, argo("Application", automated, "prod"))).toEqual([]);
    expect(await refusals(everywhere, argo("Application", automated, "dev"))).toHaveLength(1);
  });

  test("is refused where it is malformed", async () => {
    await expect(startPolicy("gated-sync", catalogue, { classes: ["production"] })).rejects.toThrow(
      "configuration of the policy pack imprimatur gated-sync.classes.0: ",
    );
  });
});
