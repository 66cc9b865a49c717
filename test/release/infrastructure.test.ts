import { describe, expect, test } from "vitest";
import { versionProblem } from "../../release/aws/eksPlan.ts";
import { zonesOf } from "../../release/aws/place.ts";
import { Catalogue } from "../../release/catalogue.ts";
import { describeProblem, InputError } from "../../release/errors.ts";
import { memoryFiles } from "../../release/files.ts";
import { planInfrastructure } from "../../release/infrastructure.ts";
import type { EksSettings } from "../../release/schema/infrastructure.ts";
import { StackSettings } from "../../release/schema/stack.ts";

const ACCOUNT = "111111111111";
const role = (name: string, account = ACCOUNT) => `arn:aws:iam::${account}:role/${name}`;
const TRUST = {
  organization: "org",
  platform: "small",
  stacks: {
    prod: { class: "prod", account: ACCOUNT, region: "us-west-2" },
    dev: { class: "dev", account: ACCOUNT, region: "eu-central-1" },
    bare: { class: "staging" },
    odd: { class: "staging", account: ACCOUNT, region: "us-weast-2" },
    narrow: { class: "staging", account: ACCOUNT, region: "us-west-1" },
  },
};
const image = (repository: string) => ({ images: { [repository.split("/").at(-1) ?? ""]: { repository } } });
const module = (more: object) =>
  JSON.stringify({ description: "m", purpose: "service", owners: ["t"], maturity: "mature", ...more });
const catalogue = (trust: object = TRUST) =>
  new Catalogue(
    memoryFiles({
      "catalog/trust/stacks.yaml": JSON.stringify(trust),
      "catalog/modules/api.yaml": module(image("build.test/team/api")),
      "catalog/modules/lab.yaml": module(image("build.test/team/labs/lab")),
      "catalog/modules/other.yaml": module(image("elsewhere.test/other")),
    }),
  );

const EKS = {
  kind: "eks",
  version: "1.35",
  mode: "auto",
  network: { cidr: "10.20.0.0/16" },
  endpoint: { private: true },
  access: {
    deployer: role("deployer"),
    gateKeeper: role("gate-keeper"),
    viewer: role("viewer"),
    breakGlass: role("break-glass"),
  },
};
const ECR = {
  kind: "ecr",
  url: `${ACCOUNT}.dkr.ecr.us-west-2.amazonaws.com/org-small-prod-team`,
  mirrors: "build.test/team",
  push: role("delivery", "999999999999"),
};

function plan(cluster: object, registries: object = {}, stack = "prod", more: object = {}, trust: object = TRUST) {
  const settings = StackSettings.parse({
    "imprimatur:cluster": cluster,
    "imprimatur:registries": registries,
    "imprimatur:modules": {},
    ...more,
  });
  const files = catalogue(trust);
  return planInfrastructure(files, files.stack(stack), settings, `Pulumi.${stack}.yaml`);
}

function problems(...args: Parameters<typeof plan>): string[] {
  try {
    plan(...args);
  } catch (error) {
    if (error instanceof InputError) return error.problems.map(describeProblem);
    throw error;
  }
  return [];
}

describe("a plan", () => {
  test("of a cluster that exists already is empty", () => {
    expect(plan({ context: "east" }, { team: { url: "build.test/team" } })).toEqual({
      tags: {},
      registries: new Map(),
    });
  });

  test("of a cluster gives names, tags, zones and ranges, and asks nobody", () => {
    const { aws, tags, eks } = plan(EKS);

    expect(aws).toEqual({ account: ACCOUNT, region: "us-west-2", partition: "aws" });
    expect(tags).toEqual({
      "imprimatur.dev/platform": "org-small",
      "imprimatur.dev/stack": "prod",
      "imprimatur.dev/class": "prod",
    });
    expect(eks).toMatchObject({
      name: "org-small-prod-cluster",
      clusterRole: "org-small-prod-cluster",
      nodeRole: "org-small-prod-nodes",
      networkName: "org-small-prod-network",
      network: {
        cidr: "10.20.0.0/16",
        nat: "per-zone",
        zones: [
          { id: "usw2-az1", publicCidr: "10.20.192.0/20", privateCidr: "10.20.0.0/18" },
          { id: "usw2-az2", publicCidr: "10.20.208.0/20", privateCidr: "10.20.64.0/18" },
          { id: "usw2-az3", publicCidr: "10.20.224.0/20", privateCidr: "10.20.128.0/18" },
        ],
      },
    });
  });

  test("with subnets that are given makes no network", () => {
    expect(plan({ ...EKS, network: { subnetIds: ["subnet-0a1b2c3d", "subnet-4e5f6a7b"] } }).eks).not.toHaveProperty(
      "network",
    );
  });

  test("of a registry has a repository for each image of the catalogue below it, and the stack's nodes pull", () => {
    expect(plan(EKS, { team: ECR }).registries.get("team")).toMatchObject({
      keyAlias: "org-small-prod-team-images",
      repositories: ["org-small-prod-team/api", "org-small-prod-team/labs/lab"],
      pull: [role("org-small-prod-nodes")],
    });
    expect(plan({ context: "a" }, { team: ECR }).registries.get("team")?.pull).toEqual([
      `arn:aws:iam::${ACCOUNT}:root`,
    ]);
  });
});

test.each([
  ["us-west-2", ["usw2-az1", "usw2-az2", "usw2-az3"]],
  ["us-east-1", ["use1-az1", "use1-az2", "use1-az4"]],
  ["ap-southeast-2", ["apse2-az1", "apse2-az2", "apse2-az3"]],
  ["us-gov-west-1", ["usgw1-az1", "usgw1-az2", "usgw1-az3"]],
])("the zones of %s", (region, zones) => expect(zonesOf(region)).toEqual(zones));

const at = "Pulumi.prod.yaml config.imprimatur:cluster";
const network = (more: object) => ({ ...EKS, network: { ...EKS.network, ...more } });

describe("what is refused before anything is asked of AWS", () => {
  test.each<[string, Parameters<typeof plan>, string[]]>([
    [
      "services inside the network",
      [{ ...EKS, services: "10.20.128.0/17" }],
      [`${at}.services: overlaps network.cidr, which is 10.20.0.0/16 (got "10.20.128.0/17")`],
    ],
    [
      "a connected network that overlaps, once, and two connected ones are none of ours",
      [network({ connected: ["10.0.0.0/8", "10.0.0.0/16"] })],
      [`${at}.network.connected[0]: overlaps network.cidr, which is 10.20.0.0/16 (got "10.0.0.0/8")`],
    ],
    [
      "a range that is none",
      [network({ cidr: "10.20.1.0/16" })],
      [`${at}.network.cidr: is no range of addresses: its first address, and a prefix of 0 to 32 (got "10.20.1.0/16")`],
    ],
    [
      "a network that is too small",
      [network({ cidr: "10.20.0.0/24" })],
      [
        `${at}.network.cidr: must be between /16, the largest that AWS makes, and /22, which leaves each zone 256 addresses (got "10.20.0.0/24")`,
      ],
    ],
    [
      "a network of somebody else",
      [network({ cidr: "8.8.0.0/16" })],
      [`${at}.network.cidr: must be a private range (RFC 1918 or 100.64.0.0/10) (got "8.8.0.0/16")`],
    ],
    [
      "services that EKS does not take",
      [{ ...EKS, services: "192.168.0.0/28" }],
      [`${at}.services: must be a private range (RFC 1918) between /12 and /24 (got "192.168.0.0/28")`],
    ],
    [
      "an endpoint for everybody",
      [{ ...EKS, endpoint: { allow: ["0.0.0.0/0"] } }],
      [`${at}.endpoint.allow[0]: lets in too many to be a list of who may: /8 at the widest (got "0.0.0.0/0")`],
    ],
    [
      "an endpoint for those inside",
      [{ ...EKS, endpoint: { allow: ["10.0.0.0/16"] } }],
      [
        `${at}.endpoint.allow[0]: has addresses that nobody on the internet has: inside the network all may reach the API server (got "10.0.0.0/16")`,
      ],
    ],
    [
      "a zone of another region",
      [network({ zones: ["usw2-az1", "usw2-az2", "use1-az1"] })],
      [
        `${at}.network.zones[2]: is no id of a zone of us-west-2, the region that trust gives the stack (got "use1-az1"; did you mean "usw2-az1"?)`,
      ],
    ],
    [
      "a zone twice",
      [network({ zones: ["usw2-az1", "usw2-az2", "usw2-az1"] })],
      [`${at}.network.zones[2]: is there twice (got "usw2-az1")`],
    ],
    [
      "a region without three zones",
      [EKS, {}, "narrow"],
      [
        "Pulumi.narrow.yaml config.imprimatur:cluster.network: cannot be made: EKS uses only the zones usw1-az1 and usw1-az3 of us-west-1, and a network has three; give subnetIds",
      ],
    ],
    [
      "a role of another account",
      [{ ...EKS, access: { ...EKS.access, viewer: role("viewer", "999999999999") } }],
      [
        `${at}.access.viewer: is a role of another account than the stack's, which is ${ACCOUNT} (got "${role("viewer", "999999999999")}")`,
      ],
    ],
    [
      "a gate keeper who deploys",
      [{ ...EKS, access: { ...EKS.access, gateKeeper: role("deployer") } }],
      [
        `${at}.access.gateKeeper: is the same role as another: whoever deploys must not be able to change what holds them (got "${role("deployer")}")`,
      ],
    ],
    [
      "a node group in Auto Mode",
      [{ ...EKS, nodes: { big: { instanceTypes: ["m7i.large"], min: 1, max: 2 } } }],
      [`${at}.nodes.big: is a node group, and EKS Auto Mode makes the nodes itself; say mode: nodegroups`],
    ],
    [
      "an add-on that Auto Mode has inside",
      [{ ...EKS, addons: { "vpc-cni": "v1.21.1-eksbuild.1" } }],
      [`${at}.addons.vpc-cni: is part of EKS Auto Mode`],
    ],
    [
      "nodes without what nodes need",
      [
        {
          ...EKS,
          mode: "nodegroups",
          addons: { coredns: "v1.13.2-eksbuild.1" },
          podIdentities: [{ namespace: "a", serviceAccount: "b", role: role("c") }],
        },
      ],
      [
        `${at}.nodes: must name at least one node group`,
        ...["vpc-cni", "kube-proxy", "eks-pod-identity-agent"].map(
          (name) => `${at}.addons.${name}: is missing, and nothing would run without it`,
        ),
      ],
    ],
    [
      "a stack of which trust gives no place",
      [EKS, {}, "bare"],
      ["account", "region"].map(
        (key) => `catalog/trust/stacks.yaml stacks.bare.${key}: is missing, and this stack makes something on AWS`,
      ),
    ],
    [
      "a platform without a name",
      [EKS, {}, "prod", {}, { stacks: TRUST.stacks }],
      ["organization", "platform"].map(
        (key) => `catalog/trust/stacks.yaml ${key}: is missing, and this stack makes something on AWS`,
      ),
    ],
    [
      "a region that is none",
      [EKS, {}, "odd"],
      ['catalog/trust/stacks.yaml stacks.odd.region: is no region of AWS, such as us-west-2 (got "us-weast-2")'],
    ],
    [
      "a name that is too long",
      [EKS, {}, "prod", {}, { ...TRUST, organization: "o".repeat(63) }],
      [
        `catalog/trust/stacks.yaml organization: makes a name of 82 characters; IAM names a role in at most 64 (got "${"o".repeat(63)}-small-prod-network")`,
      ],
    ],
  ])("%s", (_, args, expected) => expect(problems(...args)).toEqual(expected));

  const url = "Pulumi.prod.yaml config.imprimatur:registries.team.url";
  test.each<[string, object, string]>([
    [
      "another account",
      { url: "222222222222.dkr.ecr.us-west-2.amazonaws.com/team" },
      `${url}: is in another account than the stack's, which is ${ACCOUNT}: what that one has is mirrored (got "222222222222.dkr.ecr.us-west-2.amazonaws.com/team"; did you mean "${ACCOUNT}.dkr.ecr.us-west-2.amazonaws.com/team"?)`,
    ],
    [
      "a region that trust does not give",
      { url: `${ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com/team` },
      `${url}: is in a region that trust does not give the stack, which is in us-west-2 (got "${ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com/team"; did you mean "${ACCOUNT}.dkr.ecr.us-west-2.amazonaws.com/team"?)`,
    ],
    [
      "a registry of somebody else",
      { url: "quay.io/team" },
      `${url}: is no registry of AWS: <account>.dkr.ecr.<region>.amazonaws.com (got "quay.io/team"; did you mean "${ACCOUNT}.dkr.ecr.us-west-2.amazonaws.com/team"?)`,
    ],
  ])("a registry in %s", (_, more, expected) => {
    expect(problems({ context: "a" }, { team: { ...ECR, ...more } })).toEqual([expected]);
  });

  test("a repository name that AWS refuses", () => {
    const [problem] = problems(
      { context: "a" },
      { team: { ...ECR, url: `${ACCOUNT}.dkr.ecr.us-west-2.amazonaws.com/te__am` } },
    );
    expect(problem).toMatch(
      /^Pulumi\.prod\.yaml config\.imprimatur:registries\.team\.url: makes a name unlike ECR names a repository/,
    );
  });

  test("enhanced scanning twice in an account", () => {
    const other = { ...ECR, url: ECR.url.replace("team", "other"), mirrors: "elsewhere.test", scan: "enhanced" };
    expect(problems({ context: "a" }, { other, team: { ...ECR, scan: "enhanced" } })).toEqual([
      "Pulumi.prod.yaml config.imprimatur:registries.team.scan: can be enhanced once in an account, and other is",
    ]);
  });
});

describe("images that are built from source", () => {
  const more = (build: object) => ({
    "imprimatur:modules": { api: "edge" },
    "imprimatur:build": build,
  });

  test.each(["prod", "bare"])("are refused in %s", (stack) => {
    const className = stack === "prod" ? "prod" : "staging";
    expect(problems({ context: "a" }, {}, stack, more({ api: { api: { context: "api" } } }))).toEqual([
      `Pulumi.${stack}.yaml config.imprimatur:build: builds images from source, which bleed and dev alone may, and this stack is ${className}`,
    ]);
  });

  test("are those of a module that the stack pins", () => {
    expect(problems({ context: "a" }, {}, "dev", more({ apy: { api: { context: "api" } } }))).toEqual([
      'Pulumi.dev.yaml config.imprimatur:build.apy: builds images of a module that this stack does not pin (got "apy"; did you mean "api"?)',
    ]);
    expect(problems({ context: "a" }, {}, "dev", more({ api: { app: { context: "api" } } }))).toEqual([
      'Pulumi.dev.yaml config.imprimatur:build.api.app: api declares no such image (got "app"; did you mean "api"?)',
    ]);
    expect(problems({ context: "a" }, {}, "dev", more({ api: { api: { context: "api" } } }))).toEqual([]);
  });
});

describe("the version of a cluster", () => {
  const problem = (version: string, now: string, support: "standard" | "extended" = "standard") => {
    const found = versionProblem({ ...EKS, version, support } as EksSettings, new Date(now), "Pulumi.prod.yaml");
    return found && describeProblem(found);
  };

  test("is supported to the end of its last day, and a year longer where that is paid for", () => {
    expect(problem("1.34", "2026-12-02T23:59:59Z")).toBeUndefined();
    expect(problem("1.34", "2026-12-03T00:00:00Z")).toMatch(
      /^Pulumi\.prod\.yaml config\.imprimatur:cluster\.version: is a version whose standard support on EKS ended after 2026-12-02 \(got "1\.34"; did you mean "1\.\d+"\?\)$/,
    );
    expect(problem("1.34", "2026-12-03T00:00:00Z", "extended")).toBeUndefined();
  });

  test("that nobody knows is not supported", () => {
    expect(problem("1.99", "2026-08-06T22:00:00Z")).toMatch(
      /cluster\.version: is not in the calendar of versions that EKS supports/,
    );
  });
});
