import { beforeAll, describe, expect, test } from "vitest";
import type { Pack } from "../../engine/pack.ts";
import type { JsonObject } from "../../release/json.ts";
import { digestOf, SignedPlatform } from "./signedPlatform.ts";
import { refusals, resourceOf, startPolicy, UNKNOWN } from "./support.ts";

const REPOSITORY = "registry.test/app/app";
const image = (version: string) => `${REPOSITORY}@${digestOf(`app ${version} app`)}`;
const GOOD = image("1.0.0");

const platform = new SignedPlatform(
  {
    app: { images: { app: { repository: REPOSITORY } } },
    hub: { images: { hub: { repository: "docker.io/team/hub" } } },
  },
  {
    "app 1.0.0": { images: { app: REPOSITORY } },
    "app 1.1.0": { images: { app: REPOSITORY } },
    "app 1.2.0": { images: { app: REPOSITORY } },
    "hub 1.0.0": { images: { hub: "docker.io/team/hub" } },
  },
  {
    "Pulumi.prod.yaml": JSON.stringify({
      config: {
        "imprimatur:cluster": { context: "prod" },
        "imprimatur:registries": { here: { url: "mirror.test/app", mirrors: "registry.test/app" } },
        "imprimatur:modules": {},
      },
    }),
  },
);

let pack: Pack;
beforeAll(async () => {
  await platform.blessed("app 1.0.0", ["staging", "prod"]);
  await platform.blessed("app 1.1.0", ["staging"]);
  await platform.blessed("app 1.2.0", ["staging", "prod"]);
  await platform.revoked("app 1.2.0");
  await platform.blessed("hub 1.0.0", ["prod"]);
  pack = await startPolicy("blessed-images", platform.save(), {
    paths: { "example.dev/Runner": ["spec.agent.imageName", "spec.steps[*].with"] },
  });
});

const pod = (image: unknown) => ({ spec: { containers: [{ name: "main", image }] } }) as JsonObject;
const judged = (inputs: JsonObject, stack = "prod", type = "kubernetes:core/v1:Pod") =>
  refusals(pack, resourceOf(type, "it", inputs, { stack }));

const spec = (key: string, value: unknown) => ({ containers: [{ image: GOOD }], [key]: value });
const PLACES: readonly (readonly [string, (image: string) => object, string])[] = [
  ["a container", (image) => ({ containers: [{ image: GOOD }, { image }] }), "containers[1].image"],
  ["an init container", (image) => spec("initContainers", [{ image }]), "initContainers[0].image"],
  ["an ephemeral container", (image) => spec("ephemeralContainers", [{ image }]), "ephemeralContainers[0].image"],
  ["an image volume", (image) => spec("volumes", [{ image: { reference: image } }]), "volumes[0].image.reference"],
];
const KINDS: readonly (readonly [string, (spec: object) => object, string])[] = [
  ["core/v1:Pod", (spec) => ({ spec }), "spec"],
  ["core/v1:PodPatch", (spec) => ({ spec }), "spec"],
  ...["apps/v1:Deployment", "apps/v1:StatefulSet", "apps/v1:DaemonSet", "apps/v1:ReplicaSet", "batch/v1:Job"].map(
    (kind) => [kind, (spec: object) => ({ spec: { template: { spec } } }), "spec.template.spec"] as const,
  ),
  ["core/v1:ReplicationController", (spec) => ({ spec: { template: { spec } } }), "spec.template.spec"],
  [
    "batch/v1:CronJob",
    (spec) => ({ spec: { jobTemplate: { spec: { template: { spec } } } } }),
    "spec.jobTemplate.spec.template.spec",
  ],
  ["core/v1:PodTemplate", (spec) => ({ template: { spec } }), "template.spec"],
  ["core/v1:PodList", (spec) => ({ items: [{ spec }] }), "items[0].spec"],
  [
    "core/v1:List",
    (spec) => ({ items: [{ kind: "Job", spec: { template: { spec } } }] }),
    "items[0].spec.template.spec",
  ],
  ["argoproj.io/v1alpha1:Rollout", (spec) => ({ spec: { template: { spec } } }), "spec.template.spec"],
  ["serving.knative.dev/v1:Service", (spec) => ({ spec: { template: { spec } } }), "spec.template.spec"],
];

describe.each(KINDS)("in a %s", (kind, wrap, path) => {
  test.each(PLACES)("an unblessed image of %s is refused, and a blessed one is not", async (_, place, at) => {
    const type = `kubernetes:${kind}`;
    expect(await judged(wrap(place(GOOD)) as JsonObject, "prod", type)).toEqual([]);
    expect(await judged(wrap(place(image("1.1.0"))) as JsonObject, "prod", type)).toEqual([
      `the image "${image("1.1.0")}" at ${path}.${at} is of app 1.1.0, which is not blessed for prod`,
    ]);
  });
});

test("an Argo workflow's containers and scripts are judged as well", async () => {
  const templates = [{ container: { image: GOOD } }, { script: { image: image("1.1.0") } }];
  expect(await judged({ spec: { templates } }, "prod", "kubernetes:argoproj.io/v1alpha1:Workflow")).toHaveLength(1);
});

describe("a custom kind that embeds no Pod", () => {
  const runner = (spec: object) => judged({ spec } as JsonObject, "prod", "kubernetes:example.dev/v1:Runner");

  test("is judged at the configured places", async () => {
    expect(await runner({ agent: { imageName: GOOD }, steps: [{ with: GOOD }, {}] })).toEqual([]);
    expect(await runner({ agent: { imageName: "busybox:1" } })).toEqual([
      'the image "busybox:1" at spec.agent.imageName has no digest, so no release can be told from it',
    ]);
    expect(await runner({ steps: [{ with: GOOD }, { with: "busybox:1" }] })).toHaveLength(1);
  });

  test("is refused there for what is unknown or no text", async () => {
    const message = (path: string) => `the image at ${path} cannot be known before an update, or is no text`;
    expect(await runner({ agent: UNKNOWN })).toEqual([message("spec.agent")]);
    expect(await runner({ agent: { imageName: 5 } })).toEqual([message("spec.agent.imageName")]);
    expect(await runner({ steps: { with: GOOD } })).toEqual([message("spec.steps")]);
  });

  test("of another group is none of its business", async () => {
    expect(await judged({ spec: { agent: { imageName: "x" } } }, "prod", "kubernetes:other.dev/v1:Runner")).toEqual([]);
  });
});

test.each([
  ["no digest", "registry.test/app/app:1.0.0", /has no digest/],
  [
    "an upper-case digest",
    `${REPOSITORY}@sha256:${GOOD.slice(-64).toUpperCase()}`,
    /^what stands at .* is no image reference$/,
  ],
  ["a digest of no release", `${REPOSITORY}@${digestOf("other")}`, /is of no release in the catalogue/],
  ["the digest of a chart or manifest", `${REPOSITORY}@${digestOf("nothing")}`, /is of no release/],
  [
    "a revoked release",
    image("1.2.0"),
    /is of app 1\.2\.0, which must not run\n {2}refused {2}revoked by operator: it loses data$/,
  ],
  [
    "another registry",
    `elsewhere.test/app/app@${digestOf("app 1.0.0 app")}`,
    /from a repository that the catalogue does not list$/,
  ],
  ["an unknown value", UNKNOWN, /cannot be known before an update/],
  ["a number", 5, /cannot be known before an update, or is no text/],
  ["nothing", null, /or is no text/],
])("in prod, %s is refused", async (_, image, message) => {
  const found = await judged(pod(image));
  expect(found).toHaveLength(1);
  expect(found[0]).toMatch(message);
});

test.each([
  ["with a tag beside the digest", `${REPOSITORY}:1.0.0@${digestOf("app 1.0.0 app")}`],
  ["from a mirror that the stack file declares", `mirror.test/app/app@${digestOf("app 1.0.0 app")}`],
  ["from another repository of the catalogue", `docker.io/team/hub@${digestOf("app 1.0.0 app")}`],
  ["from Docker Hub under its short name", `team/hub@${digestOf("hub 1.0.0 hub")}`],
])("a blessed image %s passes", async (_, image) => {
  expect(await judged(pod(image))).toEqual([]);
});

test("containers that are no list, or unknown, are refused", async () => {
  const message = (path: string) => [`the image at ${path} cannot be known before an update, or is no text`];
  expect(await judged({ spec: { containers: "main" } })).toEqual(message("spec.containers"));
  expect(await judged({ spec: UNKNOWN })).toEqual(message("spec"));
});

test("where no blessing is asked for, only what is revoked is refused", async () => {
  for (const image of [
    "busybox:1",
    UNKNOWN,
    5,
    `x.test/y@${digestOf("other")}`,
    GOOD,
    `x.test/y@${digestOf("app 1.1.0 app")}`,
  ]) {
    expect(await judged(pod(image), "dev")).toEqual([]);
  }
  expect(await judged(pod(image("1.2.0")), "dev")).toHaveLength(1);
});

test("staging has blessings of its own", async () => {
  expect(await judged(pod(image("1.1.0")), "staging")).toEqual([]);
});

test("a secret reference is judged, and not repeated", async () => {
  const secret = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", value: "hunter2" };
  expect(await judged(pod(secret))).toEqual([
    "the image at spec.containers[0].image has no digest, so no release can be told from it",
  ]);
});

test("a chart's values are judged as well, in every form that names an image", async () => {
  const chart = (values: unknown) => judged({ values } as JsonObject, "prod", "kubernetes:helm.sh/v3:Release");
  expect(
    await chart({ image: GOOD, side: { image: { repository: REPOSITORY, tag: `1@${digestOf("app 1.0.0 app")}` } } }),
  ).toEqual([]);
  expect(await chart({ image: image("1.1.0") })).toHaveLength(1);
  expect(await chart({ image: { repository: "evil.test/app" } })).toHaveLength(1);
  expect(await chart(UNKNOWN)).toEqual(["the image at values cannot be known before an update, or is no text"]);
});

test("resources outside clusters are none of its business", async () => {
  expect(await judged({ image: "x" }, "prod", "aws:ecs/taskDefinition:TaskDefinition")).toEqual([]);
});

test("a malformed configuration is refused before anything is judged", async () => {
  await expect(startPolicy("blessed-images", ".", { paths: { Runner: ["spec.image"] } })).rejects.toThrow(
    "blessed-images",
  );
  await expect(startPolicy("blessed-images", ".", { paths: "spec.image" })).rejects.toThrow(
    "blessed-images.paths: Invalid input: expected object, received string",
  );
});

test("without a catalogue nothing can be judged, so everything is refused", async () => {
  const lost = await startPolicy(
    "blessed-images",
    new SignedPlatform({}, {}, { "catalog/trust/stacks.yaml": "stacks: 5\n" }).save(),
  );
  const found = await refusals(lost, resourceOf("kubernetes:core/v1:Pod", "it", pod(GOOD)));
  expect(found).toHaveLength(1);
  expect(found[0]).toMatch(/^cannot be judged: catalog\/trust\/stacks\.yaml/);
});
