import { attempt, deployer, GUARD, NO_RIGHT } from "./admissionAttempt.ts";
import { ADDONS, create, DEPLOYER, pod, UNLISTED, WEB } from "./admissionCluster.ts";

const ownList = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: WEB, namespace: "imprimatur-gate" } };
/** Attempts of a deployer to change what refuses, or to get past it. */
export const RIGHTS_ATTEMPTS = [
  ...[`${WEB}`, "no.list"].map((list) =>
    attempt(
      `a change to the list ${list}`,
      deployer("patch", "configmap", list, "--namespace", "imprimatur-gate", "--patch", '{"data":{}}'),
      NO_RIGHT,
    ),
  ),
  attempt("deleting a list", deployer("delete", "configmap", WEB, "--namespace", "imprimatur-gate"), NO_RIGHT),
  attempt("making a list", { ...create(ownList), args: [...create().args, ...DEPLOYER] }, NO_RIGHT),
  attempt(
    "deleting the binding",
    deployer("delete", "validatingadmissionpolicybinding", "imprimatur-images-web"),
    NO_RIGHT,
  ),
  attempt(
    "turning the binding to warn",
    deployer(
      "patch",
      "validatingadmissionpolicybinding",
      "imprimatur-images-web",
      "--type",
      "merge",
      "--patch",
      '{"spec":{"validationActions":["Warn"]}}',
    ),
    NO_RIGHT,
  ),
  attempt("deleting the policy", deployer("delete", "validatingadmissionpolicy", "imprimatur-images"), NO_RIGHT),
  attempt("deleting the gate's namespace", deployer("delete", "namespace", "imprimatur-gate"), NO_RIGHT),
  attempt("relabelling a namespace of others", deployer("label", "namespace", "kube-system", "a=b"), NO_RIGHT),
  attempt(
    "a right in the gate's namespace",
    deployer(
      "create",
      "rolebinding",
      "mine",
      "--clusterrole",
      "admin",
      "--user",
      "deployer",
      "--namespace",
      "imprimatur-gate",
    ),
    NO_RIGHT,
  ),
  attempt(
    "a right over the cluster",
    deployer("create", "clusterrolebinding", "mine", "--clusterrole", "cluster-admin", "--user", "deployer"),
    NO_RIGHT,
  ),
  attempt(
    "a wider role",
    deployer("patch", "clusterrole", "imprimatur:deployers", "--patch", '{"rules":[]}'),
    NO_RIGHT,
  ),
  attempt(
    "a role in its own namespace that reaches further",
    deployer("create", "role", "mine", "--namespace", WEB, "--verb", "*", "--resource", "nodes"),
    /is attempting to grant RBAC permissions not currently held/,
  ),
  attempt(
    "a webhook that changes Pods after they were judged",
    {
      ...create({
        apiVersion: "admissionregistration.k8s.io/v1",
        kind: "MutatingWebhookConfiguration",
        metadata: { name: "mine" },
      }),
      args: [...create().args, ...DEPLOYER],
    },
    NO_RIGHT,
  ),
  attempt("making an exempt namespace that is not there yet", deployer("create", "namespace", ADDONS), GUARD),
  attempt("making a namespace of one's own", deployer("create", "namespace", "mine"), GUARD),
  attempt(
    "a quota that starves others",
    deployer("create", "quota", "mine", "--hard", "pods=0", "--namespace", "kube-system"),
    GUARD,
  ),
  attempt(
    "a Pod in an exempt namespace",
    { ...create(pod("bad", UNLISTED, { namespace: "kube-system" })), args: [...create().args, ...DEPLOYER] },
    NO_RIGHT,
  ),
];
