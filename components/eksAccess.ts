import { AccessEntry } from "@pulumi/aws/eks/accessEntry.js";
import { AccessPolicyAssociation } from "@pulumi/aws/eks/accessPolicyAssociation.js";
import { ComponentResource, type ComponentResourceOptions, type Input } from "@pulumi/pulumi";

export interface EksAccessArgs {
  /** Name of the cluster. */
  cluster: Input<string>;
  /** `aws`, `aws-cn` or `aws-us-gov`. */
  partition: string;
  /** ARN of the role that applies the stack. */
  deployer: string;
  /**
   * The group that the deployer is in, in the cluster's own eyes. What it may do beyond its namespaces (make them, for
   * one) the admission gate's stack grants to this group: an access policy of EKS for it would also open the gate's own
   * namespace.
   */
  deployersGroup: string;
  /** ARN of the role that applies the admission gate. */
  gateKeeper: string;
  /** ARN of the role of whoever looks. */
  viewer: string;
  /** ARN of the role for when nothing else helps. */
  breakGlass: string;
  /** Namespaces that the deployer works in. */
  namespaces: string[];
}

interface Access {
  readonly principalArn: string;
  /** Access policy of EKS. */
  readonly policy: string;
  readonly groups?: string[];
  /** Everywhere by default. */
  readonly namespaces?: string[];
}

/** Who may do what in an EKS cluster, by access entries: nobody is let in by having made it, or by a ConfigMap. */
export class EksAccess extends ComponentResource {
  /** @internal */
  static readonly __pulumiType = "imprimatur:cluster:EksAccess";

  constructor(name: string, args: EksAccessArgs, opts?: ComponentResourceOptions) {
    super(EksAccess.__pulumiType, name, args, opts);

    for (const [who, { principalArn, policy, groups, namespaces }] of Object.entries(accessOf(args))) {
      const entry = new AccessEntry(
        `${name}-${who}`,
        {
          clusterName: args.cluster,
          principalArn,
          type: "STANDARD",
          ...(groups === undefined ? {} : { kubernetesGroups: groups }),
        },
        { parent: this },
      );
      new AccessPolicyAssociation(
        `${name}-${who}`,
        {
          clusterName: args.cluster,
          principalArn,
          policyArn: `arn:${args.partition}:eks::aws:cluster-access-policy/${policy}`,
          accessScope: namespaces === undefined ? { type: "cluster" } : { type: "namespace", namespaces },
        },
        { parent: this, dependsOn: entry },
      );
    }

    this.registerOutputs({});
  }
}

function accessOf(args: EksAccessArgs): Readonly<Record<string, Access>> {
  return {
    "break-glass": { principalArn: args.breakGlass, policy: "AmazonEKSClusterAdminPolicy" },
    deployer: {
      principalArn: args.deployer,
      policy: "AmazonEKSAdminPolicy",
      groups: [args.deployersGroup],
      namespaces: args.namespaces,
    },
    "gate-keeper": { principalArn: args.gateKeeper, policy: "AmazonEKSClusterAdminPolicy" },
    // Not AmazonEKSAdminViewPolicy, which shows Secrets.
    viewer: { principalArn: args.viewer, policy: "AmazonEKSViewPolicy" },
  };
}
