import { GATE_NAMESPACE } from "../../release/admission/names.ts";
import { prettyJson, sha256 } from "../../release/json.ts";
import { Plan, type PlannedResource } from "../../release/plan.ts";
import { Checkout, pin, platformFiles } from "../cli/checkout.ts";
import { ApiServer, NODE } from "./apiServer.ts";
import { until } from "./tools.ts";

/** The namespaces of the platform, and one that is exempt by trust and not there. */
export const [WEB, STORE, SESSIONS, ADDONS] = ["web", "store", "sessions", "addons"] as const;
const NAMESPACES = [WEB, STORE, SESSIONS];

/** Who applies the stack: an administrator of its namespaces, as the access policy of EKS has it, and in the group. */
export const DEPLOYER = [
  "--as",
  "deployer",
  "--as-group",
  "imprimatur:deployers",
  "--as-group",
  "system:authenticated",
];

/** Digest of an image of the small platform. */
export const digestOf = (words: string) => `sha256:${sha256(`image ${words}`)}`;
/** An image of the small platform, such as `web 1.1.0`, by its digest. */
export function image(words: string): string {
  const [module = ""] = words.split(" ");
  return `registry.test/app/${module}@${digestOf(words)}`;
}

/** Lists as the catalogue gives them: what production pins. */
export const CURRENT = image("web 1.1.0");
export const PREVIOUS = image("web 1.0.0");
export const UNLISTED = image("web 1.2.0-edge.1");

function labRelease(version: string): string {
  return prettyJson({
    module: "lab",
    version,
    channel: "edge",
    commit: "c".repeat(40),
    appVersion: version,
    images: { lab: { repository: "registry.test/app/lab", digest: digestOf(`lab ${version}`) } },
  });
}

/** The small platform with two releases of web, an offered lab, and a gate for prod. */
export function gatedCheckout(mode = "enforce"): Checkout {
  const checkout = new Checkout(platformFiles()).withProgram();
  const stack = mode === "enforce" ? "prod" : "staging";
  const sessions = `{ ${SESSIONS}: { floor: edge } }`;
  const exempt = `{ kube-system: the cluster's own, ${ADDONS}: they have tags }`;
  checkout.write(
    "catalog/trust/stacks.yaml",
    `stacks: { prod: { class: ${stack}, gate: { mode: ${mode}, exempt: ${exempt}, sessions: ${sessions} } } }\n`,
  );
  checkout.write(
    "catalog/modules/lab.yaml",
    "{ description: lab, purpose: offered, owners: [team], maturity: mature, namespace: sessions, images: { lab: { repository: registry.test/app/lab } } }\n",
  );
  const labs = ["2.0.0", "1.9.0"].map((version) => {
    const text = labRelease(version);
    checkout.write(`catalog/releases/lab/${version}.json`, text);
    return `${version}@sha256:${sha256(text)}`;
  });
  checkout.write("catalog/trust/channels.yaml", FLOORS);
  checkout.edit("Pulumi.prod.yaml", "web: [", `lab: [${labs.join(", ")}]\n    web: [${pin("web", "1.1.0")}, `);
  checkout.write("Pulumi.prod-gate.yaml", "config: { imprimatur:cluster: { context: prod } }\n");
  return checkout;
}

const FLOORS = `service: &all { bleed: edge, dev: edge, staging: edge, prod: edge }
offered: *all
`;

/** The Kubernetes objects of a plan that is committed in a checkout, each behind what it needs. */
export function plannedObjects(text: string): object[] {
  const { resources } = Plan.parse(JSON.parse(text));
  const objects = resources.filter(({ type }) => type.startsWith("kubernetes:") && !type.includes("helm.sh"));
  const byUrn = new Map(objects.map((resource) => [resource.urn, resource]));
  const ordered = new Set<PlannedResource>();
  const visit = (resource: PlannedResource): void => {
    for (const urn of resource.dependencies) {
      const needed = byUrn.get(urn);
      if (needed !== undefined && !ordered.has(needed)) visit(needed);
    }
    ordered.add(resource);
  };
  objects.forEach(visit);
  return [...ordered].map(({ type, inputs }) => {
    const [, version = "", kind = ""] = type.split(":");
    return { apiVersion: version.replace(/^core\//, ""), kind, ...inputs };
  });
}

/** The objects of the gate, as the program declares them. */
export async function gateObjects(checkout: Checkout): Promise<object[]> {
  const { code, stderr } = await checkout.run("plan", "prod-gate", "--write", "--engine", "offline");
  if (code !== 0) throw new Error(stderr);
  return plannedObjects(checkout.read("plans/prod-gate.json"));
}

/** A cluster with the platform's namespaces and its deployer, before it has a gate. */
export async function platformCluster(): Promise<ApiServer> {
  const cluster = await ApiServer.start("prod");
  for (const namespace of NAMESPACES) {
    cluster.kubectl(["create", "namespace", namespace]);
    const binding = ["create", "rolebinding", "deployer", "--clusterrole", "admin", "--user", "deployer"];
    cluster.kubectl([...binding, "--namespace", namespace]);
  }
  await until("the service accounts", async () =>
    [...NAMESPACES, "default", "kube-system"].every(
      (namespace) => cluster.get("serviceaccounts", "--namespace", namespace).items.length > 0,
    ),
  );
  return cluster;
}

/** Applies the gate, and waits until the API server judges by it. */
export async function installGate(cluster: ApiServer, objects: readonly object[]): Promise<void> {
  cluster.kubectl(["apply", "--server-side", "--filename", "-"], ...objects);
  await until("the gate", async () => refusalOf(cluster, create(pod("probe", "probe:1")), "--dry-run=server") !== "");
}

/** A line of a list: an image of the small platform, such as `web 1.1.0`, and its end; null takes it off. */
export function listed(words: string, until: string | null = "-"): Record<string, string | null> {
  const [repository = "", digest = ""] = image(words).split("@sha256:");
  return { [digest]: until === null ? null : `${repository} ${words} ${until}` };
}

/** Changes the list of a namespace behind the program's back. */
export function changeList(cluster: ApiServer, data: Readonly<Record<string, string | null>>): void {
  const patch = JSON.stringify({ data });
  cluster.kubectl(["patch", "configmap", WEB, "--namespace", GATE_NAMESPACE, "--type", "merge", "--patch", patch]);
}

/** What `kubectl` said when it failed; empty where it did not. */
export function refusalOf(cluster: ApiServer, { args, input = [] }: Command, ...more: readonly string[]): string {
  try {
    cluster.kubectl([...args, ...more], ...input);
    return "";
  } catch (error) {
    return (error as Error).message;
  }
}

/** One call of `kubectl`, and the objects that it reads. */
export interface Command {
  readonly args: readonly string[];
  readonly input?: readonly object[];
}

export function create(...input: readonly object[]): Command {
  return { args: ["create", "--filename", "-"], input };
}

export function podSpec(name: string, more: object = {}) {
  return { nodeName: NODE, terminationGracePeriodSeconds: 0, containers: [{ name: "main", image: name }], ...more };
}

export function pod(name: string, imageName: string, { namespace = WEB as string, spec = {}, metadata = {} } = {}) {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace, ...metadata },
    spec: podSpec(imageName, spec),
  };
}

/** A workload of a kind that has a selector and a template. */
export function workload(kind: string, name: string, imageName: string, { namespace = WEB as string, spec = {} } = {}) {
  const labels = { app: name };
  const selector = kind === "ReplicationController" ? labels : { matchLabels: labels };
  return {
    apiVersion: kind === "ReplicationController" ? "v1" : "apps/v1",
    kind,
    metadata: { name, namespace },
    spec: { selector, template: { metadata: { labels }, spec: podSpec(imageName) }, ...spec },
  };
}

export function job(name: string, imageName: string, namespace: string = WEB) {
  const template = { spec: podSpec(imageName, { restartPolicy: "Never" }) };
  return { apiVersion: "batch/v1", kind: "Job", metadata: { name, namespace }, spec: { template } };
}

export function cronJob(name: string, imageName: string, namespace: string = WEB) {
  const { spec } = job(name, imageName);
  const metadata = { name, namespace };
  return { apiVersion: "batch/v1", kind: "CronJob", metadata, spec: { schedule: "0 0 1 1 *", jobTemplate: { spec } } };
}
