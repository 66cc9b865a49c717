import { Provider as AwsProvider } from "@pulumi/aws/provider.js";
import type { Provider } from "@pulumi/kubernetes/provider.js";
import type { Input, Output, Resource } from "@pulumi/pulumi";
import { EksCluster } from "../components/eksCluster.ts";
import { ExistingCluster } from "../components/existingCluster.ts";
import { Network } from "../components/network.ts";
import { DEPLOYERS_GROUP } from "../release/admission/names.ts";
import type { EksPlan } from "../release/aws/eksPlan.ts";
import type { Infrastructure } from "../release/infrastructure.ts";
import type { Platform } from "../release/platform.ts";

/** The cluster of a stack, made or found. */
export interface DeclaredCluster {
  /** To be given to whatever is to stand in it. */
  readonly provider: Provider;
  /** What must be there before anything in it is made. */
  readonly first: Input<Resource>[];
  /** Absent for a cluster that exists already: how to reach that one is whoever runs the program's own matter. */
  readonly kubeconfig?: Output<string>;
  /** Where its API server is; absent as well. */
  readonly endpoint?: Output<string>;
  /** Roles of the cluster that others name in their policies; AWS refuses a policy that names none that there is. */
  readonly roles: Resource[];
}

/** The one provider for everything on AWS: held to the account and region that trust names; undefined where none is needed. */
export function declareAws({ aws, tags }: Infrastructure): AwsProvider | undefined {
  if (aws === undefined) return undefined;
  const { region, account } = aws;
  return new AwsProvider("aws", { region, allowedAccountIds: [account], defaultTags: { tags } });
}

/**
 * Declares the cluster of a stack.
 * @param namespaces those that modules run in, sorted
 */
export function declareCluster(
  { stack, settings, infrastructure }: Platform,
  namespaces: string[],
  aws: AwsProvider | undefined,
): DeclaredCluster {
  const cluster = settings["imprimatur:cluster"];
  if (infrastructure.eks !== undefined && aws !== undefined) {
    return declareEks(infrastructure.eks, namespaces, stack.class === "prod", aws);
  }
  const { context, kubeconfig, inCluster } = cluster.kind === "eks" ? {} : cluster;
  const existing = new ExistingCluster("cluster", { context, kubeconfig, inCluster, uid: stack.clusterUid });
  return { provider: existing.provider, first: [...existing.verified], roles: [] };
}

function declareEks(plan: EksPlan, namespaces: string[], protect: boolean, aws: AwsProvider): DeclaredCluster {
  const { settings, place } = plan;
  const { mode, nodes, endpoint, access } = settings;
  const eks = new EksCluster(
    "cluster",
    {
      clusterName: plan.name,
      version: settings.version,
      support: settings.support,
      region: place.region,
      roles: {
        clusterRole: plan.clusterRole,
        nodeRole: plan.nodeRole,
        auto: mode === "auto",
        partition: place.partition,
      },
      nodeGroups: Object.entries(nodes).map(([key, { desired, ...group }]) => ({
        key,
        name: plan.nodeGroups[key] ?? key,
        desired: desired ?? group.min,
        ...group,
      })),
      subnetIds: subnetsOf(plan, protect, aws),
      serviceCidr: settings.services,
      publicCidrs: "allow" in endpoint ? endpoint.allow : [],
      access: { ...access, deployersGroup: DEPLOYERS_GROUP, namespaces },
      addons: settings.addons,
      podIdentities: settings.podIdentities,
      logDays: settings.logDays,
      protect,
    },
    { providers: [aws] },
  );
  const { provider, kubeconfig, cluster, roles } = eks;
  return { provider, first: [], kubeconfig, endpoint: cluster.endpoint, roles: [roles.node] };
}

/** The private subnets of the network that is made, or those that are given. */
function subnetsOf({ settings, place, network, networkName }: EksPlan, protect: boolean, aws: AwsProvider) {
  if (network === undefined) return "subnetIds" in settings.network ? settings.network.subnetIds : [];
  const { cidr, nat, zones } = network;
  const made = new Network(
    "network",
    { name: networkName, cidr, nat, zones: [...zones], logDays: settings.logDays, ...place, protect },
    { providers: [aws] },
  );
  return made.privateSubnetIds;
}
