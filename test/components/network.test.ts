import { expect, test } from "vitest";
import { Network, type NetworkArgs } from "../../components/network.ts";
import { type Recorded, record } from "./record.ts";

const args: NetworkArgs = {
  name: "org-platform-east-network",
  cidr: "10.20.0.0/16",
  nat: "per-zone",
  zones: [1, 2, 3].map((zone) => ({
    id: `usw2-az${zone}`,
    publicCidr: `10.20.${176 + 16 * zone}.0/20`,
    privateCidr: `10.20.${64 * (zone - 1)}.0/18`,
  })),
  logDays: 365,
  region: "us-west-2",
  account: "111111111111",
  partition: "aws",
  protect: false,
};

const build = (changes: Partial<NetworkArgs> = {}) =>
  record((opts) => new Network("network", { ...args, ...changes }, opts));

/** How many there are of each type. */
function counts(resources: readonly Recorded[]): Record<string, number> {
  const groups = Map.groupBy(resources, ({ type }) => type.split(":").at(-1) ?? "");
  return Object.fromEntries([...groups].map(([type, found]) => [type, found.length]));
}

const ALWAYS = {
  Network: 1,
  Vpc: 1,
  DefaultSecurityGroup: 1,
  FlowLogs: 1,
  LogGroup: 1,
  Role: 1,
  RolePolicy: 1,
  FlowLog: 1,
  Subnet: 6,
  InternetGateway: 1,
  RouteTable: 4,
  Route: 4,
  RouteTableAssociation: 6,
};

test("a network has two subnets in each of three zones, and a way out of each", async () => {
  const resources = await build();

  expect(counts(resources)).toEqual({ ...ALWAYS, Eip: 3, NatGateway: 3 });
  const subnets = resources.filter(({ type }) => type === "aws:ec2/subnet:Subnet");
  expect(subnets.map(({ name, inputs }) => [name, inputs])).toEqual(
    ["public", "private"].flatMap((kind) =>
      args.zones.map(({ id, publicCidr, privateCidr }) => [
        `network-${kind}-${id}`,
        {
          vpcId: "network-id",
          availabilityZoneId: id,
          cidrBlock: kind === "public" ? publicCidr : privateCidr,
          mapPublicIpOnLaunch: false,
          tags: {
            Name: `org-platform-east-network-${kind}-${id}`,
            [kind === "public" ? "kubernetes.io/role/elb" : "kubernetes.io/role/internal-elb"]: "1",
          },
        },
      ]),
    ),
  );
  const inside = resources.filter(({ type, name }) => type === "aws:ec2/route:Route" && name.includes("private"));
  expect(inside.map(({ inputs }) => [inputs.routeTableId, inputs.natGatewayId])).toEqual(
    args.zones.map(({ id }) => [`network-private-${id}-id`, `network-${id}-id`]),
  );
});

test("with a single way out, all zones take that of the first", async () => {
  const resources = await build({ nat: "single" });

  expect(counts(resources)).toEqual({ ...ALWAYS, Eip: 1, NatGateway: 1 });
  const natGateways = resources.flatMap(({ inputs }) => (inputs.natGatewayId ? [inputs.natGatewayId] : []));
  expect(natGateways).toEqual(Array(3).fill("network-usw2-az1-id"));
});

test("all its traffic is recorded, by a role that AWS takes for this account alone", async () => {
  const resources = await build();
  const of = (type: string) => resources.find((resource) => resource.type === type)?.inputs;

  expect(of("aws:cloudwatch/logGroup:LogGroup")).toEqual({
    name: "/aws/vpc/org-platform-east-network",
    retentionInDays: 365,
  });
  expect(JSON.parse(of("aws:iam/role:Role")?.assumeRolePolicy as string).Statement[0].Condition).toEqual({
    StringEquals: { "aws:SourceAccount": "111111111111" },
  });
  expect(JSON.parse(of("aws:iam/rolePolicy:RolePolicy")?.policy as string).Statement[0].Resource).toEqual([
    "arn:aws:logs:us-west-2:111111111111:log-group:/aws/vpc/org-platform-east-network",
    "arn:aws:logs:us-west-2:111111111111:log-group:/aws/vpc/org-platform-east-network:*",
  ]);
  expect(of("aws:ec2/flowLog:FlowLog")).toMatchObject({ vpcId: "network-id", trafficType: "ALL" });
});

test("protection covers what the rest stands on", async () => {
  const resources = await build({ protect: true });

  expect(counts(resources.filter((resource) => resource.protect))).toEqual({ Vpc: 1, Subnet: 6 });
  expect((await build()).some((resource) => resource.protect)).toBe(false);
});
