import { beforeAll, describe, expect, test } from "vitest";
import type { Pack } from "../../engine/pack.ts";
import type { JsonObject } from "../../release/json.ts";
import { checkoutOf, judge, refusals, resourceOf, startPolicy, UNKNOWN } from "./support.ts";

const PINNED = `registry.test/app@sha256:${"a".repeat(64)}`;

let pack: Pack;
beforeAll(async () => {
  pack = await startPolicy("image-digest-only", checkoutOf({}));
});

const deployment = (image: unknown, stack = "prod") => {
  const spec = { template: { spec: { containers: [{ name: "main", image }] } } };
  return resourceOf("kubernetes:apps/v1:Deployment", "it", { spec } as JsonObject, { stack });
};

test("an image by its digest passes, with or without a tag beside it", async () => {
  expect(await refusals(pack, deployment(PINNED))).toEqual([]);
  expect(await refusals(pack, deployment(PINNED.replace("@", ":1.0@")))).toEqual([]);
});

test.each(["staging", "prod"])("in %s a tag alone is refused, with the line that mends it", async (stack) => {
  expect((await judge(pack, deployment("registry.test/app:1.0", stack))).refused).toEqual([
    {
      urn: `urn:pulumi:${stack}::fixture::kubernetes:apps/v1:Deployment::it`,
      message:
        'the image "registry.test/app:1.0" at spec.template.spec.containers[0].image is not pinned by its digest',
      remedy: "write registry.test/app@sha256:…, the image digest that the release manifest gives",
    },
  ]);
});

test.each(["bleed", "dev"])("in %s a tag will do", async (stack) => {
  expect(await refusals(pack, deployment("registry.test/app:1.0", stack))).toEqual([]);
});

const AT = "spec.template.spec.containers[0].image";
test.each([
  ["an unknown image", UNKNOWN, `the image at ${AT} cannot be known before an update`],
  ["a number", 5, `the image at ${AT} cannot be known before an update`],
  ["nothing", null, `the image at ${AT} cannot be known before an update`],
  ["what is no reference, without repeating it", "my password", `what stands at ${AT} is no image reference`],
  ["an upper-case digest", PINNED.toUpperCase(), `what stands at ${AT} is no image reference`],
  ["a digest that is too short", PINNED.slice(0, -1), `what stands at ${AT} is no image reference`],
])("%s is refused", async (_, image, message) => {
  expect(await refusals(pack, deployment(image))).toEqual([message]);
});

test("a secret is not repeated", async () => {
  const secret = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", value: "hunter2" };
  expect((await judge(pack, deployment(secret))).refused.map(({ message, remedy }) => [message, remedy])).toEqual([
    [
      `the image at ${AT} is not pinned by its digest`,
      "write <repository>@sha256:…, the image digest that the release manifest gives",
    ],
  ]);
});

describe("a chart's values", () => {
  const chart = (values: unknown, stack = "prod") =>
    refusals(pack, resourceOf("kubernetes:helm.sh/v4:Chart", "it", { values } as JsonObject, { stack }));

  test("are judged where they name an image", async () => {
    expect(
      await chart({ image: PINNED, sidecar: { repository: "registry.test/app", digest: PINNED.split("@")[1] ?? "" } }),
    ).toEqual([]);
    expect(await chart({ sidecar: { image: { repository: "registry.test/app", tag: "1.0" } } })).toEqual([
      'the image "registry.test/app:1.0" at values.sidecar.image is not pinned by its digest',
    ]);
    expect(await chart({ sidecar: { image: { repository: "registry.test/app", tag: "1.0" } } }, "dev")).toEqual([]);
  });

  test("that are unknown are refused", async () => {
    expect(await chart(UNKNOWN)).toEqual(["the image at values cannot be known before an update"]);
  });
});

test("resources without images, and outside clusters, pass", async () => {
  expect(await refusals(pack, resourceOf("kubernetes:core/v1:ConfigMap", "it", { data: { image: "x:1" } }))).toEqual(
    [],
  );
  expect(
    await refusals(pack, resourceOf("aws:ecs/taskDefinition:TaskDefinition", "it", { containers: [{ image: "x:1" }] })),
  ).toEqual([]);
});

test("a stack that trust does not know cannot be judged", async () => {
  const [message] = await refusals(pack, deployment(PINNED, "prd"));
  expect(message).toMatch(
    /^cannot be judged: catalog\/trust\/stacks\.yaml stacks: there is no such stack \(got "prd"; did you mean "prod"\?\)$/,
  );
});

test("it takes no settings but the catalogue, which must be a text", async () => {
  const strict = await startPolicy("image-digest-only", checkoutOf({}), { tags: true });
  expect(await refusals(strict, deployment(PINNED))).toEqual([
    'cannot be judged: the configuration of the policy pack image-digest-only: Unrecognized key: "tags"',
  ]);
  await expect(startPolicy("image-digest-only", 5 as never)).rejects.toThrow(
    "image-digest-only.catalogue: Invalid input: expected string",
  );
});
