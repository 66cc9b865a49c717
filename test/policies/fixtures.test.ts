import { beforeAll, expect, test } from "vitest";
import type { Checkout } from "../cli/checkout.ts";
import { day } from "../release/world.ts";
import { fixtureCheckout, previewCase } from "./fixtureCheckout.ts";
import { digestOf, SignedPlatform } from "./signedPlatform.ts";

const APP = "registry.test/app/app";
const LAB = "registry.test/lab/lab";
const CHART = "registry.test/charts/app";
const made = { images: { app: APP }, chart: CHART };
const lab = { images: { lab: LAB }, freeze: { mission: "lab-1.0.0", common: "1.0.0", cal: "1.0.0" } };

const platform = new SignedPlatform(
  {
    app: {
      chart: CHART,
      images: { app: { repository: APP } },
      content: { rules: { path: "env", stable: "STABLE_VERSION", canary: "CANARY_VERSION" } },
    },
    rules: { canary: { ladder: [5, 100] } },
    lab: { frozen: true, images: { lab: { repository: LAB } } },
  },
  {
    "app 1.0.0": made,
    "app 1.1.0": made,
    "app 1.2.0-edge.1": { ...made, channel: "edge" },
    "rules 1.0.0": { content: "https://example.org/rules" },
    "rules 1.1.0": { content: "https://example.org/rules" },
    "lab 1.0.0": lab,
    "lab 1.1.0": lab,
  },
  {
    "catalog/trust/channels.yaml": "service: &a { bleed: edge, dev: edge, staging: edge, prod: stable }\noffered: *a\n",
  },
);

let checkout: Checkout;
let facts: Record<string, string>;
beforeAll(async () => {
  const [blessing] = await platform.blessed("app 1.0.0", ["prod"]);
  for (const words of ["rules 1.0.0", "rules 1.1.0", "lab 1.0.0", "lab 1.1.0"]) await platform.blessed(words, ["prod"]);
  await platform.settled("prod", day(11), { "app 1.0.0": blessing });
  await platform.evidenceOf("lab 1.0.0", "freeze-record");
  await platform.evidenceOf("lab 1.0.0", "platform-test", { in: "staging" });
  await platform.settled("staging", day(11), { "lab 1.0.0": undefined });
  checkout = fixtureCheckout({ ...platform.base, ...Object.fromEntries(platform.written) });
  const digests = ["1.0.0", "1.1.0", "1.2.0-edge.1"].map((version) => [
    version,
    platform.manifestDigest(`app ${version}`),
  ]);
  facts = {
    ...Object.fromEntries(digests),
    blessed: `${APP}@${digestOf("app 1.0.0 app")}`,
    unblessed: `${APP}@${digestOf("app 1.1.0 app")}`,
    blessedChart: `oci://${CHART}@${digestOf("app 1.0.0 chart")}`,
    unblessedChart: `oci://${CHART}@${digestOf("app 1.1.0 chart")}`,
    tested: `${LAB}@${digestOf("lab 1.0.0 lab")}`,
    untested: `${LAB}@${digestOf("lab 1.1.0 lab")}`,
  };
});

test.each([
  [
    "blessed-images",
    /^the image .* at spec\.jobTemplate\.spec\.template\.spec\.initContainers\[0\]\.image is of app 1\.1\.0, which is not blessed for prod$/,
  ],
  ["blessed-charts", /^the chart .* is of app 1\.1\.0, which is not blessed for prod$/],
  ["image-digest-only", /^the image "registry\.test\/app\/app:1\.0\.0" at .* is not pinned by its digest$/],
  ["channel", /^app 1\.2\.0-edge\.1 is of channel edge; prod admits a service module from stable on$/],
  ["rollback-ready", /^prod pins nothing to fall back on from app 1\.1\.0$/],
  ["canary-coherent", /^the canary of rules, 1\.0\.0, is older than what is stable, 1\.1\.0$/],
  ["frozen-build", /^lab 1\.1\.0 was not tested on the platform in staging \(staging\)$/],
])(
  "a preview of a project of its own shows what %s refuses, and nothing of its compliant twin",
  async (policy, message) => {
    const refused = await previewCase(checkout, policy, false, "prod", facts);
    expect(refused[0]?.message).toMatch(message);
    expect(refused[0]?.remedy).toBeTypeOf("string");
    expect(await previewCase(checkout, policy, true, "prod", facts)).toEqual([]);
  },
);

test("what prod refuses for want of a blessing passes in dev", async () => {
  expect(await previewCase(checkout, "blessed-images", false, "dev", facts)).toEqual([]);
  expect(await previewCase(checkout, "blessed-charts", false, "dev", facts)).toEqual([]);
});
