import { beforeAll, describe, expect, test } from "vitest";
import type { PreviewReport } from "../../cli/report.ts";
import type { Checkout } from "../cli/checkout.ts";
import { day } from "../release/world.ts";
import { fixtureCheckout } from "./fixtureCheckout.ts";
import { digestOf, SignedPlatform } from "./signedPlatform.ts";

const APP = "registry.test/app/app";
const CHART = "registry.test/charts/app";
const TAGGED = `${APP}:1.1.0`;
const flag = {
  description: "x",
  owner: "lead",
  maturity: "alpha",
  expires: "2027-01-01",
  acceptance: ["x"],
  acceptor: "lead",
};
const freeze = { from: day(90).toISOString(), until: day(110).toISOString(), stacks: ["prod"], reason: "an audit" };

const made = { images: { app: APP }, chart: CHART };
const platform = new SignedPlatform(
  { app: { chart: CHART, images: { app: { repository: APP } }, flags: { FEATURE_NEW_SEARCH: flag } } },
  { "app 1.0.0": made, "app 1.1.0": made },
);

let checkout: Checkout;
let facts: Record<string, string>;
beforeAll(async () => {
  const [blessing] = await platform.blessed("app 1.0.0", ["prod"]);
  await platform.settled("prod", day(11), { "app 1.0.0": blessing });
  checkout = fixtureCheckout({ ...platform.base, ...Object.fromEntries(platform.written) });
  // A component of others takes no label: the pack's configuration says whose it is.
  checkout.write("catalog/trust/policies.json", JSON.stringify({ "known-owner": { owners: { shop: "lead" } } }));
  facts = {
    blessed: `${APP}@${digestOf("app 1.0.0 app")}`,
    unblessed: `${APP}@${digestOf("app 1.1.0 app")}`,
    blessedChart: `oci://${CHART}@${digestOf("app 1.0.0 chart")}`,
  };
  facts.image = facts.blessed ?? "";
});

/** What a preview of a case says, with the exit code: `<level> <policy>: <first line>`. */
async function preview(name: string, compliant: boolean, stack = "prod", more: Readonly<Record<string, string>> = {}) {
  const ours = { "imprimatur:cluster": { context: stack }, "imprimatur:registries": {}, "imprimatur:modules": {} };
  const config = {
    ...ours,
    "fixture:case": name,
    "fixture:compliant": compliant,
    "fixture:facts": { ...facts, ...more },
  };
  checkout.write(`Pulumi.${stack}.yaml`, JSON.stringify({ config }));
  const { code, stdout, stderr } = await checkout.run("preview", stack, "--engine", "offline", "--json");
  if (stdout === "") throw new Error(stderr);
  const report: PreviewReport = JSON.parse(stdout);
  const said = report.stacks.flatMap(({ verdicts }) =>
    verdicts.flatMap(({ policy, level, violations }) =>
      violations.map(({ message }) => `${level} ${policy}: ${message.split("\n")[0]}`),
    ),
  );
  return { code, said };
}

const INIT = "spec.jobTemplate.spec.template.spec.initContainers[0].image";

describe("a stack of plain resources, a component of others and a chart, with one image that is not blessed", () => {
  test("is refused in prod, for the init container of its job and nothing else", async () => {
    expect(await preview("third-party", false)).toEqual({
      code: 1,
      said: [
        `mandatory blessed-images: the image "${facts.unblessed}" at ${INIT} is of app 1.1.0, which is not blessed for prod`,
      ],
    });
  });

  test("passes in dev, and without that image in prod", async () => {
    expect(await preview("third-party", false, "dev")).toEqual({ code: 0, said: [] });
    expect(await preview("third-party", true)).toEqual({ code: 0, said: [] });
  });

  test("is refused in prod, and not in dev, where it has a tag and no digest", async () => {
    const { code, said } = await preview("third-party", false, "prod", { unblessed: TAGGED });
    expect([code, said]).toEqual([
      1,
      [
        `mandatory blessed-images: the image "${TAGGED}" at ${INIT} has no digest, so no release can be told from it`,
        `mandatory image-digest-only: the image "${TAGGED}" at ${INIT} is not pinned by its digest`,
      ],
    ]);
    expect((await preview("third-party", false, "dev", { unblessed: TAGGED })).code).toBe(0);
  });
});

describe("a preview shows what is refused, and on the compliant twin nothing of it", () => {
  const own = async (policy: string, compliant: boolean) => {
    const { code, said } = await preview(policy, compliant);
    return { code, said: said.filter((line) => line.includes(` ${policy}: `)) };
  };

  test.each([
    [
      "workload-baseline",
      [
        "mandatory workload-baseline: the Pod at spec.template.spec does not say what it needs, so its node can neither plan for it nor protect others from it",
        "mandatory workload-baseline: the Pod at spec.template.spec gets traffic before it is ready, because nothing says when it is",
        "mandatory workload-baseline: the Pod at spec.template.spec is not within the Restricted profile of the Pod Security Standards",
      ],
    ],
    [
      "disruption-budgets",
      ["mandatory disruption-budgets: has 3 replicas, and no PodDisruptionBudget of namespace web selects its Pods"],
    ],
    [
      "feature-flags",
      [
        "mandatory feature-flags: the flag FEATURE_NEW_SEARCH at data.FEATURE_NEW_SEARCH is on for everybody; in prod a feature is beta before it is on for everybody, and this one is alpha",
      ],
    ],
  ])("by %s", async (policy, said) => {
    expect(await own(policy, false)).toEqual({ code: 1, said });
    expect((await own(policy, true)).said).toEqual([]);
  });

  test("by window-and-freeze, which only advises before an update", async () => {
    checkout.write("catalog/trust/calendar.yaml", JSON.stringify({ freezes: { audit: freeze } }));
    const { said } = await own("window-and-freeze", false);
    expect(said).toEqual([
      `advisory window-and-freeze: the image "${facts.unblessed}" at spec.template.spec.containers[0].image is of no release that prod runs or ran by its ledger, and prod is frozen until ${freeze.until} (audit: an audit)`,
    ]);
    expect((await own("window-and-freeze", true)).said).toEqual([]);
  });
});
