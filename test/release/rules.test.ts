import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { admitsChannel, compareChannels } from "../../release/channels.ts";
import { parseImageRef } from "../../release/imageRef.ts";
import { chartImages } from "../../release/kubernetes/chartImages.ts";
import { podImages } from "../../release/kubernetes/podImages.ts";
import { CycleError, waves } from "../../release/order.ts";
import { judgeImageDigests } from "../../release/rules/imageDigestOnly.ts";
import { CHANNELS, CLASSES } from "../../release/schema/common.ts";
import { ChannelsFile } from "../../release/schema/trust.ts";
import { mergeValues } from "../../release/values.ts";
import { parseViolation, violationText } from "../../release/verdict.ts";

const DIGEST = `sha256:${"a".repeat(64)}`;
const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

describe("parseImageRef", () => {
  it.each([
    ["nginx", { repository: "nginx" }],
    ["images.opencadc.org/platform/skaha:edge", { repository: "images.opencadc.org/platform/skaha", tag: "edge" }],
    [`localhost:5000/a/b:1.0@${DIGEST}`, { repository: "localhost:5000/a/b", tag: "1.0", digest: DIGEST }],
    [`a/b@${DIGEST}`, { repository: "a/b", digest: DIGEST }],
    [`a/b@${DIGEST.toUpperCase()}`, undefined],
    [`a/b@sha256:${"A".repeat(64)}`, undefined],
    [`a/b@sha256:${"a".repeat(63)}`, undefined],
    ["Has/Capitals", undefined],
    ["", undefined],
    [" nginx", undefined],
  ])("%s", (text, expected) => {
    expect(parseImageRef(text)).toEqual(expected);
  });

  it("reads back what it wrote", () => {
    const name = fc.stringMatching(/^[a-z0-9]{1,8}(-[a-z0-9]{1,4})?$/);
    const tag = fc.option(fc.stringMatching(/^\w[\w.-]{0,12}$/), { nil: undefined });
    const hex = fc.option(fc.stringMatching(/^[0-9a-f]{64}$/), { nil: undefined });
    fc.assert(
      fc.property(fc.array(name, { minLength: 1, maxLength: 4 }), tag, hex, (parts, tag, hex) => {
        const repository = parts.join("/");
        const text = repository + (tag ? `:${tag}` : "") + (hex ? `@sha256:${hex}` : "");
        expect(parseImageRef(text)).toEqual({
          repository,
          ...(tag ? { tag } : {}),
          ...(hex ? { digest: `sha256:${hex}` } : {}),
        });
      }),
    );
  });
});

describe("podImages", () => {
  const pod = {
    initContainers: [{ image: "init" }],
    containers: [{ image: "main" }, { name: "patched only" }],
    ephemeralContainers: [{ image: "debug" }],
    volumes: [
      { name: "data", image: { reference: "volume" } },
      { name: "plain", emptyDir: {} },
    ],
  };
  const images = (object: object) => podImages(object).map(({ image }) => image);
  const all = ["init", "main", "debug", "volume"];

  it.each([
    ["Pod", { spec: pod }],
    [
      "Deployment, StatefulSet, DaemonSet, ReplicaSet, ReplicationController, Job",
      { spec: { template: { spec: pod } } },
    ],
    ["CronJob", { spec: { jobTemplate: { spec: { template: { spec: pod } } } } }],
    ["PodTemplate", { template: { spec: pod } }],
    ["List", { items: [{ kind: "Pod", spec: pod }] }],
    ["a custom kind", { spec: { workers: { deep: [{ podTemplate: { spec: pod } }] } } }],
  ])("finds all of them in a %s", (_, object) => {
    expect(images(object)).toEqual(all);
  });

  it("finds an Argo workflow's single containers, scripts and sidecars", () => {
    const templates = [{ container: { image: "one" } }, { script: { image: "two" }, sidecars: [{ image: "three" }] }];
    expect(images({ spec: { templates } })).toEqual(["one", "two", "three"]);
  });

  it.each([
    ["spec", { spec: UNKNOWN }],
    ["template", { spec: { template: UNKNOWN } }],
    ["containers", { spec: { containers: UNKNOWN } }],
    ["a container", { spec: { containers: [UNKNOWN] } }],
    ["image", { spec: { containers: [{ image: UNKNOWN }] } }],
    ["volumes", { spec: { volumes: UNKNOWN } }],
    ["a volume", { spec: { volumes: [UNKNOWN] } }],
    ["an image volume's reference", { spec: { volumes: [{ image: { reference: UNKNOWN } }] } }],
  ])("says so where %s is unknown", (_, object) => {
    expect(images(object)).toEqual([undefined]);
  });

  it("finds nothing in objects without Pods", () => {
    expect(podImages({ data: { image: "text" }, spec: { ports: [1] } })).toEqual([]);
  });
});

describe("chartImages", () => {
  it.each([
    ["a text", { image: "a/b:1" }, "a/b:1"],
    ["a text under a longer key", { sidecarImage: "a/b:1" }, "a/b:1"],
    ["repository and tag", { image: { repository: "a/b", tag: "edge" } }, "a/b:edge"],
    [
      "registry, repository and digest",
      { x: { registry: "r.test", repository: "a/b", digest: DIGEST } },
      `r.test/a/b@${DIGEST}`,
    ],
    ["tag and digest", { x: { repository: "a/b", tag: "1", digest: DIGEST } }, `a/b:1@${DIGEST}`],
    ["no tag", { x: { repository: "a/b", tag: "" } }, "a/b"],
    ["an unknown text", { image: UNKNOWN }, undefined],
    ["an unknown tag", { x: { repository: "a/b", tag: UNKNOWN } }, undefined],
  ])("reads %s", (_, values, expected) => {
    expect(chartImages(values).map(({ image }) => image)).toEqual([expected]);
  });
});

describe("judgeImageDigests", () => {
  const use = (image: string | undefined) => [{ path: "spec.containers[0].image", image }];

  it("passes a digest, with or without a tag beside it", () => {
    expect(judgeImageDigests([...use(`a/b@${DIGEST}`), ...use(`a/b:1@${DIGEST}`)], "prod")).toEqual([]);
  });

  it("refuses a tag, above dev only", () => {
    expect(judgeImageDigests(use("a/b:edge"), "dev")).toEqual([]);
    expect(judgeImageDigests(use("a/b:edge"), "staging")).toEqual([
      {
        message: 'the image "a/b:edge" at spec.containers[0].image is not pinned by its digest',
        remedy: "write a/b@sha256:…, the image digest that the release manifest gives",
      },
    ]);
  });

  it("refuses what is unknown and what is no reference", () => {
    expect(judgeImageDigests(use(undefined), "prod")[0]?.message).toMatch(/cannot be known before an update/);
    expect(judgeImageDigests(use("A B"), "prod")[0]?.message).toMatch(/is no image reference/);
  });
});

describe("channels", () => {
  const channel = fc.constantFrom(...CHANNELS);
  const floors = fc.record({ bleed: channel, dev: channel, staging: channel, prod: channel });
  const table = fc.record({ service: floors, offered: floors });

  it("admits exactly the channels from the floor on", () => {
    fc.assert(
      fc.property(table, fc.constantFrom("service", "offered"), fc.constantFrom(...CLASSES), (floors, purpose, cls) => {
        const admitted = CHANNELS.filter((name) => admitsChannel(ChannelsFile.parse(floors), purpose, cls, name));
        expect(admitted).toEqual(CHANNELS.slice(CHANNELS.indexOf(floors[purpose][cls])));
      }),
    );
  });

  it("orders the channels as the design does", () => {
    expect([...CHANNELS].sort(compareChannels)).toEqual(["experimental", "edge", "alpha", "beta", "stable"]);
  });
});

describe("waves", () => {
  it("places everything once, behind all that it needs", () => {
    const graph = fc
      .integer({ min: 1, max: 12 })
      .chain((size) => fc.array(fc.array(fc.nat({ max: 11 }), { maxLength: 4 }), { minLength: size, maxLength: size }));
    fc.assert(
      fc.property(graph, (edges) => {
        // Needing only what has a lower number leaves no cycle.
        const needs = new Map(
          edges.map((list, n) => [`m${n}`, [...new Set(list.filter((to) => to < n))].map((to) => `m${to}`)]),
        );
        const placed = waves(needs);
        const at = new Map(placed.flatMap((wave, index) => wave.map((name) => [name, index] as const)));
        expect(at.size).toBe(needs.size);
        for (const [name, list] of needs) {
          for (const need of list) expect(at.get(need)).toBeLessThan(at.get(name) as number);
        }
      }),
    );
  });

  it("names a cycle, and not what merely leads to it", () => {
    const needs = new Map([
      ["a", ["b"]],
      ["b", ["c"]],
      ["c", ["b"]],
    ]);
    expect(() => waves(needs)).toThrow(CycleError);
    expect(() => waves(needs)).toThrow("b -> c -> b");
  });
});

describe("values and violations", () => {
  it("merges key by key and replaces lists", () => {
    expect(mergeValues({ a: { b: 1, c: [1, 2] } }, { a: { c: [3], d: null } })).toEqual({
      a: { b: 1, c: [3], d: null },
    });
  });

  it("carries a remedy through the text of a violation", () => {
    fc.assert(
      fc.property(fc.string(), fc.option(fc.string(), { nil: undefined }), (message, remedy) => {
        fc.pre(!message.includes("\nremedy: "));
        const violation = remedy === undefined ? { message } : { message, remedy };
        expect(parseViolation(violationText(violation))).toEqual(violation);
      }),
    );
  });
});
