/**
 * What the admission gate costs a real API server: how long a Pod takes to be admitted without it and with it, judged by a
 * list of 5,000 digests; how many containers a Pod may have before judging it exceeds the API server's limits for CEL (it
 * refuses then); and what each expression costs, and all of them, of these limits. Needs the tools that
 * test/e2e/apiServer.ts starts. Run `node bench/admission.ts [requests [digests]]`; exit code 1 means that a large Pod costs
 * more than a tenth of a limit.
 */
import { IMAGES_POLICY } from "../release/admission/names.ts";
import {
  type Candidate,
  type Cost,
  CostMeter,
  changeOf,
  deploymentOf,
  LARGE,
  podOf,
} from "../test/e2e/admissionCost.ts";
import { type Ask, asker, EXEMPT, GATED, gateOf } from "../test/e2e/admissionLoad.ts";
import { ApiServer, noKubernetes } from "../test/e2e/apiServer.ts";
import { until } from "../test/e2e/tools.ts";

const [REQUESTS = 500, DIGESTS = 5_000] = process.argv.slice(2).map(Number);
const SIZES = [1, 10, 50, 100, 250, 500, 1_000, 2_000];
/** As much of a limit as a Pod of that size may cost. */
const SHARE = 0.1;

/** Milliseconds of each of many requests, one after the other, shortest first. */
async function latencies(post: (candidate: Candidate) => ReturnType<Ask>): Promise<number[]> {
  const body = podOf({ containers: 3 });
  const times: number[] = [];
  for (let count = 0; count < REQUESTS + 20; count += 1) {
    const start = performance.now();
    const { status, text } = await post(body);
    if (status !== 201) throw new Error(text);
    // The first ones meet caches that are still empty.
    if (count >= 20) times.push(performance.now() - start);
  }
  return times.sort((a, b) => a - b);
}

function row(what: string, times: readonly number[]): string {
  const at = (share: number) => `${(times[Math.ceil(times.length * share) - 1] ?? 0).toFixed(1)} ms`.padStart(10);
  return `${what.padEnd(36)}${at(0.5)}${at(0.99)}`;
}

function costLine({ of, units, limit }: Cost): string {
  const number = (value: number) => value.toLocaleString("en").padStart(10);
  return `  ${of.padEnd(14)}${number(units)} of ${number(limit)}${((100 * units) / limit).toFixed(1).padStart(7)} %`;
}

if (noKubernetes !== undefined) throw new Error(`cannot be measured here: ${noKubernetes}`);
const cluster = await ApiServer.start("bench");
try {
  for (const namespace of [GATED, EXEMPT]) cluster.kubectl(["create", "namespace", namespace]);
  cluster.kubectl(["create", "--filename", "-"], deploymentOf(LARGE));
  const ask = asker(cluster);
  const post = ({ method, path, object }: Candidate) => ask(method, path, object);
  for (const namespace of [GATED, EXEMPT]) {
    const pod = podOf({ containers: 1 }, namespace);
    await until("the service account", async () => (await post(pod)).status === 201);
  }
  console.log(`${REQUESTS} Pods of 3 containers, one after the other${"p50".padStart(9)}${"p99".padStart(10)}`);
  console.log(row("without the gate", await latencies(post)));
  cluster.kubectl(["apply", "--server-side", "--filename", "-"], ...gateOf(DIGESTS));
  await until("the gate", async () => (await post(podOf({ containers: 1 }, GATED, DIGESTS))).status === 403);
  console.log(row(`with it, and ${DIGESTS} digests listed`, await latencies(post)));
  const { status } = cluster.get("validatingadmissionpolicy", IMAGES_POLICY);
  console.log(`its types are checked, with ${status?.typeChecking?.expressionWarnings?.length ?? 0} warnings\n`);

  const judged: number[] = [];
  for (const size of SIZES) {
    const { status, text } = await post(podOf({ containers: size }));
    if (status === 201) judged.push(size);
    else console.log(`a Pod of ${size} containers is refused: ${JSON.parse(text).message.slice(0, 300)}`);
  }
  console.log(
    `within the limits for CEL: Pods of up to ${Math.max(0, ...judged)} containers, of ${SIZES.join(", ")}\n`,
  );

  const meter = await CostMeter.install(cluster, ask, DIGESTS);
  let dearest = 0;
  for (const [what, candidate] of [
    ["a Pod of 3 containers", podOf({ containers: 3 })],
    ["a Pod of 100 containers, 20 init containers and 20 image volumes", podOf(LARGE)],
    ["a Deployment of such Pods, all of whose images are changed", changeOf(LARGE)],
  ] as const) {
    console.log(`${what} costs, in CEL's units`);
    for (const cost of (await meter.costs(candidate)).filter(({ units }) => units > 0)) {
      dearest = Math.max(dearest, cost.units / cost.limit);
      console.log(costLine(cost));
    }
  }
  process.exitCode = dearest <= SHARE ? 0 : 1;
} finally {
  await cluster.stop();
}
