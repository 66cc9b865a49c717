import { Namespace } from "@pulumi/kubernetes/core/v1/namespace.js";
import { ResourceQuota } from "@pulumi/kubernetes/core/v1/resourceQuota.js";
import { ComponentResource, type ComponentResourceOptions } from "@pulumi/pulumi";
import { MANAGED_BY } from "./labels.ts";

export interface EnvironmentArgs {
  /** Name of the stack, such as `staging`. A stack is one environment. */
  stack: string;
  /** Environment class: `bleed`, `dev`, `staging` or `prod`. */
  class: string;
  /** Names of the namespaces that modules run in. */
  namespaces: string[];
  /** Hard limits of each namespace, as Kubernetes writes quantities: `{ pods: 500, "requests.memory": "1Ti" }`. None if empty. */
  quota: Record<string, string | number>;
  /** Whether deleting a namespace, and with it all that is in it, is refused. */
  protect: boolean;
}

/** The namespaces of one environment, each with the same quota. */
export class Environment extends ComponentResource {
  /** @internal */
  static readonly __pulumiType = "imprimatur:environment:Environment";

  /** By name of the namespace. */
  readonly namespaces: ReadonlyMap<string, Namespace>;

  constructor(name: string, args: EnvironmentArgs, opts?: ComponentResourceOptions) {
    super(Environment.__pulumiType, name, args, opts);

    const labels = { ...MANAGED_BY, "imprimatur.dev/stack": args.stack, "imprimatur.dev/class": args.class };
    this.namespaces = new Map(
      args.namespaces.map((namespace) => [
        namespace,
        new Namespace(
          `${name}-${namespace}`,
          { metadata: { name: namespace, labels } },
          { parent: this, protect: args.protect },
        ),
      ]),
    );

    const hard = quantities(args.quota);
    if (Object.keys(hard).length > 0) {
      for (const [namespace, resource] of this.namespaces) {
        new ResourceQuota(
          `${name}-${namespace}`,
          { metadata: { name: "imprimatur", namespace, labels }, spec: { hard } },
          { parent: this, dependsOn: resource },
        );
      }
    }

    this.registerOutputs({ namespaces: args.namespaces });
  }
}

/** Kubernetes gives quantities back as strings, in order of their names: so are they sent. */
function quantities(quota: EnvironmentArgs["quota"]): Record<string, string> {
  return Object.fromEntries(
    Object.keys(quota)
      .sort()
      .map((key) => [key, String(quota[key])]),
  );
}
