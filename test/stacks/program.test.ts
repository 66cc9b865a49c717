import { expect, test } from "vitest";
import type { PlannedResource } from "../../release/plan.ts";
import { CONFIG, DIGESTS, runStack } from "./fixture.ts";

/** `type$type::name`: what a URN has behind stack and project. */
const short = (urn: string) => urn.split("::").slice(2).join("::");
const REPEATED = (letter: string) => `sha256:${letter.repeat(64)}`;

function find(resources: readonly PlannedResource[], urn: string): PlannedResource {
  const found = resources.find((resource) => short(resource.urn) === urn);
  if (found === undefined)
    throw new Error(`there is no ${urn} in ${resources.map((each) => short(each.urn)).join(", ")}`);
  return found;
}

test("a platform becomes a cluster, an environment, registries, images and releases", async () => {
  const { plan, unjudged, log } = await runStack("lower");

  expect(plan.resources.map(({ urn }) => short(urn))).toEqual([
    "imprimatur:cluster:ExistingCluster$pulumi:providers:kubernetes::cluster",
    "imprimatur:cluster:ExistingCluster::cluster",
    "imprimatur:environment:Environment$kubernetes:core/v1:Namespace::platform-sessions",
    "imprimatur:environment:Environment$kubernetes:core/v1:Namespace::platform-store",
    "imprimatur:environment:Environment$kubernetes:core/v1:Namespace::platform-web",
    "imprimatur:environment:Environment$kubernetes:core/v1:ResourceQuota::platform-sessions",
    "imprimatur:environment:Environment$kubernetes:core/v1:ResourceQuota::platform-store",
    "imprimatur:environment:Environment$kubernetes:core/v1:ResourceQuota::platform-web",
    "imprimatur:environment:Environment::platform",
    "imprimatur:registry:OciRegistry$imprimatur:release:BlessedImage::api/api",
    "imprimatur:registry:OciRegistry$imprimatur:release:BlessedImage::lab/lab",
    "imprimatur:registry:OciRegistry$imprimatur:release:BlessedImage::lab/lab/previous",
    "imprimatur:registry:OciRegistry$imprimatur:release:BlessedImage::store/store",
    "imprimatur:registry:OciRegistry::labs",
    "imprimatur:registry:OciRegistry::team",
    "imprimatur:release:ModuleRelease$imprimatur:release:ReleaseRecord$kubernetes:core/v1:ConfigMap::api",
    "imprimatur:release:ModuleRelease$imprimatur:release:ReleaseRecord$kubernetes:core/v1:ConfigMap::store",
    "imprimatur:release:ModuleRelease$imprimatur:release:ReleaseRecord::api",
    "imprimatur:release:ModuleRelease$imprimatur:release:ReleaseRecord::store",
    "imprimatur:release:ModuleRelease$kubernetes:helm.sh/v3:Release::api",
    "imprimatur:release:ModuleRelease$kubernetes:helm.sh/v3:Release::store",
    "imprimatur:release:ModuleRelease::api",
    "imprimatur:release:ModuleRelease::store",
    "imprimatur:release:PublishedRelease$imprimatur:release:ReleaseRecord$kubernetes:core/v1:ConfigMap::lab",
    "imprimatur:release:PublishedRelease$imprimatur:release:ReleaseRecord$kubernetes:core/v1:ConfigMap::rules",
    "imprimatur:release:PublishedRelease$imprimatur:release:ReleaseRecord::lab",
    "imprimatur:release:PublishedRelease$imprimatur:release:ReleaseRecord::rules",
    "imprimatur:release:PublishedRelease$kubernetes:core/v1:ConfigMap::lab",
    "imprimatur:release:PublishedRelease$kubernetes:core/v1:ConfigMap::rules",
    "imprimatur:release:PublishedRelease::lab",
    "imprimatur:release:PublishedRelease::rules",
    "pulumi:pulumi:Stack::imprimatur-lower",
  ]);
  expect({ unjudged, log }).toEqual({ unjudged: [], log: [] });

  // A release names its manifest, runs the chart by digest and has the images among its values.
  expect(find(plan.resources, "imprimatur:release:ModuleRelease::api").inputs).toEqual({
    module: "api",
    version: "2.0.0",
    manifestDigest: DIGESTS.get("api 2.0.0"),
    channel: "beta",
    purpose: "service",
    configHash: "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
    namespace: "web",
    chart: { repository: "images.example/charts/api", version: "3.0.0", digest: REPEATED("3") },
    values: {
      env: { STABLE_VERSION: "1.0.1" },
      image: `images.example/team/api@${REPEATED("4")}`,
      podAnnotations: {
        "imprimatur.dev/release": "api 2.0.0",
        "imprimatur.dev/manifest-digest": DIGESTS.get("api 2.0.0"),
        "imprimatur.dev/channel": "beta",
      },
    },
    atomic: false,
  });
  expect(
    find(plan.resources, "imprimatur:release:ModuleRelease$kubernetes:helm.sh/v3:Release::store").inputs,
  ).toMatchObject({
    chart: `oci://images.example/charts/store@${REPEATED("1")}`,
    values: { size: 1, replicaCount: 2, image: `images.example/team/store@${REPEATED("2")}` },
    atomic: true,
  });

  // What users choose is published with its fallback.
  expect(
    find(plan.resources, "imprimatur:release:PublishedRelease$kubernetes:core/v1:ConfigMap::lab").inputs,
  ).toMatchObject({
    metadata: {
      name: "lab",
      namespace: "sessions",
      annotations: { "imprimatur.dev/release": "lab 1.1.0", "imprimatur.dev/channel": "experimental" },
    },
    data: {
      "current.version": "1.1.0",
      "current.image.lab": `images.example/team/labs/lab@${REPEATED("6")}`,
      "previous.version": "1.0.0",
      "previous.image.lab": `images.example/team/labs/lab@${REPEATED("7")}`,
    },
  });
  const fallback = "imprimatur:registry:OciRegistry$imprimatur:release:BlessedImage::lab/lab/previous";
  expect(find(plan.resources, fallback).inputs).toEqual({
    module: "lab",
    version: "1.0.0",
    manifestDigest: DIGESTS.get("lab 1.0.0"),
    channel: "stable",
    purpose: "offered",
    name: "lab",
    repository: "images.example/team/labs/lab",
    digest: REPEATED("7"),
  });

  // What was released here is said in the cluster, apart from what is published; nothing asks for a blessing here.
  const record =
    "imprimatur:release:PublishedRelease$imprimatur:release:ReleaseRecord$kubernetes:core/v1:ConfigMap::lab";
  expect(find(plan.resources, record).inputs).toMatchObject({
    metadata: { name: "lab.release", namespace: "sessions" },
    data: { module: "lab", version: "1.1.0", manifestDigest: DIGESTS.get("lab 1.1.0") },
  });

  // A repository belongs to the registry that is closest to it.
  expect(find(plan.resources, "imprimatur:registry:OciRegistry::team").inputs).toEqual({
    url: "images.example/team",
    repositories: ["images.example/team/api", "images.example/team/store"],
  });
  expect(find(plan.resources, "imprimatur:registry:OciRegistry::labs").inputs).toEqual({
    url: "images.example/team/labs",
    pullSecret: "labs",
    repositories: ["images.example/team/labs/lab"],
  });
  expect(short(find(plan.resources, fallback).parent ?? "")).toBe("imprimatur:registry:OciRegistry::labs");

  // Nothing starts before its namespace and what it needs, and everything stands in the stack's own cluster.
  const inCluster = plan.resources.filter(({ type }) => type.startsWith("kubernetes:"));
  const dependencies = inCluster.map(({ name, type, dependencies }) => [
    `${type.split(":").at(-1)} ${name}`,
    ...dependencies.map((urn) => urn.split(/[:$]/).slice(-3).join(":")),
  ]);
  expect(dependencies).toEqual([
    ["Namespace platform-sessions"],
    ["Namespace platform-store"],
    ["Namespace platform-web"],
    ["ResourceQuota platform-sessions", "Namespace::platform-sessions"],
    ["ResourceQuota platform-store", "Namespace::platform-store"],
    ["ResourceQuota platform-web", "Namespace::platform-web"],
    ["ConfigMap api", "Release::api"],
    ["ConfigMap store", "Release::store"],
    // What it needs is ready once that is recorded as released.
    [
      "Release api",
      "Namespace::platform-web",
      "ConfigMap::store",
      "Release::store",
      "ConfigMap::rules",
      "ConfigMap::rules",
    ],
    ["Release store", "Namespace::platform-store"],
    ["ConfigMap lab", "ConfigMap::lab"],
    ["ConfigMap rules", "ConfigMap::rules"],
    ["ConfigMap lab", "Namespace::platform-sessions"],
    ["ConfigMap rules", "Namespace::platform-web"],
  ]);
  const providers = new Set(inCluster.map(({ provider }) => short(provider ?? "")));
  expect([...providers]).toEqual(["imprimatur:cluster:ExistingCluster$pulumi:providers:kubernetes::cluster"]);
});

test("only prod protects its namespaces", async () => {
  const protectedIn = async (stack: "lower" | "upper") => {
    const { plan } = await runStack(stack);
    return plan.resources.filter(({ options }) => options.protect === true).map(({ name }) => name);
  };

  expect(await protectedIn("lower")).toEqual([]);
  expect(await protectedIn("upper")).toEqual(["platform-sessions", "platform-store", "platform-web"]);
});

test("the stack says what it runs", async () => {
  const { raw } = await runStack("lower");

  expect(raw.find(({ type }) => type === "pulumi:pulumi:Stack")?.outputs).toEqual({
    namespaces: ["sessions", "store", "web"],
    registryUrls: { labs: "images.example/team/labs", team: "images.example/team" },
    manifestDigests: {
      api: DIGESTS.get("api 2.0.0"),
      lab: DIGESTS.get("lab 1.1.0"),
      rules: DIGESTS.get("rules 1.0.1"),
      store: DIGESTS.get("store 1.0.0"),
    },
  });
});

test("a stack without quota or fallback has neither", async () => {
  const { "imprimatur:quota": _, ...rest } = CONFIG;
  const [lab] = CONFIG["imprimatur:modules"].lab;
  const { plan } = await runStack("lower", { ...rest, "imprimatur:modules": { lab: [lab] }, "imprimatur:values": {} });

  expect(plan.resources.map(({ urn }) => short(urn))).toEqual([
    "imprimatur:cluster:ExistingCluster$pulumi:providers:kubernetes::cluster",
    "imprimatur:cluster:ExistingCluster::cluster",
    "imprimatur:environment:Environment$kubernetes:core/v1:Namespace::platform-sessions",
    "imprimatur:environment:Environment::platform",
    "imprimatur:registry:OciRegistry$imprimatur:release:BlessedImage::lab/lab",
    "imprimatur:registry:OciRegistry::labs",
    "imprimatur:registry:OciRegistry::team",
    "imprimatur:release:PublishedRelease$imprimatur:release:ReleaseRecord$kubernetes:core/v1:ConfigMap::lab",
    "imprimatur:release:PublishedRelease$imprimatur:release:ReleaseRecord::lab",
    "imprimatur:release:PublishedRelease$kubernetes:core/v1:ConfigMap::lab",
    "imprimatur:release:PublishedRelease::lab",
    "pulumi:pulumi:Stack::imprimatur-lower",
  ]);
});

const ACCOUNT = "111111111111";
const CLOUD = {
  ...CONFIG,
  "imprimatur:cluster": {
    kind: "eks",
    version: "1.36",
    support: "extended",
    mode: "nodegroups",
    nodes: { general: { instanceTypes: ["m7i.large"], min: 2, max: 4 } },
    network: { cidr: "10.20.0.0/16" },
    endpoint: { private: true },
    access: Object.fromEntries(
      ["deployer", "gateKeeper", "viewer", "breakGlass"].map((who) => [who, `arn:aws:iam::${ACCOUNT}:role/${who}`]),
    ),
    addons: { "vpc-cni": "v1.21.1-eksbuild.1", "kube-proxy": "v1.36.0-eksbuild.2", coredns: "v1.13.2-eksbuild.1" },
  },
  "imprimatur:registries": {
    ...CONFIG["imprimatur:registries"],
    labs: {
      kind: "ecr",
      url: `${ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com/org-small-upper-labs`,
      mirrors: "images.example/team/labs",
      push: `arn:aws:iam::${ACCOUNT}:role/delivery`,
    },
  },
};

test("a stack on AWS makes its cluster and registry in the account that trust names, and asks nobody", async () => {
  const { plan, unjudged, log } = await runStack("upper", CLOUD);

  expect({ unjudged, log }).toEqual({ unjudged: [], log: [] });
  expect(find(plan.resources, "pulumi:providers:aws::aws").inputs).toMatchObject({
    region: "eu-west-1",
    allowedAccountIds: `["${ACCOUNT}"]`,
    defaultTags: JSON.stringify({
      tags: { "imprimatur.dev/platform": "org-small", "imprimatur.dev/stack": "upper", "imprimatur.dev/class": "prod" },
    }),
  });
  const onAws = plan.resources.filter(({ type }) => type.startsWith("aws:"));
  expect([...new Set(onAws.map(({ provider }) => short(provider ?? "")))]).toEqual(["pulumi:providers:aws::aws"]);
  expect(find(plan.resources, "imprimatur:cluster:EksCluster$aws:eks/cluster:Cluster::cluster")).toMatchObject({
    inputs: { name: "org-small-upper-cluster", deletionProtection: true },
    options: { protect: true },
  });
  const inCluster = plan.resources.filter(({ type }) => type.startsWith("kubernetes:"));
  expect([...new Set(inCluster.map(({ provider }) => short(provider ?? "")))]).toEqual([
    "imprimatur:cluster:EksCluster$pulumi:providers:kubernetes::cluster",
  ]);

  // Images are pulled from the stack's own registry, and are still those that the catalogue names.
  const repository = `${ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com/org-small-upper-labs/lab`;
  const image = find(plan.resources, "imprimatur:registry:EcrRegistry$imprimatur:release:BlessedImage::lab/lab");
  expect(image.inputs).toMatchObject({ repository: "images.example/team/labs/lab", pulledFrom: repository });
  expect(
    find(plan.resources, "imprimatur:release:PublishedRelease$kubernetes:core/v1:ConfigMap::lab").inputs.data,
  ).toMatchObject({ "current.image.lab": `${repository}@${REPEATED("6")}` });
  expect(
    find(
      plan.resources,
      "imprimatur:registry:EcrRegistry$aws:ecr/repository:Repository::labs/org-small-upper-labs/lab",
    ),
  ).toMatchObject({ inputs: { name: "org-small-upper-labs/lab" }, options: { protect: true } });
});

test("a stack on AWS hands on how its cluster is reached, as a secret", async () => {
  const { raw } = await runStack("upper", CLOUD);

  const outputs = raw.find(({ type }) => type === "pulumi:pulumi:Stack")?.outputs ?? {};
  expect(Object.keys(outputs).sort()).toEqual([
    "endpoint",
    "kubeconfig",
    "manifestDigests",
    "namespaces",
    "registryUrls",
  ]);
  expect(outputs.kubeconfig).toMatchObject({ "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270" });
});

test("in dev an image is built from source, wherever the chart takes it, and a warning says so", async () => {
  const build = {
    api: { api: { context: "src/api", dockerfile: "src/Dockerfile" } },
    lab: { lab: { context: "lab" } },
  };
  const { plan, log } = await runStack("trial", { ...CONFIG, "imprimatur:build": build });

  expect(log).toEqual(
    ["lab's image lab", "api's image api"].map((what) => ({
      severity: "warning",
      message: `${what} is built from source: which bytes run is only known afterwards`,
    })),
  );
  const built = "imprimatur:registry:OciRegistry$imprimatur:release:BlessedImage$docker:index/image:Image::api/api";
  expect(find(plan.resources, built).inputs).toMatchObject({ imageName: "images.example/team/api:trial-source" });
  expect(
    find(plan.resources, "imprimatur:release:ModuleRelease$kubernetes:helm.sh/v3:Release::api").inputs.values,
  ).toMatchObject({ image: "[unknown]", env: { STABLE_VERSION: "1.0.1" } });
  const labs = find(plan.resources, "imprimatur:release:PublishedRelease$kubernetes:core/v1:ConfigMap::lab").inputs
    .data;
  expect(labs).toMatchObject({
    "current.image.lab": "[unknown]",
    "previous.image.lab": `images.example/team/labs/lab@${REPEATED("7")}`,
  });
  // What the release itself has is not what runs, so it is not said.
  const image = find(plan.resources, "imprimatur:registry:OciRegistry$imprimatur:release:BlessedImage::api/api");
  expect(image.inputs).not.toHaveProperty("digest");
});
