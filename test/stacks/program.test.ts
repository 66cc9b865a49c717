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
    "imprimatur:cluster:Cluster$pulumi:providers:kubernetes::cluster",
    "imprimatur:cluster:Cluster::cluster",
    "imprimatur:environment:Environment$kubernetes:core/v1:Namespace::platform-sessions",
    "imprimatur:environment:Environment$kubernetes:core/v1:Namespace::platform-store",
    "imprimatur:environment:Environment$kubernetes:core/v1:Namespace::platform-web",
    "imprimatur:environment:Environment$kubernetes:core/v1:ResourceQuota::platform-sessions",
    "imprimatur:environment:Environment$kubernetes:core/v1:ResourceQuota::platform-store",
    "imprimatur:environment:Environment$kubernetes:core/v1:ResourceQuota::platform-web",
    "imprimatur:environment:Environment::platform",
    "imprimatur:registry:ImageRegistry$imprimatur:release:BlessedImage::api/api",
    "imprimatur:registry:ImageRegistry$imprimatur:release:BlessedImage::lab/lab",
    "imprimatur:registry:ImageRegistry$imprimatur:release:BlessedImage::lab/lab/previous",
    "imprimatur:registry:ImageRegistry$imprimatur:release:BlessedImage::store/store",
    "imprimatur:registry:ImageRegistry::labs",
    "imprimatur:registry:ImageRegistry::team",
    "imprimatur:release:ModuleRelease$kubernetes:helm.sh/v3:Release::api",
    "imprimatur:release:ModuleRelease$kubernetes:helm.sh/v3:Release::store",
    "imprimatur:release:ModuleRelease::api",
    "imprimatur:release:ModuleRelease::store",
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
  const fallback = "imprimatur:registry:ImageRegistry$imprimatur:release:BlessedImage::lab/lab/previous";
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

  // A repository belongs to the registry that is closest to it.
  expect(find(plan.resources, "imprimatur:registry:ImageRegistry::team").inputs).toEqual({
    url: "images.example/team",
    repositories: ["images.example/team/api", "images.example/team/store"],
  });
  expect(find(plan.resources, "imprimatur:registry:ImageRegistry::labs").inputs).toEqual({
    url: "images.example/team/labs",
    pullSecret: "labs",
    repositories: ["images.example/team/labs/lab"],
  });
  expect(short(find(plan.resources, fallback).parent ?? "")).toBe("imprimatur:registry:ImageRegistry::labs");

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
    ["Release api", "Namespace::platform-web", "Release::store", "ConfigMap::rules"],
    ["Release store", "Namespace::platform-store"],
    ["ConfigMap lab", "Namespace::platform-sessions"],
    ["ConfigMap rules", "Namespace::platform-web"],
  ]);
  const providers = new Set(inCluster.map(({ provider }) => short(provider ?? "")));
  expect([...providers]).toEqual(["imprimatur:cluster:Cluster$pulumi:providers:kubernetes::cluster"]);
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
    "imprimatur:cluster:Cluster$pulumi:providers:kubernetes::cluster",
    "imprimatur:cluster:Cluster::cluster",
    "imprimatur:environment:Environment$kubernetes:core/v1:Namespace::platform-sessions",
    "imprimatur:environment:Environment::platform",
    "imprimatur:registry:ImageRegistry$imprimatur:release:BlessedImage::lab/lab",
    "imprimatur:registry:ImageRegistry::labs",
    "imprimatur:registry:ImageRegistry::team",
    "imprimatur:release:PublishedRelease$kubernetes:core/v1:ConfigMap::lab",
    "imprimatur:release:PublishedRelease::lab",
    "pulumi:pulumi:Stack::imprimatur-lower",
  ]);
});
