import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { VARIABLES } from "../../release/admission/expressions.ts";
import { CostMeter, changeOf, deploymentOf, LARGE, podOf } from "./admissionCost.ts";
import { asker, EXEMPT, GATED } from "./admissionLoad.ts";
import { ApiServer, noKubernetes } from "./apiServer.ts";
import { until } from "./tools.ts";

const skipped = noKubernetes === undefined ? "" : ` (skipped: ${noKubernetes})`;
const DIGESTS = 5_000;

describe.skipIf(noKubernetes !== undefined)(`what the admission gate costs a real API server${skipped}`, () => {
  let cluster: ApiServer;
  let meter: CostMeter;

  beforeAll(async () => {
    cluster = await ApiServer.start("prod");
    for (const namespace of [GATED, EXEMPT]) cluster.kubectl(["create", "namespace", namespace]);
    cluster.kubectl(["create", "--filename", "-"], deploymentOf(LARGE));
    const ask = asker(cluster);
    await until("the service accounts", async () => {
      const answers = [GATED, EXEMPT].map((namespace) => podOf({ containers: 1 }, namespace));
      const all = await Promise.all(answers.map(({ method, path, object }) => ask(method, path, object)));
      return all.every(({ status }) => status === 201);
    });
    meter = await CostMeter.install(cluster, ask, DIGESTS);
  });
  afterAll(() => cluster?.stop());

  it("is less than a tenth of each limit for a Pod of 140 images, with 5,000 digests on the list", async () => {
    expect(await meter.above(0.1, podOf(LARGE))).toEqual([]);
  });

  it("nor where all of them are changed at once", async () => {
    expect(await meter.above(0.1, changeOf(LARGE))).toEqual([]);
  });

  it("and all of it is measured: whatever burns more than its limit is refused", async () => {
    const variables = VARIABLES.map(({ name }) => name);
    const others = ["refusal-1", "refusal-2", "refusal-3", "audit-waived"];
    expect(await meter.above(-0.01, podOf(LARGE))).toEqual(["policy", "audit", ...variables, ...others]);
  });
});
