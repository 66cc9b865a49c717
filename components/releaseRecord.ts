import { ConfigMap } from "@pulumi/kubernetes/core/v1/configMap.js";
import { ComponentResource, type ComponentResourceOptions } from "@pulumi/pulumi";
import { MANAGED_BY } from "./labels.ts";

export interface ReleaseRecordArgs {
  /** Name of the module; the ConfigMap has it, with an ending. */
  module: string;
  /** Namespace of the module, which must be there. */
  namespace: string;
  /** Version of its release. */
  version: string;
  /** SHA-256 of the release manifest: `sha256:…`. */
  manifestDigest: string;
  /** The blessing that it runs on. None where the environment asks for none. */
  blessing?: Blessing | undefined;
}

interface Blessing {
  /** SHA-256 of the blessing's file: `sha256:…`. */
  digest: string;
  /** Id of who blessed it. */
  by: string;
  /** When, RFC 3339. */
  at: string;
}

/**
 * What was released here, for whoever looks into the cluster: a ConfigMap `<module>.release` with `module`, `version`,
 * `manifestDigest` and, where there is one, `blessing`, `blessedBy` and `blessedAt`. It is made once the release is ready.
 */
export class ReleaseRecord extends ComponentResource {
  /** @internal */
  static readonly __pulumiType = "imprimatur:release:ReleaseRecord";

  constructor(name: string, args: ReleaseRecordArgs, opts: ComponentResourceOptions = {}) {
    super(ReleaseRecord.__pulumiType, name, args, opts);

    const { module, namespace, version, manifestDigest, blessing } = args;
    const labels = { ...MANAGED_BY, "imprimatur.dev/module": module, "imprimatur.dev/record": "release" };
    const blessed = blessing && { blessing: blessing.digest, blessedBy: blessing.by, blessedAt: blessing.at };
    new ConfigMap(
      name,
      // A dot keeps it apart from what a module is published in.
      {
        metadata: { name: `${module}.release`, namespace, labels },
        data: { module, version, manifestDigest, ...blessed },
      },
      // The component's own dependsOn delays its children, but is not recorded as theirs: destroying would not know it.
      { parent: this, ...(opts.dependsOn === undefined ? {} : { dependsOn: opts.dependsOn }) },
    );

    this.registerOutputs({});
  }
}
