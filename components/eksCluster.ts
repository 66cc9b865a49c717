import { LogGroup } from "@pulumi/aws/cloudwatch/logGroup.js";
import { Addon } from "@pulumi/aws/eks/addon.js";
import { Cluster } from "@pulumi/aws/eks/cluster.js";
import { PodIdentityAssociation } from "@pulumi/aws/eks/podIdentityAssociation.js";
import { Alias } from "@pulumi/aws/kms/alias.js";
import { Key } from "@pulumi/aws/kms/key.js";
import type { Provider } from "@pulumi/kubernetes/provider.js";
import {
  ComponentResource,
  type ComponentResourceOptions,
  type Input,
  type Output,
  type Resource,
} from "@pulumi/pulumi";
import { EksAccess, type EksAccessArgs } from "./eksAccess.ts";
import { eksKubeconfig } from "./eksKubeconfig.ts";
import { type EksNodeGroup, EksNodes } from "./eksNodes.ts";
import { EksRoles, type EksRolesArgs } from "./eksRoles.ts";
import { kubernetesProvider } from "./kubernetesProvider.ts";

export interface EksClusterArgs {
  /** Name of the cluster. */
  clusterName: string;
  /** Version of Kubernetes, such as `1.35`. */
  version: string;
  /** `standard` or `extended`: whether the version may be kept when it costs more. */
  support: string;
  /** Such as `us-west-2`. */
  region: string;
  /** Names of its roles, whether EKS Auto Mode makes the nodes, and the partition. */
  roles: EksRolesArgs;
  /** Node groups; empty in Auto Mode. */
  nodeGroups: EksNodeGroup[];
  /** Private subnets for control plane and nodes. */
  subnetIds: Input<Input<string>[]>;
  /** Addresses of Kubernetes services. */
  serviceCidr: string;
  /** Ranges from which the API server can be reached over the internet; empty for none, and inside the network alone. */
  publicCidrs: string[];
  /** Who may do what. */
  access: Omit<EksAccessArgs, "cluster" | "partition">;
  /** EKS add-ons, each with its version. */
  addons: Record<string, string>;
  /** IAM roles that Pods get through their service account. */
  podIdentities: { namespace: string; serviceAccount: string; role: string }[];
  /** Days that the control plane's logs are kept. */
  logDays: number;
  /** Whether deleting or replacing the cluster and its key is refused, by Pulumi and by AWS. */
  protect: boolean;
}

const LOG_TYPES = ["api", "audit", "authenticator", "controllerManager", "scheduler"];
/** The node pools that Auto Mode brings along. */
const NODE_POOLS = ["general-purpose", "system"];
/** Without these a node does not get ready; the other add-ons need nodes to run on. */
const BEFORE_NODES = new Set(["eks-pod-identity-agent", "kube-proxy", "vpc-cni"]);
/** The longest that KMS gives to change one's mind. */
const KEY_DELETION_DAYS = 30;

/** A Kubernetes cluster on Amazon EKS, and the provider that everything in it is made through. */
export class EksCluster extends ComponentResource {
  /** @internal */
  static readonly __pulumiType = "imprimatur:cluster:EksCluster";

  /** To be given to whatever is to stand in this cluster. */
  readonly provider: Provider;
  readonly cluster: Cluster;
  readonly roles: EksRoles;
  /** Gets a token from AWS for whoever uses it; holds none itself. Secret all the same: it says where the cluster is. */
  readonly kubeconfig: Output<string>;

  constructor(name: string, args: EksClusterArgs, opts?: ComponentResourceOptions) {
    super(EksCluster.__pulumiType, name, args, opts);

    const child = { parent: this };
    this.roles = new EksRoles(name, args.roles, child);
    const key = this.#key(name, args);
    // EKS would make it, and keep its logs for ever.
    const logs = new LogGroup(
      name,
      { name: `/aws/eks/${args.clusterName}/cluster`, retentionInDays: args.logDays },
      child,
    );
    this.cluster = this.#cluster(name, args, key, [logs, ...this.roles.attachments]);

    const cluster = this.cluster.name;
    const { partition } = args.roles;
    const access = new EksAccess(name, { ...args.access, cluster, partition }, child);
    const ready = [access, ...this.#nodes(name, args)];
    for (const { namespace, serviceAccount, role } of args.podIdentities) {
      const identity = { clusterName: cluster, namespace, serviceAccount, roleArn: role };
      new PodIdentityAssociation(`${name}-${namespace}-${serviceAccount}`, identity, child);
    }

    this.kubeconfig = eksKubeconfig(this.cluster, args.region);
    this.provider = kubernetesProvider(name, { kubeconfig: this.kubeconfig }, { ...child, dependsOn: ready });

    this.registerOutputs({ clusterName: args.clusterName });
  }

  #key(name: string, { clusterName, protect }: EksClusterArgs): Key {
    const key = new Key(
      name,
      { description: `Secrets of ${clusterName}`, enableKeyRotation: true, deletionWindowInDays: KEY_DELETION_DAYS },
      { parent: this, protect },
    );
    new Alias(name, { name: `alias/${clusterName}`, targetKeyId: key.keyId }, { parent: this });
    return key;
  }

  #cluster(name: string, args: EksClusterArgs, key: Key, dependsOn: Resource[]): Cluster {
    const { protect, publicCidrs } = args;
    const { auto } = args.roles;
    return new Cluster(
      name,
      {
        name: args.clusterName,
        version: args.version,
        roleArn: this.roles.cluster.arn,
        // Who makes the cluster is no more than the access entries say.
        accessConfig: { authenticationMode: "API", bootstrapClusterCreatorAdminPermissions: false },
        // Versions of add-ons are pinned, so none comes by itself.
        bootstrapSelfManagedAddons: false,
        computeConfig: auto
          ? { enabled: true, nodePools: NODE_POOLS, nodeRoleArn: this.roles.node.arn }
          : { enabled: false },
        storageConfig: { blockStorage: { enabled: auto } },
        kubernetesNetworkConfig: {
          ipFamily: "ipv4",
          serviceIpv4Cidr: args.serviceCidr,
          elasticLoadBalancing: { enabled: auto },
        },
        vpcConfig: {
          subnetIds: args.subnetIds,
          endpointPrivateAccess: true,
          endpointPublicAccess: publicCidrs.length > 0,
          ...(publicCidrs.length > 0 ? { publicAccessCidrs: publicCidrs } : {}),
        },
        encryptionConfig: { provider: { keyArn: key.arn }, resources: ["secrets"] },
        enabledClusterLogTypes: LOG_TYPES,
        upgradePolicy: { supportType: args.support.toUpperCase() },
        deletionProtection: protect,
      },
      { parent: this, dependsOn, protect },
    );
  }

  /** Add-ons and nodes, each after what it needs; returns what must be there for Pods to run. */
  #nodes(name: string, args: EksClusterArgs): Resource[] {
    const declare = (names: readonly string[], dependsOn: Resource[]) =>
      names.map((addonName) => {
        const addonVersion = args.addons[addonName] ?? "";
        const inputs = { clusterName: this.cluster.name, addonName, addonVersion, ...CONFLICTS };
        return new Addon(`${name}-${addonName}`, inputs, { parent: this, dependsOn });
      });
    const names = Object.keys(args.addons).sort();
    const first = declare(
      names.filter((addon) => BEFORE_NODES.has(addon)),
      [],
    );
    const nodes = this.#nodeGroups(name, args, first);
    return [
      ...first,
      ...nodes,
      ...declare(
        names.filter((addon) => !BEFORE_NODES.has(addon)),
        nodes,
      ),
    ];
  }

  #nodeGroups(name: string, args: EksClusterArgs, dependsOn: Resource[]): Resource[] {
    if (args.nodeGroups.length === 0) return [];
    const nodes = new EksNodes(
      name,
      {
        cluster: this.cluster.name,
        version: args.version,
        roleArn: this.roles.node.arn,
        subnetIds: args.subnetIds,
        groups: args.nodeGroups,
      },
      { parent: this, dependsOn: [...this.roles.attachments, ...dependsOn] },
    );
    return [nodes];
  }
}

/** What an add-on finds of its own in the cluster, by hand or from another installation, gives way to the pinned version. */
const CONFLICTS = { resolveConflictsOnCreate: "OVERWRITE", resolveConflictsOnUpdate: "OVERWRITE" };
