import { output } from "@pulumi/pulumi";
import { expect, test } from "vitest";
import { BlessedImage } from "../../components/blessedImage.ts";
import { record } from "./record.ts";

const args = {
  module: "skaha",
  version: "1.1.0",
  manifestDigest: `sha256:${"a".repeat(64)}`,
  channel: "stable",
  purpose: "service",
  name: "api",
  repository: "images.example/platform/skaha",
  digest: `sha256:${"b".repeat(64)}`,
};

test("an image shows its release and makes nothing", async () => {
  const resources = await record((opts) => new BlessedImage("skaha/api", args, opts));

  expect(resources).toEqual([
    { type: "imprimatur:release:BlessedImage", name: "skaha/api", inputs: args, dependsOn: [], protect: false },
  ]);
});

test("its reference is plain text that names the bytes", async () => {
  let image: BlessedImage | undefined;
  await record((opts) => {
    image = new BlessedImage("skaha/api", args, opts);
  });

  expect(image?.image).toBe("api");
  expect(image?.ref).toBe(`images.example/platform/skaha@sha256:${"b".repeat(64)}`);
});

test("a mirror's image is pulled from there, and judged as what the catalogue names", async () => {
  let image: BlessedImage | undefined;
  const resources = await record((opts) => {
    image = new BlessedImage("skaha/api", { ...args, pulledFrom: "mirror.example/skaha" }, opts);
  });

  expect(image?.ref).toBe(`mirror.example/skaha@sha256:${"b".repeat(64)}`);
  expect(resources[0]?.inputs).toMatchObject({ repository: "images.example/platform/skaha" });
});

test("one that is built is pushed under its tag, and known by what came out", async () => {
  const { digest: _, ...source } = args;
  const build = { context: "../skaha", dockerfile: "../skaha/Dockerfile.dev", target: "run", tag: "dev-source" };
  const ref = `images.example/platform/skaha@sha256:${"c".repeat(64)}`;
  let image: BlessedImage | undefined;
  const resources = await record(
    (opts) => {
      image = new BlessedImage("skaha/api", { ...source, build }, opts);
    },
    { outputs: ({ type }) => (type === "docker:index/image:Image" ? { repoDigest: ref } : {}) },
  );

  expect(resources.map(({ type }) => type)).toEqual(["imprimatur:release:BlessedImage", "docker:index/image:Image"]);
  expect(resources[1]).toMatchObject({
    inputs: {
      imageName: "images.example/platform/skaha:dev-source",
      build: { context: "../skaha", dockerfile: "../skaha/Dockerfile.dev", target: "run" },
      buildOnPreview: false,
      skipPush: false,
    },
    parent: "imprimatur:release:BlessedImage::skaha/api",
  });
  expect(await new Promise((resolve) => output(image?.ref).apply(resolve))).toBe(ref);
});
