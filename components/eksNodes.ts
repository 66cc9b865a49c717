import { NodeGroup } from "@pulumi/aws/eks/nodeGroup.js";
import { ComponentResource, type ComponentResourceOptions, type Input } from "@pulumi/pulumi";

/** One group of nodes that are alike. */
export interface EksNodeGroup {
  /** What the settings call it, such as `general`; a label on its nodes. */
  key: string;
  /** Its name in AWS. */
  name: string;
  instanceTypes: string[];
  /** How many nodes there are at least, to begin with, and at most. */
  min: number;
  desired: number;
  max: number;
  /** Disk of each node, in GiB. */
  diskGb: number;
  /** Operating system and architecture, as EKS calls it: `BOTTLEROCKET_x86_64`. */
  image: string;
}

export interface EksNodesArgs {
  /** Name of the cluster. */
  cluster: Input<string>;
  /** Version of Kubernetes that the nodes run. */
  version: string;
  /** ARN of the role that nodes act in. */
  roleArn: Input<string>;
  /** Subnets to put them in. */
  subnetIds: Input<Input<string>[]>;
  groups: EksNodeGroup[];
}

/** The managed node groups of an EKS cluster. */
export class EksNodes extends ComponentResource {
  /** @internal */
  static readonly __pulumiType = "imprimatur:cluster:EksNodes";

  constructor(name: string, args: EksNodesArgs, opts: ComponentResourceOptions = {}) {
    super(EksNodes.__pulumiType, name, args, opts);

    for (const { key, name: nodeGroupName, instanceTypes, min, desired, max, diskGb, image } of args.groups) {
      new NodeGroup(
        `${name}-${key}`,
        {
          clusterName: args.cluster,
          nodeGroupName,
          version: args.version,
          nodeRoleArn: args.roleArn,
          subnetIds: args.subnetIds,
          instanceTypes,
          amiType: image,
          capacityType: "ON_DEMAND",
          diskSize: diskGb,
          scalingConfig: { minSize: min, desiredSize: desired, maxSize: max },
          updateConfig: { maxUnavailable: 1 },
          labels: { "imprimatur.dev/nodes": key },
        },
        {
          parent: this,
          // The component's own dependsOn delays its children, but is not recorded as theirs.
          ...(opts.dependsOn === undefined ? {} : { dependsOn: opts.dependsOn }),
          // An autoscaler decides on it, once there is one.
          ignoreChanges: ["scalingConfig.desiredSize"],
        },
      );
    }

    this.registerOutputs({});
  }
}
