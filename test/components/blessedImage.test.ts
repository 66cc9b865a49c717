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
