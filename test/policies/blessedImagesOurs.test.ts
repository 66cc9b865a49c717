import { beforeAll, describe, expect, test } from "vitest";
import type { Pack } from "../../engine/pack.ts";
import type { JsonObject } from "../../release/json.ts";
import { configHash } from "../../release/values.ts";
import { CONFIG, digestOf, SignedPlatform } from "./signedPlatform.ts";
import { refusals, resourceOf, startPolicy, UNKNOWN } from "./support.ts";

const REPOSITORY = "registry.test/app/app";
const image = (version: string) => `${REPOSITORY}@${digestOf(`app ${version} app`)}`;

const platform = new SignedPlatform(
  { app: { images: { app: { repository: REPOSITORY } } } },
  { "app 1.0.0": { images: { app: REPOSITORY } }, "app 1.1.0": { images: { app: REPOSITORY } } },
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
  await platform.blessed("app 1.0.0", ["prod"]);
  await platform.blessed("app 1.1.0", ["staging"]);
  pack = await startPolicy("blessed-images", platform.save());
});

describe("components of ours", () => {
  const ours = (kind: string, inputs: object, stack = "prod") =>
    refusals(pack, resourceOf(`imprimatur:release:${kind}`, "app", inputs as JsonObject, { stack, custom: false }));
  const declared = (version: string) => ({
    ...platform.claim(`app ${version}`),
    name: "app",
    repository: REPOSITORY,
    digest: digestOf(`app ${version} app`),
  });
  const published = (version: string) => ({ version, images: { app: image(version) }, content: {} });

  test("that stand for what is blessed, configured as it is, pass", async () => {
    expect(await ours("BlessedImage", declared("1.0.0"))).toEqual([]);
    expect(await ours("BlessedImage", { ...declared("1.0.0"), repository: "mirror.test/app/app" })).toEqual([]);
    expect(await ours("ModuleRelease", { ...platform.claim("app 1.0.0"), configHash: CONFIG })).toEqual([]);
    expect(await ours("PublishedRelease", { ...platform.claim("app 1.0.0"), current: published("1.0.0") })).toEqual([]);
  });

  test.each([
    [
      "an image of a release that is not blessed",
      "BlessedImage",
      () => declared("1.1.0"),
      /app 1\.1\.0, which is not blessed for prod$/,
    ],
    [
      "another digest",
      "BlessedImage",
      () => ({ ...declared("1.0.0"), digest: digestOf("x") }),
      /has the image app as .*, not as /,
    ],
    [
      "another repository",
      "BlessedImage",
      () => ({ ...declared("1.0.0"), repository: "x.test/y" }),
      /, not as x\.test\/y@/,
    ],
    ["another name", "BlessedImage", () => ({ ...declared("1.0.0"), name: "side" }), /^app 1\.0\.0 has no image side$/],
    ["an unknown digest", "BlessedImage", () => ({ ...declared("1.0.0"), digest: UNKNOWN }), /cannot all be known/],
    [
      "another configuration",
      "ModuleRelease",
      () => ({ ...platform.claim("app 1.0.0"), configHash: "d".repeat(64) }),
      /is not blessed for prod/,
    ],
    [
      "an unknown configuration",
      "ModuleRelease",
      () => ({ ...platform.claim("app 1.0.0"), configHash: UNKNOWN }),
      /configHash cannot be known/,
    ],
    [
      "an unknown version",
      "ModuleRelease",
      () => ({ ...platform.claim("app 1.0.0"), version: UNKNOWN }),
      /cannot all be known/,
    ],
    [
      "another manifest",
      "ModuleRelease",
      () => ({ ...platform.claim("app 1.0.0"), manifestDigest: digestOf("x"), configHash: CONFIG }),
      /has the manifest digest sha256:.* in the catalogue, not /,
    ],
    [
      "a release that is not there",
      "PublishedRelease",
      () => ({ ...platform.claim("app 1.0.0"), version: "9.0.0", current: published("1.0.0") }),
      /^app 9\.0\.0 is not in the catalogue/,
    ],
    [
      "an unblessed fallback",
      "PublishedRelease",
      () => ({ ...platform.claim("app 1.0.0"), current: published("1.0.0"), previous: published("1.1.0") }),
      /at previous\.images\.app is of app 1\.1\.0/,
    ],
    [
      "images of a wrong type",
      "PublishedRelease",
      () => ({ ...platform.claim("app 1.0.0"), current: { images: "x" } }),
      /images of its current release cannot be known/,
    ],
  ])("that stand for %s are refused", async (_, kind, inputs, message) => {
    const found = await ours(kind, inputs());
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(message);
  });
});

describe("beside a stack file that pins the module", () => {
  const configured = { size: 1 };
  const config = configHash(configured);
  const site = new SignedPlatform(
    {
      app: {
        images: { app: { repository: REPOSITORY, path: "image" } },
        annotations: "pod",
        content: { rules: { path: "env", stable: "STABLE_VERSION" } },
      },
    },
    { "app 1.0.0": { images: { app: REPOSITORY } } },
  );
  let here: Pack;
  beforeAll(async () => {
    await site.blessed("app 1.0.0", ["prod"], undefined, config);
    await site.blessed("app 1.0.0", ["prod"]);
    const modules = { app: [`1.0.0@${site.manifestDigest("app 1.0.0")}`] };
    const settings = {
      "imprimatur:cluster": { context: "prod" },
      "imprimatur:registries": {},
      "imprimatur:modules": modules,
    };
    site.base["Pulumi.prod.yaml"] = JSON.stringify({
      config: { ...settings, "imprimatur:values": { app: configured }, "aws:region": "us-west-2" },
    });
    here = await startPolicy("blessed-images", site.save());
  });
  const values = () => ({
    size: 1,
    replicaCount: 7,
    env: { STABLE_VERSION: "1.0.0" },
    image: image("1.0.0"),
    pod: {
      "imprimatur.dev/release": "app 1.0.0",
      "imprimatur.dev/manifest-digest": site.manifestDigest("app 1.0.0"),
      "imprimatur.dev/channel": "stable",
    },
  });
  const released = (more: object) =>
    refusals(
      here,
      resourceOf("imprimatur:release:ModuleRelease", "app", {
        ...site.claim("app 1.0.0"),
        configHash: config,
        values: values(),
        ...more,
      } as JsonObject),
    );

  test("a release has the very values that the file gives, apart from what is operational", async () => {
    expect(await released({})).toEqual([]);
  });

  test("other values, or the hash of another configuration that is blessed, are refused", async () => {
    const message =
      "its values are not those that the catalogue and Pulumi.prod.yaml give app, so they are not what was blessed";
    expect(await released({ values: { ...values(), size: 2 } })).toEqual([message]);
    expect(await released({ values: UNKNOWN })).toEqual([message]);
    expect(await released({ configHash: CONFIG })).toEqual([
      "it claims another configuration of app than the catalogue and Pulumi.prod.yaml give",
    ]);
  });
});
