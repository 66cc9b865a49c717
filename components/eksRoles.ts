import { Role } from "@pulumi/aws/iam/role.js";
import { RolePolicyAttachment } from "@pulumi/aws/iam/rolePolicyAttachment.js";
import { ComponentResource, type ComponentResourceOptions } from "@pulumi/pulumi";

export interface EksRolesArgs {
  /** Name of the role that the control plane acts in. */
  clusterRole: string;
  /** Name of the role that nodes act in. */
  nodeRole: string;
  /** Whether EKS Auto Mode makes the nodes, which asks for more of the control plane and for less of the nodes. */
  auto: boolean;
  /** `aws`, `aws-cn` or `aws-us-gov`. */
  partition: string;
}

/** What AWS asks of the roles, by its own managed policies. */
const CLUSTER_POLICIES = ["AmazonEKSClusterPolicy"];
const AUTO_CLUSTER_POLICIES = [
  ...CLUSTER_POLICIES,
  "AmazonEKSBlockStoragePolicy",
  "AmazonEKSComputePolicy",
  "AmazonEKSLoadBalancingPolicy",
  "AmazonEKSNetworkingPolicy",
];
const NODE_POLICIES = ["AmazonEC2ContainerRegistryPullOnly", "AmazonEKSWorkerNodePolicy", "AmazonEKS_CNI_Policy"];
const AUTO_NODE_POLICIES = ["AmazonEC2ContainerRegistryPullOnly", "AmazonEKSWorkerNodeMinimalPolicy"];

/** The two roles of an EKS cluster, each with no more than AWS asks for. */
export class EksRoles extends ComponentResource {
  /** @internal */
  static readonly __pulumiType = "imprimatur:cluster:EksRoles";

  readonly cluster: Role;
  readonly node: Role;
  /** What must be there before the roles are of use, and still be there when the cluster is taken away. */
  readonly attachments: readonly RolePolicyAttachment[];

  constructor(name: string, args: EksRolesArgs, opts?: ComponentResourceOptions) {
    super(EksRoles.__pulumiType, name, args, opts);

    const { auto, partition } = args;
    this.cluster = new Role(
      `${name}-cluster`,
      // Auto Mode tags the instances that it starts.
      {
        name: args.clusterRole,
        assumeRolePolicy: trust("eks", auto ? ["sts:AssumeRole", "sts:TagSession"] : ["sts:AssumeRole"]),
      },
      { parent: this },
    );
    this.node = new Role(
      `${name}-node`,
      { name: args.nodeRole, assumeRolePolicy: trust("ec2", ["sts:AssumeRole"]) },
      { parent: this },
    );
    const attach = (kind: string, role: Role, policies: readonly string[]) =>
      policies.map(
        (policy) =>
          new RolePolicyAttachment(
            `${name}-${kind}-${policy}`,
            { role: role.name, policyArn: `arn:${partition}:iam::aws:policy/${policy}` },
            { parent: this },
          ),
      );
    this.attachments = [
      ...attach("cluster", this.cluster, auto ? AUTO_CLUSTER_POLICIES : CLUSTER_POLICIES),
      ...attach("node", this.node, auto ? AUTO_NODE_POLICIES : NODE_POLICIES),
    ];

    this.registerOutputs({});
  }
}

/** Who may act in a role. Keys in a fixed order: any other would be a change. */
function trust(service: string, actions: readonly string[]): string {
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Principal: { Service: `${service}.amazonaws.com` }, Action: actions }],
  });
}
