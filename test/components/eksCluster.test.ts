import { describe, expect, test } from "vitest";
import { EksCluster, type EksClusterArgs } from "../../components/eksCluster.ts";
import { nameProblem } from "../../release/names.ts";
import { type Recorded, record } from "./record.ts";

const role = (name: string) => `arn:aws:iam::111111111111:role/${name}`;
const args: EksClusterArgs = {
  clusterName: "org-platform-east-cluster",
  version: "1.35",
  support: "standard",
  region: "us-west-2",
  roles: {
    clusterRole: "org-platform-east-cluster",
    nodeRole: "org-platform-east-nodes",
    auto: true,
    partition: "aws",
  },
  nodeGroups: [],
  subnetIds: ["subnet-1", "subnet-2", "subnet-3"],
  serviceCidr: "172.20.0.0/16",
  publicCidrs: [],
  access: {
    deployer: role("deployer"),
    deployersGroup: "imprimatur:deployers",
    gateKeeper: role("gate-keeper"),
    viewer: role("viewer"),
    breakGlass: role("break-glass"),
    namespaces: ["api", "store"],
  },
  addons: { "metrics-server": "v0.8.0-eksbuild.2" },
  podIdentities: [],
  logDays: 365,
  protect: false,
};
const NODE_GROUPS: Partial<EksClusterArgs> = {
  roles: { ...args.roles, auto: false },
  nodeGroups: [
    {
      key: "general",
      name: "org-platform-east-general",
      instanceTypes: ["m7i.large"],
      min: 2,
      desired: 3,
      max: 6,
      diskGb: 100,
      image: "BOTTLEROCKET_x86_64",
    },
  ],
  addons: {
    coredns: "v1.13.2-eksbuild.1",
    "eks-pod-identity-agent": "v1.3.10-eksbuild.2",
    "kube-proxy": "v1.35.0-eksbuild.2",
    "vpc-cni": "v1.21.1-eksbuild.1",
  },
};

/** What AWS knows of a cluster once it is there. */
const outputs = ({ type }: { type: string }) =>
  type === "aws:eks/cluster:Cluster"
    ? { arn: "arn:cluster", endpoint: "https://cluster.test", certificateAuthority: { data: "Q0E=" } }
    : type === "aws:iam/role:Role" || type === "aws:kms/key:Key"
      ? { arn: `arn:of:${type}`, keyId: "key" }
      : {};

const build = (changes: Partial<EksClusterArgs> = {}) =>
  record((opts) => new EksCluster("cluster", { ...args, ...changes }, opts), { outputs });
const all = (resources: readonly Recorded[], type: string) => resources.filter((resource) => resource.type === type);
const cluster = async (changes: Partial<EksClusterArgs> = {}) =>
  all(await build(changes), "aws:eks/cluster:Cluster")[0];

function counts(resources: readonly Recorded[]): Record<string, number> {
  const groups = Map.groupBy(resources, ({ type }) => type.split(":").slice(-1)[0] ?? "");
  return Object.fromEntries([...groups].map(([type, found]) => [type, found.length]));
}

test("a cluster in Auto Mode is closed, encrypted and audited, and its versions are pinned", async () => {
  const resources = await build();

  expect(counts(resources)).toEqual({
    EksCluster: 1,
    EksRoles: 1,
    Role: 2,
    RolePolicyAttachment: 7,
    Key: 1,
    Alias: 1,
    LogGroup: 1,
    Cluster: 1,
    EksAccess: 1,
    AccessEntry: 4,
    AccessPolicyAssociation: 4,
    Addon: 1,
    kubernetes: 1,
  });
  expect(all(resources, "aws:eks/cluster:Cluster")[0]?.inputs).toEqual({
    name: "org-platform-east-cluster",
    version: "1.35",
    roleArn: "arn:of:aws:iam/role:Role",
    accessConfig: { authenticationMode: "API", bootstrapClusterCreatorAdminPermissions: false },
    bootstrapSelfManagedAddons: false,
    computeConfig: {
      enabled: true,
      nodePools: ["general-purpose", "system"],
      nodeRoleArn: "arn:of:aws:iam/role:Role",
    },
    storageConfig: { blockStorage: { enabled: true } },
    kubernetesNetworkConfig: {
      ipFamily: "ipv4",
      serviceIpv4Cidr: "172.20.0.0/16",
      elasticLoadBalancing: { enabled: true },
    },
    vpcConfig: {
      subnetIds: ["subnet-1", "subnet-2", "subnet-3"],
      endpointPrivateAccess: true,
      endpointPublicAccess: false,
    },
    encryptionConfig: { provider: { keyArn: "arn:of:aws:kms/key:Key" }, resources: ["secrets"] },
    enabledClusterLogTypes: ["api", "audit", "authenticator", "controllerManager", "scheduler"],
    upgradePolicy: { supportType: "STANDARD" },
    deletionProtection: false,
  });
  expect(all(resources, "aws:eks/addon:Addon")[0]?.inputs).toEqual({
    clusterName: "org-platform-east-cluster",
    addonName: "metrics-server",
    addonVersion: "v0.8.0-eksbuild.2",
    resolveConflictsOnCreate: "OVERWRITE",
    resolveConflictsOnUpdate: "OVERWRITE",
  });
  expect(all(resources, "aws:cloudwatch/logGroup:LogGroup")[0]?.inputs).toEqual({
    name: "/aws/eks/org-platform-east-cluster/cluster",
    retentionInDays: 365,
  });
});

test("the names that it gives are those that AWS takes", async () => {
  const resources = await build(NODE_GROUPS);
  const named = (type: string) => all(resources, type).map(({ inputs }) => String(inputs.name ?? inputs.nodeGroupName));

  const problems = [
    ...named("aws:eks/cluster:Cluster").map((name) => nameProblem(name, "eksCluster")),
    ...named("aws:eks/nodeGroup:NodeGroup").map((name) => nameProblem(name, "eksNodeGroup")),
    ...named("aws:iam/role:Role").map((name) => nameProblem(name, "iamRole")),
    ...named("aws:kms/alias:Alias").map((name) => nameProblem(name.replace("alias/", ""), "kmsAlias")),
    ...named("aws:cloudwatch/logGroup:LogGroup").map((name) => nameProblem(name, "logGroup")),
  ];
  expect(problems).toEqual(Array(6).fill(undefined));
});

test("managed node groups wait for what nodes need, and the other add-ons for them", async () => {
  const resources = await build(NODE_GROUPS);

  expect(all(resources, "aws:eks/nodeGroup:NodeGroup").map(({ inputs }) => inputs)).toEqual([
    {
      clusterName: "org-platform-east-cluster",
      nodeGroupName: "org-platform-east-general",
      version: "1.35",
      nodeRoleArn: "arn:of:aws:iam/role:Role",
      subnetIds: ["subnet-1", "subnet-2", "subnet-3"],
      instanceTypes: ["m7i.large"],
      amiType: "BOTTLEROCKET_x86_64",
      capacityType: "ON_DEMAND",
      diskSize: 100,
      scalingConfig: { minSize: 2, desiredSize: 3, maxSize: 6 },
      updateConfig: { maxUnavailable: 1 },
      labels: { "imprimatur.dev/nodes": "general" },
    },
  ]);
  expect(all(resources, "aws:eks/cluster:Cluster")[0]?.inputs).toMatchObject({
    computeConfig: { enabled: false },
    storageConfig: { blockStorage: { enabled: false } },
    kubernetesNetworkConfig: { elasticLoadBalancing: { enabled: false } },
  });
  const addon = (name: string) => `imprimatur:cluster:EksCluster$aws:eks/addon:Addon::cluster-${name}`;
  const before = ["eks-pod-identity-agent", "kube-proxy", "vpc-cni"].map(addon);
  expect(all(resources, "aws:eks/nodeGroup:NodeGroup")[0]?.dependsOn.filter((urn) => urn.includes("addon"))).toEqual(
    before,
  );
  const nodes = "imprimatur:cluster:EksCluster$imprimatur:cluster:EksNodes::cluster";
  const dependencies = all(resources, "aws:eks/addon:Addon").map(({ name, dependsOn }) => [name, dependsOn]);
  expect(Object.fromEntries(dependencies)).toEqual({
    "cluster-coredns": [nodes],
    "cluster-eks-pod-identity-agent": [],
    "cluster-kube-proxy": [],
    "cluster-vpc-cni": [],
  });
});

test.each([
  [
    true,
    [
      "AmazonEKSBlockStoragePolicy",
      "AmazonEKSClusterPolicy",
      "AmazonEKSComputePolicy",
      "AmazonEKSLoadBalancingPolicy",
      "AmazonEKSNetworkingPolicy",
    ],
    ["AmazonEC2ContainerRegistryPullOnly", "AmazonEKSWorkerNodeMinimalPolicy"],
  ],
  [
    false,
    ["AmazonEKSClusterPolicy"],
    ["AmazonEC2ContainerRegistryPullOnly", "AmazonEKSWorkerNodePolicy", "AmazonEKS_CNI_Policy"],
  ],
])("with Auto Mode %s, its roles may do no more than AWS asks for", async (auto, clusterPolicies, nodePolicies) => {
  const resources = await build(auto ? {} : NODE_GROUPS);
  const of = (name: string) =>
    all(resources, "aws:iam/rolePolicyAttachment:RolePolicyAttachment")
      .filter(({ inputs }) => inputs.role === name)
      .map(({ inputs }) => String(inputs.policyArn).replace("arn:aws:iam::aws:policy/", ""))
      .sort();

  expect(of("org-platform-east-cluster")).toEqual(clusterPolicies);
  expect(of("org-platform-east-nodes")).toEqual(nodePolicies);
});

test("from the internet only those on the list reach it", async () => {
  expect((await cluster({ publicCidrs: ["192.0.2.0/24"] }))?.inputs.vpcConfig).toEqual({
    subnetIds: ["subnet-1", "subnet-2", "subnet-3"],
    endpointPrivateAccess: true,
    endpointPublicAccess: true,
    publicAccessCidrs: ["192.0.2.0/24"],
  });
});

test("protected, neither Pulumi nor AWS deletes it", async () => {
  expect(await cluster({ protect: true })).toMatchObject({ protect: true, inputs: { deletionProtection: true } });
  const kept = (await build({ protect: true })).filter(({ protect }) => protect).map(({ type }) => type);
  expect(kept).toEqual(["aws:kms/key:Key", "aws:eks/cluster:Cluster"]);
  expect((await build()).some(({ protect }) => protect)).toBe(false);
});

test("each role may do what it is for, and whoever deploys only that in the namespaces of the stack", async () => {
  const resources = await build();
  const entries = all(resources, "aws:eks/accessEntry:AccessEntry").map(({ inputs }) => [
    inputs.principalArn,
    inputs.kubernetesGroups,
  ]);
  const policies = all(resources, "aws:eks/accessPolicyAssociation:AccessPolicyAssociation").map(({ inputs }) => [
    inputs.principalArn,
    String(inputs.policyArn).replace("arn:aws:eks::aws:cluster-access-policy/", ""),
    inputs.accessScope,
  ]);

  expect(entries.sort()).toEqual([
    [role("break-glass"), undefined],
    [role("deployer"), ["imprimatur:deployers"]],
    [role("gate-keeper"), undefined],
    [role("viewer"), undefined],
  ]);
  expect(policies.sort()).toEqual([
    [role("break-glass"), "AmazonEKSClusterAdminPolicy", { type: "cluster" }],
    [role("deployer"), "AmazonEKSAdminPolicy", { type: "namespace", namespaces: ["api", "store"] }],
    [role("gate-keeper"), "AmazonEKSClusterAdminPolicy", { type: "cluster" }],
    [role("viewer"), "AmazonEKSViewPolicy", { type: "cluster" }],
  ]);
});

test("Pods get a role through their service account", async () => {
  const podIdentities = [{ namespace: "api", serviceAccount: "uploader", role: role("uploads") }];
  const [identity] = all(await build({ podIdentities }), "aws:eks/podIdentityAssociation:PodIdentityAssociation");

  expect(identity?.inputs).toEqual({
    clusterName: "org-platform-east-cluster",
    namespace: "api",
    serviceAccount: "uploader",
    roleArn: role("uploads"),
  });
});

describe("the kubeconfig", () => {
  test("asks AWS for a token, is a secret, and makes the provider", async () => {
    let eks: EksCluster | undefined;
    const resources = await record(
      (opts) => {
        eks = new EksCluster("cluster", args, opts);
      },
      { outputs },
    );

    const text = await new Promise<string>((resolve) => eks?.kubeconfig.apply(resolve));
    expect(JSON.parse(text)).toEqual({
      apiVersion: "v1",
      kind: "Config",
      clusters: [
        { name: "arn:cluster", cluster: { server: "https://cluster.test", "certificate-authority-data": "Q0E=" } },
      ],
      users: [
        {
          name: "arn:cluster",
          user: {
            exec: {
              apiVersion: "client.authentication.k8s.io/v1beta1",
              command: "aws",
              args: [
                "eks",
                "get-token",
                "--cluster-name",
                "org-platform-east-cluster",
                "--region",
                "us-west-2",
                "--output",
                "json",
              ],
              interactiveMode: "Never",
            },
          },
        },
      ],
      contexts: [{ name: "arn:cluster", context: { cluster: "arn:cluster", user: "arn:cluster" } }],
      "current-context": "arn:cluster",
    });
    const [provider] = all(resources, "pulumi:providers:kubernetes");
    // As the SDK marks a secret for the engine.
    expect(provider?.inputs.kubeconfig).toEqual({
      "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
      value: text,
    });
    // Nothing stands in the cluster before there is somebody to let in, and something to run on.
    expect(provider?.dependsOn).toEqual([
      "imprimatur:cluster:EksCluster$imprimatur:cluster:EksAccess::cluster",
      "imprimatur:cluster:EksCluster$aws:eks/addon:Addon::cluster-metrics-server",
    ]);
  });
});
