import type { Problem } from "../errors.ts";
import { EKS_VERSIONS_SOURCE, eksSupport } from "../kubernetes/eksVersions.ts";
import { type NameScope, resourceName } from "../names.ts";
import type { EksSettings } from "../schema/infrastructure.ts";
import { type NetworkPlan, networkProblems, planNetwork } from "./networkPlan.ts";
import { type AwsPlace, accountOf } from "./place.ts";

/** An EKS cluster with every name and range worked out. */
export interface EksPlan {
  readonly settings: EksSettings;
  readonly place: AwsPlace;
  /** Name of the cluster; what belongs to it has names of its own. */
  readonly name: string;
  /** Of the network, and of the role that records its traffic. */
  readonly networkName: string;
  readonly clusterRole: string;
  readonly nodeRole: string;
  /** The network to make; absent where subnets are given. */
  readonly network?: NetworkPlan;
  /** Name of each managed node group, by its name in the settings. */
  readonly nodeGroups: Readonly<Record<string, string>>;
}

/** What a cluster whose nodes are managed node groups cannot do without, and Auto Mode has inside. */
const CORE_ADDONS = ["vpc-cni", "kube-proxy", "coredns"];
const POD_IDENTITY_AGENT = "eks-pod-identity-agent";
const BUILT_IN = new Set([...CORE_ADDONS, POD_IDENTITY_AGENT, "aws-ebs-csi-driver", "eks-node-monitoring-agent"]);

/** Works out an EKS cluster. @throws InputError for a name that AWS would refuse */
export function planEks(settings: EksSettings, place: AwsPlace, scope: NameScope): EksPlan {
  const { network } = settings;
  const groups = Object.keys(settings.nodes).map((key) => [key, resourceName(scope, key, "eksNodeGroup")]);
  return {
    settings,
    place,
    name: resourceName(scope, "cluster", "eksCluster"),
    networkName: resourceName(scope, "network", "iamRole"),
    clusterRole: resourceName(scope, "cluster", "iamRole"),
    nodeRole: resourceName(scope, "nodes", "iamRole"),
    nodeGroups: Object.fromEntries(groups),
    ...("cidr" in network ? { network: planNetwork(network, place.region) } : {}),
  };
}

/** What is wrong with the settings of an EKS cluster, as far as that can be told before anything is asked of AWS. */
export function eksProblems(settings: EksSettings, place: AwsPlace, at: { file: string; path: string }): Problem[] {
  const under = (path: string, rest: Omit<Problem, "file" | "path">): Problem => ({
    file: at.file,
    path: `${at.path}.${path}`,
    ...rest,
  });
  return [
    ...networkProblems(settings, place.region).map(({ path, ...rest }) => under(path, rest)),
    ...nodeProblems(settings).map(({ path, ...rest }) => under(path, rest)),
    ...accessProblems(settings, place).map(({ path, ...rest }) => under(path, rest)),
  ];
}

/**
 * Whether EKS supports the version at an instant; only the caller has a clock.
 * @returns what is wrong, or undefined
 */
export function versionProblem({ version, support }: EksSettings, now: Date, file: string): Problem | undefined {
  const { supported, until, newest } = eksSupport(version, now, { extended: support === "extended" });
  if (supported) return undefined;
  const message =
    until === undefined
      ? `is not in the calendar of versions that EKS supports (${EKS_VERSIONS_SOURCE.url}, of ${EKS_VERSIONS_SOURCE.asOf})`
      : `is a version whose ${support} support on EKS ended after ${until}`;
  return { file, path: "config.imprimatur:cluster.version", message, value: version, nearest: newest };
}

type PlainProblem = Omit<Problem, "file">;

function nodeProblems({ mode, nodes, addons, podIdentities }: EksSettings): PlainProblem[] {
  if (mode === "auto") {
    const groups = Object.keys(nodes).map((name) => ({
      path: `nodes.${name}`,
      message: "is a node group, and EKS Auto Mode makes the nodes itself; say mode: nodegroups",
    }));
    const inside = Object.keys(addons).filter((name) => BUILT_IN.has(name));
    return [...groups, ...inside.map((name) => ({ path: `addons.${name}`, message: "is part of EKS Auto Mode" }))];
  }
  const needed = podIdentities.length === 0 ? CORE_ADDONS : [...CORE_ADDONS, POD_IDENTITY_AGENT];
  const missing = needed.filter((name) => addons[name] === undefined);
  return [
    ...(Object.keys(nodes).length === 0 ? [{ path: "nodes", message: "must name at least one node group" }] : []),
    ...missing.map((name) => ({ path: `addons.${name}`, message: "is missing, and nothing would run without it" })),
  ];
}

function accessProblems({ access, podIdentities }: EksSettings, { account }: AwsPlace): PlainProblem[] {
  const roles = Object.entries(access);
  const foreign = [
    ...roles.map(([who, role]) => ({ path: `access.${who}`, role })),
    ...podIdentities.map(({ role }, index) => ({ path: `podIdentities[${index}].role`, role })),
  ].filter(({ role }) => accountOf(role) !== account);
  const twice = roles.filter(([who, role]) => roles.some(([other, same]) => other < who && same === role));
  return [
    ...foreign.map(({ path, role }) => ({
      path,
      message: `is a role of another account than the stack's, which is ${account}`,
      value: role,
    })),
    ...twice.map(([who, role]) => ({
      path: `access.${who}`,
      message: "is the same role as another: whoever deploys must not be able to change what holds them",
      value: role,
    })),
  ];
}
