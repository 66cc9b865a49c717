import { Provider } from "@pulumi/kubernetes/provider.js";
import { ComponentResource, type ComponentResourceOptions, type Input } from "@pulumi/pulumi";

export interface ClusterArgs {
  /** Context in the kubeconfig, such as `keel-dev`. Never the current one: which cluster is meant stands in the program. */
  context: Input<string>;
  /** Path or content of the kubeconfig. `KUBECONFIG` or the usual place by default. */
  kubeconfig?: Input<string> | undefined;
}

/** A Kubernetes cluster that exists already, and the provider that everything in it is made through. */
export class Cluster extends ComponentResource {
  /** @internal */
  static readonly __pulumiType = "imprimatur:cluster:Cluster";

  /** To be given to whatever is to stand in this cluster. */
  readonly provider: Provider;

  constructor(name: string, args: ClusterArgs, opts?: ComponentResourceOptions) {
    super(Cluster.__pulumiType, name, args, opts);

    this.provider = new Provider(
      name,
      {
        ...args,
        enableServerSideApply: true,
        // Without it, changing a ConfigMap deletes it first: a session that starts in between would find none.
        enableConfigMapMutable: true,
      },
      { parent: this },
    );

    this.registerOutputs({ context: args.context });
  }
}
