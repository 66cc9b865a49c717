import { ConfigMap } from "@pulumi/kubernetes/core/v1/configMap.js";
import { ComponentResource, type ComponentResourceOptions } from "@pulumi/pulumi";
import { MANAGED_BY } from "./labels.ts";

export interface FlagConfigArgs {
  /** Name of the module whose flags they are. */
  module: string;
  /** Namespace that the module runs in, which must be there. */
  namespace: string;
  /** Name of the ConfigMap. Another name for other data, since Pods only read it when they start. */
  configMap: string;
  /** By name of the environment variable: `true`, `false`, `percentage:25` or `sites:<site>@<last day>,…`. */
  data: Record<string, string>;
}

/** The feature flags of a module, as environment variables of its Pods. */
export class FlagConfig extends ComponentResource {
  /** @internal */
  static readonly __pulumiType = "imprimatur:release:FlagConfig";

  /** The ConfigMap, to be there before the Pods that name it. */
  readonly configMap: ConfigMap;

  constructor(name: string, args: FlagConfigArgs, opts: ComponentResourceOptions = {}) {
    super(FlagConfig.__pulumiType, name, args, opts);

    this.configMap = new ConfigMap(
      name,
      {
        metadata: { name: args.configMap, namespace: args.namespace, labels: { ...MANAGED_BY } },
        // What Pods were started with stays what they were started with.
        immutable: true,
        data: args.data,
      },
      // The component's own dependsOn delays its children, but is not recorded as theirs: destroying would not know it.
      { parent: this, ...(opts.dependsOn === undefined ? {} : { dependsOn: opts.dependsOn }) },
    );

    this.registerOutputs({ configMap: args.configMap });
  }
}
