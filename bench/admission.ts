/**
 * What the admission gate costs a real API server: how long a Pod takes to be admitted without it and with it, judged by a
 * list of 5,000 digests, and how many containers a Pod may have before judging it exceeds the API server's limits for CEL
 * (it refuses then). Needs the tools that test/e2e/apiServer.ts starts. Run `node bench/admission.ts [requests [digests]]`;
 * exit code 1 means that a Pod of ordinary size is over the limits.
 */
import { readFileSync } from "node:fs";
import { Agent, request } from "node:https";
import { listData } from "../release/admission/list.ts";
import { DEPLOYERS_POLICY, GATE_NAMESPACE, IMAGES_POLICY, NO_LIST } from "../release/admission/names.ts";
import { bindingSpecs, deployersPolicySpec, imagesPolicySpec } from "../release/admission/policies.ts";
import { sha256 } from "../release/json.ts";
import { ApiServer, noKubernetes } from "../test/e2e/apiServer.ts";
import { until } from "../test/e2e/tools.ts";

const [REQUESTS = 500, DIGESTS = 5_000] = process.argv.slice(2).map(Number);
/** Kubernetes has no limit of its own; a Pod of more is none that we know of. */
const ORDINARY = 100;
const SIZES = [1, 10, 50, ORDINARY, 250, 500, 1_000, 2_000];
const NAMESPACE = "web";
const image = (index: number) => `registry.test/app/web@sha256:${sha256(String(index))}`;

/** A Pod whose containers, all but the last, have listed images of their own. */
function pod(containers: number, last = image(0)): object {
  const images = Array.from({ length: containers }, (_, index) => (index === containers - 1 ? last : image(index + 1)));
  const spec = { containers: images.map((name, index) => ({ name: `c${index}`, image: name })) };
  return { apiVersion: "v1", kind: "Pod", metadata: { name: "bench", namespace: NAMESPACE }, spec };
}

/** The objects of the gate, with a list of many digests for one namespace. */
function gate(): object[] {
  const listed = Array.from({ length: DIGESTS }, (_, index) => {
    const [repository = "", digest = ""] = image(index).split("@");
    return { repository, digest, module: "web", version: `1.0.${index}` };
  });
  const list = (name: string, data: object) => ({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name, namespace: GATE_NAMESPACE },
    data,
  });
  const admission = (kind: string, name: string, spec: object) => ({
    apiVersion: "admissionregistration.k8s.io/v1",
    kind,
    metadata: { name },
    spec,
  });
  const { namespaces, otherwise } = bindingSpecs([NAMESPACE], ["kube-system"], "enforce");
  return [
    { apiVersion: "v1", kind: "Namespace", metadata: { name: GATE_NAMESPACE } },
    list(NAMESPACE, listData(listed)),
    list(NO_LIST, {}),
    admission("ValidatingAdmissionPolicy", IMAGES_POLICY, imagesPolicySpec("prod")),
    admission("ValidatingAdmissionPolicy", DEPLOYERS_POLICY, deployersPolicySpec("prod", [NAMESPACE])),
    ...[...namespaces, otherwise].map(([name, spec]) => admission("ValidatingAdmissionPolicyBinding", name, spec)),
  ];
}

/** Asks for a Pod to be admitted, and made nowhere. */
function poster(cluster: ApiServer) {
  const { clusters, users } = JSON.parse(readFileSync(cluster.kubeconfig, "utf8"));
  const [{ cluster: server }] = clusters;
  const agent = new Agent({ keepAlive: true, ca: readFileSync(server["certificate-authority"]) });
  const url = `${server.server}/api/v1/namespaces/${NAMESPACE}/pods?dryRun=All`;
  const headers = { authorization: `Bearer ${users[0].user.token}`, "content-type": "application/json" };
  return (object: object) =>
    new Promise<{ status: number; text: string }>((resolve, reject) => {
      const call = request(url, { method: "POST", agent, headers }, async (response) => {
        const chunks: Buffer[] = [];
        for await (const chunk of response) chunks.push(chunk);
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() });
      });
      call.on("error", reject);
      call.end(JSON.stringify(object));
    });
}

type Post = ReturnType<typeof poster>;

/** Milliseconds of each of many requests, one after the other, shortest first. */
async function latencies(post: Post): Promise<number[]> {
  const body = pod(3);
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

if (noKubernetes !== undefined) throw new Error(`cannot be measured here: ${noKubernetes}`);
const cluster = await ApiServer.start("bench");
try {
  cluster.kubectl(["create", "namespace", NAMESPACE]);
  const post = poster(cluster);
  await until("the service account", async () => (await post(pod(1))).status === 201);
  console.log(`${REQUESTS} Pods of 3 containers, one after the other${"p50".padStart(9)}${"p99".padStart(10)}`);
  console.log(row("without the gate", await latencies(post)));
  cluster.kubectl(["apply", "--server-side", "--filename", "-"], ...gate());
  await until("the gate", async () => (await post(pod(1, "registry.test/app/web:1"))).status === 403);
  console.log(row(`with it, and ${DIGESTS} digests listed`, await latencies(post)));

  const judged: number[] = [];
  for (const size of SIZES) {
    const { status, text } = await post(pod(size));
    if (status === 201) judged.push(size);
    else console.log(`a Pod of ${size} containers is refused: ${JSON.parse(text).message.slice(0, 300)}`);
  }
  const most = Math.max(0, ...judged);
  console.log(`within the limits for CEL: Pods of up to ${most} containers, of the sizes ${SIZES.join(", ")}`);
  process.exitCode = most >= ORDINARY ? 0 : 1;
} finally {
  await cluster.stop();
}
