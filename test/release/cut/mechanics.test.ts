import { describe, expect, it } from "vitest";
import { buildManifest, type CutParts } from "../../../release/cut/manifest.ts";
import { type ChartFiles, disagreements } from "../../../release/cut/mechanics.ts";
import type { Module } from "../../../release/schema/module.ts";

const DIGEST = `sha256:${"1".repeat(64)}`;
const OTHER = `sha256:${"2".repeat(64)}`;
const CHART = "ghcr.io/square/charts/gafaelfawr";
const IMAGE = "ghcr.io/square/gafaelfawr";

type Form = Module["images"][string]["form"];

const moduleOf = (form: Form): Module => ({
  name: "gafaelfawr",
  namespace: "gafaelfawr",
  description: "a module",
  purpose: "service",
  owners: ["team"],
  maturity: "mature",
  versions: "semver",
  chart: CHART,
  images: { gafaelfawr: { repository: IMAGE, path: "main.image", form } },
  content: {},
  flags: {},
  dependsOn: {},
  values: {},
  atomic: true,
  takes: { rollout: 5, rollback: 5 },
  frozen: false,
  example: false,
  strategy: "replace",
});

const PARTS: CutParts = {
  chart: { repository: CHART, digest: OTHER, tag: "4.5.0" },
  images: new Map([["gafaelfawr", { repository: IMAGE, digest: DIGEST }]]),
  content: new Map(),
  commit: "a".repeat(40),
  channel: "beta",
  acceptance: [],
};

/** What the files get wrong, as `<file> <path>: <value>`; the release is 9.1.0, its chart 4.5.0. */
function wrong(files: ChartFiles, form: Form = "repo+tag", parts: CutParts = PARTS): string[] {
  const module = moduleOf(form);
  const { manifest } = buildManifest(module, "9.1.0", parts, "9.1.0.json");
  return disagreements(module, manifest, parts, files).map(
    ({ file, path, value, expected }) => `${file} ${path}: ${value} for ${expected}`,
  );
}

const chart = (version: string, appVersion?: string, name = "gafaelfawr"): ChartFiles => ({
  chart: { file: "Chart.yaml", content: { name, version, appVersion } },
});
const values = (image: unknown): ChartFiles => ({ values: { file: "values.yaml", content: { main: { image } } } });
const dependent = (...dependencies: { name: string; version: string; repository?: string }[]): ChartFiles => ({
  dependent: { file: "services/Chart.yaml", content: { dependencies } },
});

describe("a chart and its release", () => {
  it("agree", () => {
    expect(wrong(chart("4.5.0", "9.1.0"))).toEqual([]);
  });

  it("disagree on version, appVersion and name, each told", () => {
    expect(wrong(chart("4.4.9", "9.0.0", "gafael"))).toEqual([
      "Chart.yaml name: gafael for gafaelfawr",
      "Chart.yaml version: 4.4.9 for 4.5.0",
      "Chart.yaml appVersion: 9.0.0 for 9.1.0",
    ]);
    expect(wrong(chart("4.5.0"))).toEqual(["Chart.yaml appVersion: undefined for 9.1.0"]);
  });
});

describe("values and the image of a release", () => {
  it.each<[Form, unknown]>([
    ["repo+tag", { repository: IMAGE, tag: "9.1.0" }],
    ["repo+tag", { repository: IMAGE, tag: "" }],
    ["repo+tag", { repository: IMAGE, tag: `9.1.0@${DIGEST}` }],
    ["digest", { repository: IMAGE, digest: DIGEST }],
    ["ref", `${IMAGE}:9.1.0`],
    ["ref", `${IMAGE}@${DIGEST}`],
    ["ref", `${IMAGE}:9.1.0@${DIGEST}`],
  ])("agree in form %s: %j", (form, image) => {
    expect(wrong(values(image), form)).toEqual([]);
  });

  it.each<[Form, unknown, string[]]>([
    ["repo+tag", { repository: IMAGE, tag: "9.0.0" }, ["values.yaml main.image.tag: 9.0.0 for 9.1.0"]],
    ["repo+tag", { repository: "x", tag: "9.1.0" }, [`values.yaml main.image.repository: x for ${IMAGE}`]],
    [
      "repo+tag",
      { repository: IMAGE, tag: `9.1.0@${OTHER}` },
      [`values.yaml main.image.tag: 9.1.0@${OTHER} for 9.1.0`],
    ],
    ["digest", { repository: IMAGE, digest: OTHER }, [`values.yaml main.image.digest: ${OTHER} for ${DIGEST}`]],
    ["digest", { repository: IMAGE }, [`values.yaml main.image.digest: undefined for ${DIGEST}`]],
    ["ref", IMAGE, [`values.yaml main.image: ${IMAGE} for ${IMAGE}:9.1.0`]],
    ["ref", `${IMAGE}:9.1.0@${OTHER}`, [`values.yaml main.image: ${IMAGE}:9.1.0@${OTHER} for ${IMAGE}:9.1.0`]],
    ["ref", undefined, [`values.yaml main.image: undefined for ${IMAGE}:9.1.0`]],
    ["digest", "text", ["values.yaml main.image: text for an object with repository and digest"]],
  ])("disagree in form %s: %j", (form, image, told) => {
    expect(wrong(values(image), form)).toEqual(told);
  });

  it("hold the tag to the one that the image was named by", () => {
    const images = new Map([["gafaelfawr", { repository: IMAGE, digest: DIGEST, tag: "edge" }]]);
    expect(wrong(values(`${IMAGE}:edge`), "ref", { ...PARTS, images })).toEqual([]);
    expect(wrong(values(`${IMAGE}:9.1.0`), "ref", { ...PARTS, images })).toHaveLength(1);
  });
});

describe("a deployment and the chart that it depends on", () => {
  it("agree", () => {
    const repository = "oci://ghcr.io/square/charts/";
    expect(wrong(dependent({ name: "gafaelfawr", version: "4.5.0", repository }))).toEqual([]);
    const index = "https://square.test/charts/";
    expect(wrong(dependent({ name: "gafaelfawr", version: "4.5.0", repository: index }))).toEqual([]);
  });

  it("disagree on the version, in every entry", () => {
    const told = wrong(
      dependent(
        { name: "redis", version: "1.0.0" },
        { name: "gafaelfawr", version: "4.4.0" },
        { name: "gafaelfawr", version: "4.5.0", repository: "oci://elsewhere.test/charts" },
      ),
    );
    expect(told).toEqual([
      "services/Chart.yaml dependencies[1].version: 4.4.0 for 4.5.0",
      "services/Chart.yaml dependencies[2].repository: oci://elsewhere.test/charts for oci://ghcr.io/square/charts",
    ]);
  });

  it("disagree where there is no such dependency", () => {
    expect(wrong(dependent({ name: "redis", version: "1.0.0" }))).toEqual([
      "services/Chart.yaml dependencies: undefined for gafaelfawr",
    ]);
  });
});
