import {
  type Command,
  CURRENT,
  create,
  cronJob,
  DEPLOYER,
  image,
  job,
  PREVIOUS,
  pod,
  podSpec,
  SESSIONS,
  WEB,
  workload,
} from "./admissionCluster.ts";
import type { ApiServer } from "./apiServer.ts";
import { until } from "./tools.ts";

/** An image that was on the list, and is no longer. */
export const DELISTED = image("web 0.9.0");

/** Something that must go on working. What it needs of what was before stands in {@link BEFORE}. */
export interface Use {
  readonly name: string;
  readonly run: (cluster: ApiServer) => Promise<void> | void;
}

/** What was made while {@link DELISTED} was on the list. */
export const BEFORE: readonly object[] = [
  pod("kept", DELISTED, { metadata: { finalizers: ["example.org/kept"] } }),
  pod("leaves", DELISTED),
  workload("Deployment", "kept", DELISTED, { spec: { replicas: 2 } }),
  job("kept", DELISTED),
  cronJob("kept", DELISTED),
];

const inWeb = ["--namespace", WEB];
const asDeployer = ({ args, input = [] }: Command): Command => ({ args: [...args, ...DEPLOYER], input });

function does(name: string, ...commands: readonly Command[]): Use {
  return {
    name,
    run: (cluster) => {
      for (const { args, input = [] } of commands) cluster.kubectl(args, ...input);
    },
  };
}

function waits(name: string, commands: readonly Command[], what: string, holds: (cluster: ApiServer) => boolean): Use {
  return {
    name,
    run: async (cluster) => {
      await does(name, ...commands).run(cluster);
      // Controllers and the simulated node take their time on a busy machine.
      await until(what, async () => holds(cluster), 450);
    },
  };
}

const kubectl = (...args: readonly string[]): Command => ({ args });
const patch = (what: string, body: object, ...more: readonly string[]): Command =>
  kubectl("patch", ...what.split("/"), ...inWeb, "--patch", JSON.stringify(body), ...more);
const get = (cluster: ApiServer, what: string, namespace: string = WEB) =>
  cluster.get(what, "--namespace", namespace, "--ignore-not-found");
const ready = (what: string, count: number) => (cluster: ApiServer) =>
  get(cluster, what).status.readyReplicas === count;
const containers = (imageName: string) => ({ spec: { containers: [{ name: "main", image: imageName }] } });
/** The Pod of a Job is done, as its node would say. */
const done = (name: string) => (cluster: ApiServer) => {
  const { items } = cluster.get("pods", ...inWeb, "--selector", `job-name=${name}`);
  const [first] = items;
  // No stage of the simulated node is for Pods of Jobs.
  if (first !== undefined && first.status.phase !== "Succeeded")
    cluster.kubectl(
      patch(`pod/${first.metadata.name}`, { status: { phase: "Succeeded" } }, "--subresource", "status").args,
    );
  return get(cluster, `job/${name}`).status.succeeded === 1;
};

/** Every use, in order: each finds what those before it have left. */
export const USES: readonly Use[] = [
  does("a Pod by its digest", asDeployer(create(pod("digest", CURRENT)))),
  does("a Pod by tag and digest", asDeployer(create(pod("tagged", CURRENT.replace("@", ":1.1.0@"))))),
  does("a Pod of the previous release", asDeployer(create(pod("previous", PREVIOUS)))),
  does(
    "an init container and a sidecar",
    create(
      pod("init", CURRENT, {
        spec: {
          initContainers: [
            { name: "a", image: CURRENT },
            { name: "b", image: PREVIOUS, restartPolicy: "Always" },
          ],
        },
      }),
    ),
  ),
  does(
    "an image volume",
    create(pod("volume", CURRENT, { spec: { volumes: [{ name: "data", image: { reference: PREVIOUS } }] } })),
  ),
  does(
    "a volume that is no image",
    create(pod("empty", CURRENT, { spec: { volumes: [{ name: "data", emptyDir: {} }] } })),
  ),
  waits(
    "a Deployment",
    [asDeployer(create(workload("Deployment", "app", CURRENT)))],
    "its Pod",
    ready("deployment/app", 1),
  ),
  waits(
    "a StatefulSet",
    [asDeployer(create(workload("StatefulSet", "state", CURRENT)))],
    "its Pod",
    ready("statefulset/state", 1),
  ),
  waits(
    "a DaemonSet",
    [asDeployer(create(workload("DaemonSet", "each", CURRENT)))],
    "its Pod",
    (cluster) => get(cluster, "daemonset/each").status.numberReady === 1,
  ),
  waits(
    "scaling up",
    [asDeployer(kubectl("scale", "deployment/app", ...inWeb, "--replicas", "3"))],
    "three Pods",
    ready("deployment/app", 3),
  ),
  waits(
    "an update to the previous release",
    [asDeployer(kubectl("set", "image", "deployment/app", ...inWeb, `main=${PREVIOUS}`))],
    "the new Pods",
    (cluster) => get(cluster, "deployment/app").status.updatedReplicas === 3 && ready("deployment/app", 3)(cluster),
  ),
  waits(
    "a rollback",
    [asDeployer(kubectl("rollout", "undo", "deployment/app", ...inWeb))],
    "the old Pods",
    (cluster) => {
      const { spec, status } = get(cluster, "deployment/app");
      return (
        spec.template.spec.containers[0].image === CURRENT && status.updatedReplicas === 3 && status.readyReplicas === 3
      );
    },
  ),
  waits(
    "scaling down",
    [asDeployer(kubectl("scale", "deployment/app", ...inWeb, "--replicas", "1"))],
    "one Pod",
    (cluster) => get(cluster, "deployment/app").status.replicas === 1,
  ),
  waits("a Job that completes", [asDeployer(create(job("once", CURRENT)))], "its end", done("once")),
  waits(
    "a Job of a CronJob",
    [
      asDeployer(create(cronJob("nightly", CURRENT))),
      asDeployer(kubectl("create", "job", "now", ...inWeb, "--from", "cronjob/nightly")),
    ],
    "its end",
    done("now"),
  ),
  waits("the completion of a Job whose image has left the list", [], "its end", done("kept")),
  waits(
    "a finalizer that is taken off a Pod whose image has left the list",
    [
      kubectl("delete", "pod", "kept", ...inWeb, "--wait=false"),
      patch("pod/kept", { metadata: { finalizers: null } }, "--type", "merge"),
    ],
    "its end",
    (cluster) => !names(cluster).includes("kept"),
  ),
  does("a label on a Pod whose image has left the list", kubectl("label", "pod", "leaves", ...inWeb, "seen=yes")),
  does(
    "the status of a Pod whose image has left the list",
    patch("pod/leaves", { status: { message: "well" } }, "--subresource", "status"),
  ),
  does("another image for such a Pod, that is listed", patch("pod/leaves", containers(CURRENT))),
  does(
    "a Deployment whose image has left the list, changed in another way",
    asDeployer(kubectl("annotate", "deployment", "kept", ...inWeb, "seen=yes")),
  ),
  waits(
    "scaling such a Deployment down",
    [asDeployer(kubectl("scale", "deployment/kept", ...inWeb, "--replicas", "0"))],
    "no Pod",
    (cluster) => (get(cluster, "deployment/kept").status.replicas ?? 0) === 0,
  ),
  does("suspending such a CronJob", asDeployer(patch("cronjob/kept", { spec: { suspend: true } }))),
  waits(
    "deleting what has left the list",
    [asDeployer(kubectl("delete", "deployment/kept", "job/kept", "cronjob/kept", ...inWeb))],
    "its end",
    (cluster) => !names(cluster).some((name) => name.startsWith("kept")),
  ),
  does(
    "a debug container whose image is listed",
    kubectl("debug", "digest", ...inWeb, "--image", CURRENT, "--profile", "general"),
  ),
  does("an update of a running Pod to the previous release", asDeployer(patch("pod/digest", containers(PREVIOUS)))),
  waits(
    "draining a node",
    [
      kubectl("drain", "simulated", "--ignore-daemonsets", "--force", "--pod-selector", "app=app", "--timeout", "60s"),
      kubectl("uncordon", "simulated"),
    ],
    "a new Pod",
    ready("deployment/app", 1),
  ),
  does(
    "an add-on of the cluster's own, by its tag",
    create(workload("DaemonSet", "proxy", "registry.k8s.io/kube-proxy:v1.36.0", { namespace: "kube-system" })),
  ),
  waits(
    "and its Pods",
    [],
    "they run",
    (cluster) => get(cluster, "daemonset/proxy", "kube-system").status.numberReady === 1,
  ),
  does(
    "a session that a spawner starts at run time",
    kubectl("create", "serviceaccount", "spawner", "--namespace", SESSIONS),
    kubectl(
      "create",
      "rolebinding",
      "spawner",
      "--clusterrole",
      "edit",
      "--serviceaccount",
      `${SESSIONS}:spawner`,
      "--namespace",
      SESSIONS,
    ),
    {
      ...create(pod("ada", image("lab 2.0.0"), { namespace: SESSIONS })),
      args: [...create().args, "--as", `system:serviceaccount:${SESSIONS}:spawner`],
    },
  ),
  does(
    "a session of the release that users fall back on",
    create(pod("grace", image("lab 1.9.0"), { namespace: SESSIONS })),
  ),
  does(
    "ConfigMaps, Secrets and Services",
    asDeployer(kubectl("create", "configmap", "settings", ...inWeb)),
    asDeployer(kubectl("create", "secret", "generic", "token", ...inWeb)),
    asDeployer(kubectl("create", "service", "clusterip", "web", ...inWeb, "--tcp", "80")),
  ),
  does(
    "a quota and a label of the deployer's own namespace",
    asDeployer(kubectl("create", "quota", "imprimatur", ...inWeb, "--hard", "pods=100")),
    asDeployer(kubectl("label", "namespace", WEB, "seen=yes")),
  ),
  does(
    "a namespace of the stack that is made anew, by its deployer",
    asDeployer(kubectl("delete", "namespace", "store")),
    asDeployer(kubectl("create", "namespace", "store")),
  ),
  does("a dry run", asDeployer({ ...create(pod("dry", CURRENT)), args: [...create().args, "--dry-run=server"] })),
  does(
    "a PodTemplate and a ReplicationController",
    create(
      {
        apiVersion: "v1",
        kind: "PodTemplate",
        metadata: { name: "t", namespace: WEB },
        template: { spec: podSpec(CURRENT) },
      },
      workload("ReplicationController", "rc", CURRENT),
    ),
  ),
];

function names(cluster: ApiServer): string[] {
  return cluster.get("pods", ...inWeb).items.map(({ metadata }: { metadata: { name: string } }) => metadata.name);
}
