import { beforeAll, describe, expect, test } from "vitest";
import type { Pack } from "../../engine/pack.ts";
import type { JsonObject } from "../../release/json.ts";
import type { Inventory } from "../../release/schema/predicates.ts";
import { valuesHash } from "../../release/values.ts";
import { CONFIG, digestOf, SignedPlatform } from "./signedPlatform.ts";
import { refusals, resourceOf, startPolicy, UNKNOWN } from "./support.ts";

const CHART = "registry.test/charts/app";
const digest = (version: string, module = "app") => digestOf(`${module} ${version} chart`);
const oci = (version: string) => `oci://${CHART}@${digest(version)}`;
const imageOf = (version: string) => `registry.test/seen/seen@${digestOf(`seen ${version} seen`)}`;

const SEEN = { chart: "registry.test/charts/seen", images: { seen: { repository: "registry.test/seen/seen" } } };
const seen = { chart: "registry.test/charts/seen", images: { seen: "registry.test/seen/seen" } };
const platform = new SignedPlatform(
  { app: { chart: CHART }, web: { chart: "charts.test/stable/web" }, seen: SEEN },
  {
    "app 1.0.0": { chart: CHART },
    "app 1.1.0": { chart: CHART },
    "app 1.2.0": { chart: CHART },
    "web 2.0.0": { chart: "charts.test/stable/web" },
    "seen 1.0.0": seen,
    "seen 1.1.0": seen,
    "seen 2.0.0": seen,
  },
  {
    "catalog/trust/formality.yaml": JSON.stringify({
      blessed: ["staging", "prod"],
      rules: [
        {
          name: "which images",
          when: { modules: ["seen"], classes: ["prod"] },
          require: { evidence: [{ type: "image-inventory", by: "ci", in: "prod" }] },
        },
      ],
    }),
  },
);

/** An inventory of `seen`, rendered with some values. */
function inventory(values: JsonObject, images: string[], more: Partial<Inventory> = {}, version = "1.0.0"): Inventory {
  const module = platform.catalogue.module("seen", { file: "test", path: "" });
  return {
    configHash: CONFIG,
    valuesHash: valuesHash(module, values),
    chart: { name: "seen", version, digest: digest(version, "seen") },
    helm: "v3.22.0",
    kubernetes: "1.36.0",
    images,
    asks: [],
    ...more,
  };
}

let pack: Pack;
beforeAll(async () => {
  await platform.blessed("app 1.0.0", ["staging", "prod"]);
  await platform.blessed("app 1.1.0", ["staging"]);
  await platform.blessed("app 1.2.0", ["staging", "prod"]);
  await platform.revoked("app 1.2.0");
  await platform.blessed("web 2.0.0", ["prod"]);
  const evidence = (words: string, found: Inventory) =>
    platform.evidenceOf(words, "image-inventory", { in: "prod", inventory: found });
  await evidence("seen 1.0.0", inventory({ image: "x" }, [imageOf("1.0.0")]));
  await evidence("seen 1.0.0", inventory({ image: "y" }, [imageOf("1.0.0"), "busybox:1"]));
  await platform.blessed("seen 1.0.0", ["prod"]);
  // By hand, without saying which images: enough to be blessed on, and nothing to judge by.
  await platform.evidenceOf("seen 1.1.0", "image-inventory", { in: "prod" });
  await platform.blessed("seen 1.1.0", ["prod"]);
  await evidence(
    "seen 2.0.0",
    inventory({ image: "x" }, [imageOf("1.0.0")], {
      chart: { name: "seen", version: "2.0.0", digest: digestOf("another chart") },
    }),
  );
  await platform.blessed("seen 2.0.0", ["prod"]);
  pack = await startPolicy("blessed-charts", platform.save());
});

const release = (inputs: object, stack = "prod", kind = "v3:Release") =>
  refusals(pack, resourceOf(`kubernetes:helm.sh/${kind}`, "app", inputs as JsonObject, { stack }));

describe.each(["v3:Release", "v3:Chart", "v4:Chart"])("a %s", (kind) => {
  test("of a blessed release's chart passes, by digest or exact version", async () => {
    expect(await release({ chart: oci("1.0.0"), version: "1.0.0" }, "prod", kind)).toEqual([]);
    expect(await release({ chart: oci("1.0.0"), values: { size: 1 } }, "prod", kind)).toEqual([]);
    expect(await release({ chart: `oci://${CHART}`, version: "1.0.0" }, "prod", kind)).toEqual([]);
    expect(await release({ chart: `oci://${CHART}:1.0.0` }, "prod", kind)).toEqual([]);
  });

  test("of one that is not blessed is refused", async () => {
    expect(await release({ chart: oci("1.1.0") }, "prod", kind)).toEqual([
      `the chart ${CHART}@${digest("1.1.0")} is of app 1.1.0, which is not blessed for prod`,
    ]);
    expect(await release({ chart: oci("1.1.0") }, "staging", kind)).toEqual([]);
  });
});

test("a chart of an HTTP repository is known by its exact version", async () => {
  const web = (version: string) => ({ chart: "web", version, repositoryOpts: { repo: "https://charts.test/stable/" } });
  expect(await release(web("2.0.0"))).toEqual([]);
  expect(
    await release(
      { chart: "web", version: "2.0.0", fetchOpts: { repo: "https://charts.test/stable" } },
      "prod",
      "v3:Chart",
    ),
  ).toEqual([]);
  expect(await release(web(">=2.0.0"))).toEqual([
    "the chart charts.test/stable/web has neither a digest nor an exact version",
  ]);
  expect(await release(web("3.0.0"))).toEqual([
    "the chart charts.test/stable/web 3.0.0 is of no release in the catalogue, so nobody has blessed it for prod",
  ]);
});

test.each([
  ["no version", { chart: `oci://${CHART}` }, /has neither a digest nor an exact version$/],
  ["a range", { chart: `oci://${CHART}`, version: "^1.0.0" }, /has neither a digest nor an exact version$/],
  ["a digest of no release", { chart: `oci://${CHART}@${digestOf("x")}` }, /is of no release in the catalogue/],
  [
    "a version that is not the digest's",
    { chart: oci("1.0.0"), version: "1.1.0" },
    /is of no release in the catalogue/,
  ],
  ["another registry", { chart: `oci://elsewhere.test/app@${digest("1.0.0")}` }, /is of no release in the catalogue/],
  ["a revoked release", { chart: oci("1.2.0") }, /must not run\n {2}refused {2}revoked by operator: it loses data$/],
  ["a folder", { chart: "./charts/app", version: "1.0.0" }, /^its chart comes from no registry/],
  ["a folder, as v3.Chart has it", { chart: "app", path: "./charts/app" }, /^its chart comes from no registry/],
  ["a file by URL", { chart: "https://charts.test/app-1.0.0.tgz" }, /^its chart comes from no registry/],
  ["an unknown chart", { chart: UNKNOWN }, /^its chart cannot be known/],
  ["an unknown version", { chart: `oci://${CHART}`, version: UNKNOWN }, /^its chart cannot be known/],
  ["unknown repository options", { chart: "web", repositoryOpts: UNKNOWN }, /^its chart cannot be known/],
  ["a chart of a wrong type", { chart: 5 }, /^its chart comes from no registry/],
  ["no chart", {}, /^its chart comes from no registry/],
])("in prod, %s is refused", async (_, inputs, message) => {
  const found = await release(inputs);
  expect(found).toHaveLength(1);
  expect(found[0]).toMatch(message);
});

test.each([
  ["postrender", "./rewrite.sh"],
  ["postrender", UNKNOWN],
  ["postRenderer", { command: "rewrite" }],
  ["valueYamlFiles", [{ "4dabf18193072939515e22adb298388d": "c44067f5952c0a294b673a41bacd8c17", path: "values.yaml" }]],
  ["reuseValues", true],
])("%s is refused, since it changes what was judged", async (key, value) => {
  expect(await release({ chart: oci("1.0.0"), [key]: value })).toEqual([
    `${key} changes what the chart leads to after it was judged`,
  ]);
});

test("what the provider adds by default changes nothing", async () => {
  const defaults = {
    postrender: "",
    reuseValues: false,
    valueYamlFiles: [],
    repositoryOpts: {},
    devel: false,
    timeout: 300,
  };
  expect(await release({ chart: oci("1.0.0"), version: "1.0.0", ...defaults })).toEqual([]);
});

test("where no blessing is asked for, only what is revoked is refused", async () => {
  for (const chart of [oci("1.0.0"), oci("1.1.0"), "./charts/app", UNKNOWN]) {
    expect(await release({ chart, postrender: "./rewrite.sh" }, "dev")).toEqual([]);
  }
  expect(await release({ chart: oci("1.2.0") }, "dev")).toHaveLength(1);
});

describe("where the stack asks which images a chart leads to", () => {
  const chart = (version: string, values: unknown, stack = "prod") =>
    release({ chart: `oci://registry.test/charts/seen@${digest(version, "seen")}`, values }, stack);

  test("a signed inventory for the very values is needed; replicas do not count", async () => {
    expect(await chart("1.0.0", { image: "x" })).toEqual([]);
    expect(await chart("1.0.0", { image: "x", replicaCount: 3 })).toEqual([]);
    expect(await chart("1.0.0", { image: "x", sidecar: true })).toEqual([
      "prod asks which images seen 1.0.0 leads to, and no image inventory is signed for these values",
    ]);
  });

  test("each image of it has to be blessed", async () => {
    expect(await chart("1.0.0", { image: "y" })).toEqual([
      'the image "busybox:1" at its image inventory has no digest, so no release can be told from it',
    ]);
  });

  test("evidence without a list, or of another chart, is none", async () => {
    const message = (version: string) => [
      `prod asks which images seen ${version} leads to, and no image inventory is signed`,
    ];
    expect(await chart("1.1.0", { image: "x" })).toEqual(message("1.1.0"));
    expect(await chart("2.0.0", { image: "x" })).toEqual(message("2.0.0"));
  });

  test("unknown values are refused", async () => {
    const message = ["its values cannot all be known before an update, so the images that they lead to cannot be told"];
    expect(await chart("1.0.0", UNKNOWN)).toEqual(message);
    expect(await chart("1.0.0", { image: "x", deep: [{ host: UNKNOWN }] })).toEqual(message);
    expect(await chart("1.0.0", "text")).toEqual(message);
  });

  test("the command that helps is named", async () => {
    const resource = resourceOf("kubernetes:helm.sh/v3:Release", "seen", {
      chart: `oci://registry.test/charts/seen@${digest("1.1.0", "seen")}`,
    });
    const [verdict] = await pack.judge([resource]);
    expect(verdict?.violations[0]?.remedy).toBe("npx imprimatur inspect seen 1.1.0 --for prod --sign");
  });
});

test("other resources are none of its business", async () => {
  expect(await refusals(pack, resourceOf("kubernetes:core/v1:ConfigMap", "it", { chart: "./x" }))).toEqual([]);
});

test("it takes no settings", async () => {
  const strict = await startPolicy("blessed-charts", platform.save(), { strictness: 5 });
  expect(await refusals(strict, resourceOf("kubernetes:helm.sh/v3:Release", "app", { chart: oci("1.0.0") }))).toEqual([
    'cannot be judged: the configuration of the policy pack blessed-charts: Unrecognized key: "strictness"',
  ]);
});
