import { beforeAll, describe, expect, test } from "vitest";
import type { Pack } from "../../engine/pack.ts";
import type { JsonObject } from "../../release/json.ts";
import { checkoutOf, judge, refusals, resourceOf, startPolicy, UNKNOWN } from "./support.ts";

const ACCOUNT = "333333333333";
const catalogue = checkoutOf({
  "catalog/trust/stacks.yaml": `stacks:
  dev: { class: dev }
  staging: { class: staging, account: "222222222222", region: us-west-2 }
  prod: { class: prod, account: "${ACCOUNT}", region: us-west-2 }
`,
});
const AT = { PULUMI_DRY_RUN: "true", IMPRIMATUR_AT: "2026-08-06T22:00:00Z" };

const provider = resourceOf("pulumi:providers:aws", "aws", {
  region: "us-west-2",
  allowedAccountIds: `["${ACCOUNT}"]`,
});
const GOOD: JsonObject = {
  vpcConfig: { endpointPrivateAccess: true, endpointPublicAccess: false, subnetIds: [UNKNOWN] },
  encryptionConfig: { provider: { keyArn: UNKNOWN }, resources: ["secrets"] },
  enabledClusterLogTypes: ["api", "audit", "authenticator"],
  version: "1.35",
  deletionProtection: true,
};
const cluster = (changes: JsonObject = {}, stack = "prod") =>
  resourceOf("aws:eks/cluster:Cluster", "cluster", { ...GOOD, ...changes }, { stack, provider: provider.urn });
const aws = (inputs: JsonObject, stack = "prod") => resourceOf("pulumi:providers:aws", "aws", inputs, { stack });
const kubernetes = (inputs: JsonObject, stack = "prod") =>
  resourceOf("pulumi:providers:kubernetes", "cluster", inputs, { stack });
const arn = (account: string, region = "us-west-2") => `arn:aws:eks:${region}:${account}:cluster/prod`;

let pack: Pack;
beforeAll(async () => {
  pack = await startPolicy("cluster-posture", catalogue, {}, AT);
});

describe("cluster-posture passes", () => {
  test.each([
    ["a private cluster", cluster()],
    ["one with an allow-list", cluster({ vpcConfig: { publicAccessCidrs: ["192.0.2.0/24", "2001:db8::/32"] } })],
    ["a version until the end of its last day", cluster({ version: "1.34" })],
    ["an EKS context of the stack", kubernetes({ context: arn(ACCOUNT) })],
    ["another context, whose UID will tell", kubernetes({ context: "prod" })],
    ["a provider that only writes files", kubernetes({ renderYamlToDirectory: "out" })],
    ["the content of a kubeconfig", kubernetes({ kubeconfig: UNKNOWN })],
    ["a provider held to account and region", aws({ region: "us-west-2", allowedAccountIds: [ACCOUNT] })],
  ])("%s", async (_, resource) => {
    expect(await refusals(pack, provider, resource)).toEqual([]);
  });

  test("a component of pulumi-eks", async () => {
    const args = { endpointPublicAccess: false, encryptionConfigKeyArn: UNKNOWN, enabledClusterLogTypes: ["audit"] };
    const component = resourceOf("eks:index:Cluster", "c", { ...args, version: "1.36", deletionProtection: true });
    expect(await refusals(pack, component)).toEqual([]);
  });

  test("an open cluster in dev, where trust names no account", async () => {
    expect(await refusals(pack, cluster({ ...GOOD, vpcConfig: {}, version: "1.30" }, "dev"))).toEqual([]);
    expect(await refusals(pack, aws({}, "dev"), kubernetes({}, "dev"))).toEqual([]);
  });
});

describe("cluster-posture refuses", () => {
  test("an open cluster, once for each thing that is wrong, with what mends it", async () => {
    const open = { vpcConfig: {}, encryptionConfig: null, enabledClusterLogTypes: ["api"], version: "1.33" };
    const { refused } = await judge(pack, provider, cluster({ ...open, deletionProtection: false }));
    const calendar = "https://docs.aws.amazon.com/eks/latest/userguide/kubernetes-versions.html";
    const urn = "urn:pulumi:prod::fixture::aws:eks/cluster:Cluster::cluster";
    expect(refused).toEqual([
      {
        urn,
        message: "Secrets are not encrypted with a KMS key of one's own",
        remedy: 'encryptionConfig: { provider: { keyArn: … }, resources: ["secrets"] }',
      },
      { urn, message: "nothing keeps the cluster from being deleted", remedy: "deletionProtection: true" },
      {
        urn,
        message: "standard support of Kubernetes 1.33 ended after 2026-07-29",
        remedy: `version: "1.36"; the calendar is ${calendar}`,
      },
      {
        urn,
        message: "the API server can be reached from everywhere",
        remedy: "endpointPublicAccess: false with endpointPrivateAccess: true, or publicAccessCidrs: [<your networks>]",
      },
      {
        urn,
        message: "the audit log is off, so nobody could tell who did what",
        remedy: 'enabledClusterLogTypes: ["api", "audit", "authenticator"]',
      },
    ]);
  });

  const cidr = (value: string) => ({ vpcConfig: { publicAccessCidrs: ["192.0.2.0/24", value] } });
  test.each([
    ["everywhere by name", cidr("0.0.0.0/0"), "the API server can be reached from 0.0.0.0/0"],
    ["half of everywhere", cidr("128.0.0.0/1"), "the API server can be reached from 128.0.0.0/1"],
    ["everywhere in IPv6", cidr("::/0"), "the API server can be reached from ::/0"],
    [
      "an unknown network",
      cidr(UNKNOWN),
      "the API server can be reached from a network that cannot be known before an update",
    ],
    ["an empty list", { vpcConfig: { publicAccessCidrs: [] } }, "the API server can be reached from everywhere"],
    [
      "an unknown endpoint",
      { vpcConfig: { endpointPublicAccess: UNKNOWN } },
      "who can reach the API server cannot be known before an update",
    ],
    [
      "an unknown network configuration",
      { vpcConfig: UNKNOWN },
      "who can reach the API server cannot be known before an update",
    ],
    [
      "an endpoint setting of a wrong type",
      { vpcConfig: { endpointPublicAccess: "false" } },
      "the API server can be reached from everywhere",
    ],
    [
      "encryption of nothing",
      { encryptionConfig: { provider: { keyArn: "k" }, resources: [] } },
      "Secrets are not encrypted with a KMS key of one's own",
    ],
    [
      "unknown logs",
      { enabledClusterLogTypes: UNKNOWN },
      "the audit log is not known to be on, so nobody could tell who did what",
    ],
    ["an unknown version", { version: UNKNOWN }, "the version of Kubernetes cannot be known before an update"],
    ["no version", { version: null }, "the version of Kubernetes is not pinned"],
    [
      "a version that AWS does not list",
      { version: "1.99" },
      "Kubernetes 1.99 is not in the support calendar of 2026-08",
    ],
    ["unknown protection", { deletionProtection: UNKNOWN }, "nothing keeps the cluster from being deleted"],
  ])("%s", async (_, changes, message) => {
    expect(await refusals(pack, provider, cluster(changes as JsonObject))).toEqual([message]);
  });

  test("a component of pulumi-eks with its defaults", async () => {
    expect(await refusals(pack, resourceOf("eks:index:Cluster", "c", {}))).toEqual([
      "Secrets are not encrypted with a KMS key of one's own",
      "nothing keeps the cluster from being deleted",
      "the API server can be reached from everywhere",
      "the audit log is off, so nobody could tell who did what",
      "the version of Kubernetes is not pinned",
    ]);
  });

  test("a cluster with no explicit provider", async () => {
    expect(await refusals(pack, { ...cluster(), provider: undefined })).toEqual([
      "it has no explicit provider, so its account is whichever the credentials are for",
    ]);
  });

  const held = `nothing holds this AWS provider to account ${ACCOUNT}, which trust names for prod`;
  test.each([
    ["no account", aws({ region: "us-west-2" }), held],
    ["another account", aws({ region: "us-west-2", allowedAccountIds: '["222222222222"]' }), held],
    ["a second account", aws({ region: "us-west-2", allowedAccountIds: [ACCOUNT, "222222222222"] }), held],
    ["unknown accounts", aws({ region: "us-west-2", allowedAccountIds: UNKNOWN }), held],
    [
      "another region",
      aws({ region: "us-east-1", allowedAccountIds: [ACCOUNT] }),
      "the region of this AWS provider is us-east-1; trust names us-west-2 for prod",
    ],
    [
      "an unknown region",
      aws({ region: UNKNOWN, allowedAccountIds: [ACCOUNT] }),
      "the region of this AWS provider is not known before an update; trust names us-west-2 for prod",
    ],
    [
      "another account's cluster",
      kubernetes({ context: arn("222222222222") }),
      `${arn("222222222222")} is a cluster of account 222222222222, not ${ACCOUNT}, which trust names for prod`,
    ],
    [
      "another region's cluster",
      kubernetes({ cluster: arn(ACCOUNT, "eu-west-1") }),
      `${arn(ACCOUNT, "eu-west-1")} is a cluster of region eu-west-1, not us-west-2, which trust names for prod`,
    ],
    ["whichever context is current", kubernetes({}), "no context is named, so it would be whichever is current"],
    [
      "an unknown context",
      kubernetes({ context: UNKNOWN }),
      "the context is not known before an update, so the cluster cannot be told from it",
    ],
    [
      "a context of a wrong type",
      kubernetes({ context: 1 }),
      "the context is no text, so the cluster cannot be told from it",
    ],
  ])("a provider with %s", async (_, resource, message) => {
    expect(await refusals(pack, resource)).toEqual([message]);
  });
});

describe("the configuration of cluster-posture", () => {
  test("may let extended support do", async () => {
    const patient = await startPolicy("cluster-posture", catalogue, { extendedSupport: true }, AT);
    expect(await refusals(patient, provider, cluster({ version: "1.33" }))).toEqual([]);
    expect(await refusals(patient, provider, cluster({ version: "1.30" }))).toEqual([
      "extended support of Kubernetes 1.30 ended after 2026-07-23",
    ]);
  });

  test("is refused where it is malformed", async () => {
    await expect(startPolicy("cluster-posture", catalogue, { extendedSupport: "yes" }, AT)).rejects.toThrow(
      "configuration of the policy pack imprimatur cluster-posture.extendedSupport: Invalid input: expected boolean, received string",
    );
  });
});
