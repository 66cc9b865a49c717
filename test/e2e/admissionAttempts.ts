import { type Attempt, attempt, deployer, INVALID, NO_LIST } from "./admissionAttempt.ts";
import {
  CURRENT,
  create,
  cronJob,
  DEPLOYER,
  digestOf,
  image,
  job,
  PREVIOUS,
  pod,
  podSpec,
  STORE,
  UNLISTED,
  WEB,
  workload,
} from "./admissionCluster.ts";

const hex = digestOf("web 1.1.0").replace("sha256:", "");
const repository = "registry.test/app/web";

const patch = (kind: string, name: string, text: string, ...more: readonly string[]) =>
  deployer("patch", kind, name, "--namespace", WEB, "--patch", text, ...more);
const containers = (imageName: string) => ({ spec: { containers: [{ name: "main", image: imageName }] } });
const template = (imageName: string) => JSON.stringify({ spec: { template: containers(imageName) } });

/** How the image is written: each as the only container of a Pod. */
const REFERENCES: readonly [name: string, image: string, refusal?: RegExp][] = [
  ["a tag only", `${repository}:1.1.0`],
  ["neither tag nor digest", repository],
  ["the tag latest", `${repository}:latest`],
  ["a digest that is on no list", UNLISTED],
  ["a listed version's tag with another digest", `${repository}:1.1.0@${digestOf("web 1.2.0-edge.1")}`],
  ["a digest of nothing", `${repository}@sha256:${"0".repeat(64)}`],
  ["another registry with the same digest", `registry.evil/app/web@sha256:${hex}`],
  ["another port with the same digest", `registry.test:5000/app/web@sha256:${hex}`],
  ["another repository with the same digest", `registry.test/app/evil@sha256:${hex}`],
  ["a repository below it with the same digest", `${repository}/evil@sha256:${hex}`],
  ["a short name with the same digest", `web@sha256:${hex}`],
  ["the registry in capitals", `REGISTRY.TEST/app/web@sha256:${hex}`],
  ["the digest in capitals", `${repository}@sha256:${hex.toUpperCase()}`],
  ["a digest cut short", `${repository}@sha256:${hex.slice(0, -1)}`],
  ["a digest with more behind it", `${repository}@sha256:${hex}0`],
  ["another kind of digest", `${repository}@sha512:${hex}${hex}`],
  ["a digest as a tag", `${repository}:sha256-${hex}`],
  ["two digests, the listed one last", `${repository}@${digestOf("web 1.2.0-edge.1")}@sha256:${hex}`],
  ["two digests, the listed one first", `${repository}@sha256:${hex}@${digestOf("web 1.2.0-edge.1")}`],
  ["white space in front of it", ` ${CURRENT}`, INVALID],
  ["a line break behind it", `${CURRENT}\n`, INVALID],
  ["no image at all", "", INVALID],
  ["an image of another namespace", image("store 1.0.0")],
  ["a waiver that has run out", image("web 0.9.0")],
];

/** Where the image stands in a Pod whose main container is as it must be. */
const PLACES: readonly [name: string, spec: object, refusal?: RegExp][] = [
  ["an init container", { initContainers: [{ name: "init", image: UNLISTED }] }],
  ["a sidecar", { initContainers: [{ name: "side", image: UNLISTED, restartPolicy: "Always" }] }],
  ["a second container", { containers: [...podSpec(CURRENT).containers, { name: "two", image: UNLISTED }] }],
  ["an ephemeral container from the start", { ephemeralContainers: [{ name: "debug", image: UNLISTED }] }, INVALID],
  ["an image volume", { volumes: [{ name: "data", image: { reference: UNLISTED } }] }],
  ["an image volume by its tag", { volumes: [{ name: "data", image: { reference: `${repository}:1.1.0` } }] }],
];

/** Kinds that bring Pods with them. */
const KINDS: readonly object[] = [
  ...["Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "ReplicationController"].map((kind) =>
    workload(kind, "bad", UNLISTED),
  ),
  job("bad", UNLISTED),
  cronJob("bad", UNLISTED),
  {
    apiVersion: "v1",
    kind: "PodTemplate",
    metadata: { name: "bad", namespace: WEB },
    template: { spec: podSpec(UNLISTED) },
  },
];

const mirror = { annotations: { "kubernetes.io/config.mirror": "x", "kubernetes.io/config.source": "file" } };
const asController = ["--as", `system:serviceaccount:${WEB}:controller`, "--as-group", "system:masters"];
const GOOD = ["pod/good", "deployment/good"];

/** Attempts by an image. The cluster has the Pod and the workloads `good`, and the Deployment `old` of before it had a gate. */
export const IMAGE_ATTEMPTS: readonly Attempt[] = [
  ...REFERENCES.map(([name, imageName, refusal]) =>
    attempt(`a Pod by ${name}`, { ...create(pod("bad", imageName)), args: [...create().args, ...DEPLOYER] }, refusal),
  ),
  ...PLACES.map(([name, spec, refusal]) =>
    attempt(`a Pod with ${name}`, create(pod("bad", CURRENT, { spec })), refusal),
  ),
  ...KINDS.map((object) => attempt(`a ${(object as { kind: string }).kind}`, create(object))),
  attempt("a List of Pods", create({ apiVersion: "v1", kind: "List", items: [pod("bad", UNLISTED)] })),
  attempt("kubectl run", deployer("run", "bad", "--namespace", WEB, "--image", UNLISTED)),
  attempt("server-side apply", { args: ["apply", "--server-side", "--filename", "-"], input: [pod("bad", UNLISTED)] }),
  attempt("a Pod that looks like a static one", create(pod("bad", UNLISTED, { metadata: mirror }))),
  attempt("a Pod that a custom controller makes", {
    ...create(pod("bad", UNLISTED)),
    args: [...create().args, ...asController],
  }),
  attempt("a Pod made by the cluster's administrator", create(pod("bad", UNLISTED))),
  attempt("a Pod in the gate's own namespace", create(pod("bad", CURRENT, { namespace: "imprimatur-gate" })), NO_LIST),
  attempt("a Pod in the namespace default", create(pod("bad", CURRENT, { namespace: "default" })), NO_LIST),
  attempt("a Pod in a namespace that nobody has listed", create(pod("bad", CURRENT, { namespace: "stray" })), NO_LIST),
  attempt(
    "a namespace that takes the name of an exempt one by its label",
    create(pod("bad", CURRENT, { namespace: "forged" })),
    NO_LIST,
  ),
  attempt("a namespace that is labelled as exempt", create(pod("bad", CURRENT, { namespace: "labelled" })), NO_LIST),
  attempt(
    "a Deployment in a namespace without a list",
    create(workload("Deployment", "bad", CURRENT, { namespace: "stray" })),
    NO_LIST,
  ),

  ...GOOD.map((what) =>
    attempt(`kubectl set image of ${what}`, deployer("set", "image", what, "--namespace", WEB, `main=${UNLISTED}`)),
  ),
  attempt("a merge patch of a running Pod", patch("pod", "good", JSON.stringify(containers(UNLISTED)))),
  attempt(
    "a JSON patch of a running Pod",
    patch(
      "pod",
      "good",
      JSON.stringify([{ op: "replace", path: "/spec/containers/0/image", value: UNLISTED }]),
      "--type",
      "json",
    ),
  ),
  attempt(
    "an update of a running Pod to a waived image",
    patch("pod", "good", JSON.stringify(containers(image("web 0.8.0")))),
  ),
  attempt("an ephemeral container in a running Pod", {
    args: ["debug", "good", "--namespace", WEB, "--image", UNLISTED, "--profile", "general"],
  }),
  attempt("an ephemeral container by a patch of the subresource", {
    args: [
      ...["patch", "pod", "good", "--namespace", WEB, "--subresource", "ephemeralcontainers", "--patch"],
      JSON.stringify({ spec: { ephemeralContainers: [{ name: "debug", image: UNLISTED }] } }),
    ],
  }),
  ...["deployment", "statefulset", "daemonset"].map((kind) =>
    attempt(`a patch of a ${kind}`, patch(kind, "good", template(UNLISTED))),
  ),
  attempt(
    "a patch of a Deployment's init containers",
    patch(
      "deployment",
      "good",
      JSON.stringify({ spec: { template: { spec: { initContainers: [{ name: "init", image: UNLISTED }] } } } }),
    ),
  ),
  attempt(
    "a patch of a CronJob",
    patch("cronjob", "good", JSON.stringify({ spec: { jobTemplate: { spec: { template: containers(UNLISTED) } } } })),
  ),
  attempt(
    "a rollback to what ran before the gate",
    deployer("rollout", "undo", "deployment/old", "--namespace", WEB, "--to-revision", "1"),
  ),
  attempt(
    "a delisted image that moves to another container",
    patch(
      "deployment",
      "old",
      JSON.stringify({ spec: { template: { spec: { containers: [{ name: "more", image: UNLISTED }] } } } }),
    ),
  ),

  attempt(
    "an image of the namespace beside it, at its previous version",
    create(pod("bad", PREVIOUS, { namespace: STORE })),
  ),
];
