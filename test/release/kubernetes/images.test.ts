import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readChartRef } from "../../../release/kubernetes/chartRef.ts";
import { JsonPath, pathImages } from "../../../release/kubernetes/pathImages.ts";
import { asksOf, renderedImages, renderedObjects } from "../../../release/kubernetes/rendered.ts";
import { fullRepository } from "../../../release/kubernetes/repository.ts";

const DIGEST = `sha256:${"a".repeat(64)}`;
const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

describe("fullRepository", () => {
  it.each([
    ["nginx", "docker.io/library/nginx"],
    ["team/hub", "docker.io/team/hub"],
    ["docker.io/nginx", "docker.io/library/nginx"],
    ["index.docker.io/team/hub", "docker.io/team/hub"],
    ["localhost/hub", "localhost/hub"],
    ["registry:5000/hub", "registry:5000/hub"],
    ["registry.test/team/hub", "registry.test/team/hub"],
  ])("%s is %s", (short, full) => {
    expect(fullRepository(short)).toBe(full);
  });

  it("is its own full name", () => {
    const part = fc.stringMatching(/^[a-z][a-z0-9]{0,5}(\.[a-z]{2,3})?$/);
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 4 }), (parts) => {
        const full = fullRepository(parts.join("/"));
        expect(fullRepository(full)).toBe(full);
      }),
    );
  });
});

describe("readChartRef", () => {
  it.each([
    [
      { chart: `oci://r.test/c@${DIGEST}`, version: "1.0.0" },
      { repository: "r.test/c", digest: DIGEST, version: "1.0.0" },
    ],
    [{ chart: "oci://r.test/c:1.0.0_b1" }, { repository: "r.test/c", version: "1.0.0+b1" }],
    [{ chart: "oci://r.test/c", version: "1" }, { repository: "r.test/c" }],
    [
      { chart: "c", version: "1.0.0", repositoryOpts: { repo: "https://r.test/x/" } },
      { repository: "r.test/x/c", version: "1.0.0" },
    ],
    [
      { chart: "c", fetchOpts: { repo: "http://r.test", version: "1.0.0" } },
      { repository: "r.test/c", version: "1.0.0" },
    ],
    [{ chart: "stable/c", version: "1.0.0" }, "local"],
    [{ chart: "../c", repositoryOpts: { repo: "https://r.test" } }, "local"],
    [{ chart: "oci://Not A Chart" }, "local"],
    [{ chart: "c", repositoryOpts: { repo: UNKNOWN } }, "unknown"],
  ])("%j", (props, expected) => {
    expect(readChartRef(props)).toEqual(expected);
  });
});

describe("pathImages", () => {
  it("follows keys and lists, and passes over what is not there", () => {
    const object = { spec: { steps: [{ image: "a" }, {}, { image: "b" }] } };
    expect(pathImages(object, ["spec.steps[*].image", "spec.other.image"])).toEqual([
      { path: "spec.steps[0].image", image: "a" },
      { path: "spec.steps[2].image", image: "b" },
    ]);
  });

  it("takes no other paths", () => {
    expect(["spec.steps[*].image", "a", "a[*][*]"].every((path) => JsonPath.safeParse(path).success)).toBe(true);
    expect(["", "a..b", "a[0]", ".a", "a b", "$.a"].some((path) => JsonPath.safeParse(path).success)).toBe(false);
  });
});

describe("a rendered chart", () => {
  it("is all documents, lists and hooks", () => {
    const text = `kind: List
metadata: { name: all }
items: [{ kind: Pod, metadata: { name: own }, spec: { containers: [{ image: a }] } }]
---
# nothing
---
kind: Pod
metadata: { name: check, annotations: { helm.sh/hook: test } }
spec: { initContainers: [{ image: 5 }] }
`;
    expect(renderedImages(renderedObjects(text))).toEqual([
      { image: "a", where: "Pod own spec.containers[0].image" },
      { image: undefined, where: "Pod check spec.initContainers[0].image (hook test)" },
    ]);
    expect(() => renderedObjects("a: [")).toThrow(SyntaxError);
  });

  it("asks the cluster where a template's actions do, and not its text", () => {
    expect(asksOf(["lookup .Capabilities"])).toEqual([]);
    expect(asksOf(['{{- $x := (lookup "v1" "Secret" "" "") -}}'])).toEqual(["lookup"]);
    expect(asksOf(["{{ if\n .Capabilities.APIVersions }}", "{{ $lookup }}"])).toEqual(["capabilities"]);
  });
});
