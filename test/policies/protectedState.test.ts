import { beforeAll, describe, expect, test } from "vitest";
import type { Pack } from "../../engine/pack.ts";
import type { JsonObject } from "../../release/json.ts";
import { STATEFUL_TYPES } from "../../release/rules/protectedState.ts";
import { checkoutOf, judge, refusals, resourceOf, startPolicy, UNKNOWN } from "./support.ts";

const catalogue = checkoutOf({});
const DEFAULTS = resourceOf("x:y:Z", "z", {}).options;
const resource = (type: string, inputs: JsonObject, options: Partial<typeof DEFAULTS> = {}, stack = "prod") =>
  resourceOf(type, "it", inputs, { stack, options: { ...DEFAULTS, ...options } });

const DEPLOYMENT = "kubernetes:apps/v1:Deployment";
const RELEASE = "kubernetes:helm.sh/v3:Release";
const spec = { replicas: 1, template: { spec: { containers: [{ name: "web", image: "registry.test/web:1" }] } } };
const ignoring = (type: string, inputs: JsonObject, path: string, stack?: string) =>
  resource(type, inputs, { ignoreChanges: [path] }, stack);

let pack: Pack;
beforeAll(async () => {
  pack = await startPolicy("protected-state", catalogue);
});

describe("protected-state passes", () => {
  test.each(STATEFUL_TYPES)("a protected %s", async (type) => {
    expect(await refusals(pack, resource(type, {}, { protect: true }))).toEqual([]);
  });

  test.each([
    ["what holds no state", resource(DEPLOYMENT, { spec })],
    ["a bucket that keeps its objects", resource("aws:s3/bucket:Bucket", { forceDestroy: false }, { protect: true })],
    [
      "a StatefulSet that keeps its claims",
      resource("kubernetes:apps/v1:StatefulSet", {
        spec: { persistentVolumeClaimRetentionPolicy: { whenDeleted: "Retain" } },
      }),
    ],
    ["ignored replicas", ignoring(DEPLOYMENT, { spec }, "spec.replicas")],
    ["an ignored name of a container", ignoring(DEPLOYMENT, { spec }, "spec.template.spec.containers[0].name")],
    ["an ignored image that is not there", ignoring(DEPLOYMENT, { spec }, "spec.template.spec.containers[1].image")],
    [
      "an ignored value that is no image",
      ignoring(RELEASE, { values: { replicaCount: 1, image: "x/web:1" } }, "values.replicaCount"),
    ],
    ["an ignored annotation with dots", ignoring(DEPLOYMENT, { spec }, 'metadata.annotations["spec.template"]')],
  ])("%s", async (_, each) => {
    expect(await refusals(pack, each)).toEqual([]);
  });

  test.each(["bleed", "dev"])("unprotected state and ignored images in %s", async (stack) => {
    const namespace = resource("kubernetes:core/v1:Namespace", {}, {}, stack);
    expect(await refusals(pack, namespace, ignoring(DEPLOYMENT, { spec }, "spec", stack))).toEqual([]);
  });

  test("unprotected state in staging, which may be made anew", async () => {
    expect(await refusals(pack, resource("kubernetes:core/v1:Namespace", {}, {}, "staging"))).toEqual([]);
  });
});

describe("protected-state refuses", () => {
  test.each(STATEFUL_TYPES)("an unprotected %s", async (type) => {
    const { refused } = await judge(pack, resource(type, {}));
    expect(refused).toEqual([
      {
        urn: `urn:pulumi:prod::fixture::${type}::it`,
        message: "it holds state and is not protected, so a change could delete or replace it",
        remedy: "{ protect: true } among its options",
      },
    ]);
  });

  const claims = "spec.persistentVolumeClaimRetentionPolicy lets data go with the Pods that use it";
  test.each([
    [
      "a bucket that goes with its objects",
      "aws:s3/bucket:Bucket",
      { forceDestroy: true },
      "the bucket's objects are deleted with it: forceDestroy is on",
    ],
    [
      "a switch of a wrong type",
      "aws:s3/bucket:Bucket",
      { forceDestroy: "no" },
      "the bucket's objects are deleted with it: forceDestroy is on",
    ],
    [
      "an unknown switch",
      "aws:ecr/repository:Repository",
      { forceDelete: UNKNOWN },
      "forceDelete cannot be known before an update; if it is on, the repository's images are deleted with it",
    ],
    [
      "a database without a last snapshot",
      "aws:rds/instance:Instance",
      { skipFinalSnapshot: true },
      "no snapshot is taken before it is deleted: skipFinalSnapshot is on",
    ],
    [
      "a StatefulSet that deletes its claims",
      "kubernetes:apps/v1:StatefulSet",
      { spec: { persistentVolumeClaimRetentionPolicy: { whenDeleted: "Delete" } } },
      claims,
    ],
    [
      "an unknown retention",
      "kubernetes:apps/v1:StatefulSet",
      { spec: { persistentVolumeClaimRetentionPolicy: UNKNOWN } },
      claims,
    ],
  ])("%s", async (_, type, inputs, message) => {
    expect(await refusals(pack, resource(type, inputs, { protect: true }))).toEqual([message]);
  });

  const values = { web: { image: { repository: "registry.test/web", tag: "1" } } };
  test.each([
    [DEPLOYMENT, { spec }, "spec.template.spec.containers[0].image"],
    [DEPLOYMENT, { spec }, "spec.template.spec.containers[*].image"],
    [DEPLOYMENT, { spec }, 'spec["template"]'],
    [DEPLOYMENT, { spec }, "spec"],
    [DEPLOYMENT, { spec }, "*"],
    [DEPLOYMENT, { spec: UNKNOWN }, "spec.template"],
    ["kubernetes:argoproj.io/v1alpha1:Rollout", { spec }, "spec.template"],
    [RELEASE, { values }, "values"],
    [RELEASE, { values }, "values.web"],
    [RELEASE, { values }, "values.web.image.tag"],
    [RELEASE, { values: UNKNOWN }, "values.web"],
    [RELEASE, { values }, "chart"],
    [RELEASE, { values }, "version"],
    ["kubernetes:helm.sh/v4:Chart", {}, "*"],
  ])("%s %j that ignores %s", async (type, inputs, path) => {
    expect(await refusals(pack, ignoring(type, inputs as JsonObject, path, "staging"))).toEqual([
      `ignoreChanges: "${path}" reaches an image, so what runs need not be what is declared`,
    ]);
  });
});

describe("the configuration of protected-state", () => {
  test("adds types and classes", async () => {
    const own = await startPolicy("protected-state", catalogue, { classes: ["dev"], types: ["aws:neptune/*"] });
    expect(await refusals(own, resource("aws:neptune/cluster:Cluster", {}, {}, "prod"))).toEqual([]);
    expect(await refusals(own, resource("aws:neptune/cluster:Cluster", {}, {}, "dev"))).toEqual([
      "it holds state and is not protected, so a change could delete or replace it",
    ]);
  });

  test("is refused where it is malformed", async () => {
    await expect(startPolicy("protected-state", catalogue, { types: "all" })).rejects.toThrow(
      "configuration of the policy pack imprimatur protected-state.types: Invalid input: expected array, received string",
    );
  });
});
