import { describe, expect, it } from "vitest";
import { readChart, readContent, readFreeze, readImage } from "../../../release/cut/artifacts.ts";
import { buildManifest, differences, sameContent } from "../../../release/cut/manifest.ts";
import { ModuleFile } from "../../../release/schema/module.ts";

const COMMIT = "3f9c2d145969a9e231037c812332ae3839077c4d";
const HEX = "1".repeat(64);
const SOURCE = "https://github.com/RedHatInsights/insights-operator-gathering-conditions";

const MODULE = {
  ...ModuleFile.parse({
    description: "a module",
    purpose: "service",
    owners: ["team"],
    maturity: "mature",
    source: SOURCE,
    chart: "registry.test/charts/web",
    images: { web: { repository: "registry.test:5000/web" }, side: { repository: "registry.test/side" } },
  }),
  name: "web",
  namespace: "web",
};

describe("artifacts as they are typed", () => {
  it("are read, under the module's name by default", () => {
    expect(readImage(MODULE, `registry.test:5000/web:1.0@sha256:${HEX}`)).toEqual([
      "web",
      { repository: "registry.test:5000/web", tag: "1.0", digest: `sha256:${HEX}` },
    ]);
    expect(readImage(MODULE, "side=registry.test/side:edge")[0]).toBe("side");
    expect(readChart(MODULE, "registry.test/charts/web:1.0.0")).toEqual({
      repository: "registry.test/charts/web",
      tag: "1.0.0",
    });
    for (const digest of [HEX, `sha256:${HEX}`]) {
      expect(readContent(MODULE, `${SOURCE}@${COMMIT}:${digest}`)).toEqual([
        "web",
        { repository: SOURCE, commit: COMMIT, digest: `sha256:${HEX}` },
      ]);
    }
    expect(readContent(MODULE, `rules=${SOURCE}@${COMMIT}:${HEX}`)[0]).toBe("rules");
    expect(readFreeze(`mission=roman-12.0.0,common=1.3.0,cal=0.13.0,record=sha256:${HEX}`)).toEqual({
      mission: "roman-12.0.0",
      common: "1.3.0",
      cal: "0.13.0",
      record: `sha256:${HEX}`,
    });
  });

  it.each<[() => unknown, string]>([
    [() => readImage(MODULE, "web=registry.test:5000/web@sha256:12"), "--image web: must be name=<repository>"],
    [() => readImage(MODULE, "constructor=registry.test/web:1"), "--image constructor: is no image of web"],
    [() => readChart(MODULE, "oci://registry.test/charts/web"), "--chart: must be <repository>"],
    [() => readContent(MODULE, `${SOURCE}@main:${HEX}`), "--content web: must be <repository>@<full commit id>"],
    [() => readContent(MODULE, `https://elsewhere.test/x@${COMMIT}:${HEX}`), "is not the source that web declares"],
    [() => readFreeze("mission=1,common=2"), "--freeze: lacks cal=…"],
    [() => readFreeze("mission=1,mission=2"), "each once"],
    [() => readFreeze("mission=1,common=2,cal=3,record=4"), "--freeze record: must be sha256:"],
  ])("are refused where they are malformed or not declared %#", (read, message) => {
    expect(read).toThrow(message);
  });
});

describe("buildManifest", () => {
  const parts = {
    chart: { repository: "registry.test/charts/web", digest: `sha256:${HEX}`, tag: "1.0.0_3f9c2d1" },
    images: new Map(),
    content: new Map(),
    commit: COMMIT,
    channel: "beta",
    acceptance: [],
  } as const;

  it("writes a chart's version as Helm does, and an app version without the commit", () => {
    const { manifest } = buildManifest(MODULE, "2.0.0+3f9c2d1", parts, "2.json");
    expect(manifest.chart?.version).toBe("1.0.0+3f9c2d1");
    expect(manifest.appVersion).toBe("2.0.0");
  });

  it("says the same whether or not the file names its schema, and tells where it differs", () => {
    const { manifest } = buildManifest(MODULE, "2.0.0", parts, "2.json");
    const { $schema: _, ...plain } = manifest;
    expect(sameContent(manifest, { ...plain, example: true })).toBe(true);
    const other = { ...manifest, channel: "stable" as const, acceptance: ["fast"] };
    expect(sameContent(manifest, other)).toBe(false);
    expect(differences(manifest, other)).toEqual(["acceptance", "channel"]);
  });
});
