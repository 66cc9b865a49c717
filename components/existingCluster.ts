import { Namespace } from "@pulumi/kubernetes/core/v1/namespace.js";
import type { Provider } from "@pulumi/kubernetes/provider.js";
import {
  ComponentResource,
  type ComponentResourceOptions,
  type Input,
  type Output,
  type Resource,
  RunError,
} from "@pulumi/pulumi";
import { isDryRun } from "@pulumi/pulumi/runtime/index.js";
import { kubernetesProvider } from "./kubernetesProvider.ts";

export interface ExistingClusterArgs {
  /** Context in the kubeconfig, such as `keel-dev`. That kubeconfig's current one by default. */
  context?: Input<string> | undefined;
  /** Path or content of the kubeconfig. `KUBECONFIG` or the usual place by default. */
  kubeconfig?: Input<string> | undefined;
  /** The cluster that the program runs in, as its service account; neither of the others is given then. */
  inCluster?: boolean | undefined;
  /** UID that the cluster's namespace `kube-system` must have: what tells this cluster from all others. Not checked by default. */
  uid?: string | undefined;
}

/** A Kubernetes cluster that exists already, and the provider that everything in it is made through. */
export class ExistingCluster extends ComponentResource {
  /** @internal */
  static readonly __pulumiType = "imprimatur:cluster:ExistingCluster";

  /** To be given to whatever is to stand in this cluster. */
  readonly provider: Provider;

  /**
   * What nothing in the cluster may be made before: it fails where the cluster is another one. It is there on an update
   * alone. A preview may run where the cluster cannot be reached, and what it would read there is no part of a plan.
   */
  readonly verified: readonly Output<Resource>[];

  constructor(name: string, args: ExistingClusterArgs, opts?: ComponentResourceOptions) {
    super(ExistingCluster.__pulumiType, name, args, opts);

    const { context, inCluster, uid } = args;
    const kubeconfig = inCluster ? JSON.stringify(IN_CLUSTER) : args.kubeconfig;
    this.provider = kubernetesProvider(
      name,
      { ...(context === undefined ? {} : { context }), ...(kubeconfig === undefined ? {} : { kubeconfig }) },
      { parent: this },
    );
    this.verified = uid === undefined || isDryRun() ? [] : [this.#verify(`${name}-identity`, uid)];

    this.registerOutputs({});
  }

  #verify(name: string, uid: string): Output<Resource> {
    const system = Namespace.get(name, "kube-system", { parent: this, provider: this.provider });
    return system.metadata.apply(({ uid: found }): Resource => {
      if (found === uid) return system;
      const error = new RunError(
        `this is not the cluster that trust names for the stack: its kube-system has the UID ${found}, not ${uid}. Nothing was changed in it.`,
      );
      // The engine prints the stack of an error in an Output, and the place in this program is no help.
      error.stack = error.message;
      throw error;
    });
  }
}

/** Where Kubernetes puts what a Pod needs to speak with its own cluster. */
const SERVICE_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount";

/** Says outright what a client would also find by itself if it found no kubeconfig before. */
const IN_CLUSTER = {
  apiVersion: "v1",
  kind: "Config",
  clusters: [
    {
      name: "own",
      cluster: { server: "https://kubernetes.default.svc", "certificate-authority": `${SERVICE_ACCOUNT}/ca.crt` },
    },
  ],
  users: [{ name: "own", user: { tokenFile: `${SERVICE_ACCOUNT}/token` } }],
  contexts: [{ name: "own", context: { cluster: "own", user: "own" } }],
  "current-context": "own",
};
