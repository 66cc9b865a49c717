import { expect, test } from "vitest";
import { PublishedRelease, type PublishedReleaseArgs } from "../../components/publishedRelease.ts";
import { record } from "./record.ts";

const commit = "d".repeat(40);
const args: PublishedReleaseArgs = {
  module: "lab",
  version: "w_2026_30",
  manifestDigest: `sha256:${"a".repeat(64)}`,
  channel: "experimental",
  purpose: "offered",
  namespace: "sessions",
  annotations: { "imprimatur.dev/release": "lab w_2026_30" },
  current: {
    version: "w_2026_30",
    manifestDigest: `sha256:${"a".repeat(64)}`,
    images: { lab: "ghcr.io/team/lab@sha256:1", gpu: "ghcr.io/team/gpu@sha256:2" },
    content: { rules: { repository: "https://example.org/rules", commit, digest: "sha256:3" } },
  },
};

test("a release is one ConfigMap that names every image and content", async () => {
  const resources = await record((opts) => new PublishedRelease("lab", args, opts));

  expect(resources).toEqual([
    { type: "imprimatur:release:PublishedRelease", name: "lab", inputs: args, dependsOn: [], protect: false },
    {
      type: "kubernetes:core/v1:ConfigMap",
      name: "lab",
      inputs: {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: {
          name: "lab",
          namespace: "sessions",
          labels: { "app.kubernetes.io/managed-by": "imprimatur" },
          annotations: args.annotations,
        },
        data: {
          "current.version": "w_2026_30",
          "current.image.lab": "ghcr.io/team/lab@sha256:1",
          "current.image.gpu": "ghcr.io/team/gpu@sha256:2",
          "current.content.rules": `https://example.org/rules@${commit} sha256:3`,
        },
      },
      parent: "imprimatur:release:PublishedRelease::lab",
      dependsOn: [],
      protect: false,
    },
  ]);
});

test("the previous release is published as the fallback", async () => {
  const manifestDigest = `sha256:${"b".repeat(64)}`;
  const previous = { version: "w_2026_26", manifestDigest, images: { lab: "ghcr.io/team/lab@sha256:9" }, content: {} };
  const resources = await record((opts) => new PublishedRelease("lab", { ...args, previous }, opts));

  expect(resources[1]?.inputs.data).toEqual({
    "current.version": "w_2026_30",
    "current.image.lab": "ghcr.io/team/lab@sha256:1",
    "current.image.gpu": "ghcr.io/team/gpu@sha256:2",
    "current.content.rules": `https://example.org/rules@${commit} sha256:3`,
    "previous.version": "w_2026_26",
    "previous.image.lab": "ghcr.io/team/lab@sha256:9",
  });
});

test("the ConfigMap itself depends on what its component depends on", async () => {
  const resources = await record((opts) => {
    const rules = new PublishedRelease("rules", { ...args, module: "rules" }, opts);
    new PublishedRelease("lab", args, { ...opts, dependsOn: rules });
  });

  const lab = resources.find(({ type, name }) => type === "kubernetes:core/v1:ConfigMap" && name === "lab");
  expect(lab?.dependsOn).toEqual(["imprimatur:release:PublishedRelease::rules"]);
});
