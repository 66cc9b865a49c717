import { DefaultSecurityGroup } from "@pulumi/aws/ec2/defaultSecurityGroup.js";
import { Eip } from "@pulumi/aws/ec2/eip.js";
import { InternetGateway } from "@pulumi/aws/ec2/internetGateway.js";
import { NatGateway } from "@pulumi/aws/ec2/natGateway.js";
import { Route } from "@pulumi/aws/ec2/route.js";
import { RouteTable } from "@pulumi/aws/ec2/routeTable.js";
import { RouteTableAssociation } from "@pulumi/aws/ec2/routeTableAssociation.js";
import { Subnet } from "@pulumi/aws/ec2/subnet.js";
import { Vpc } from "@pulumi/aws/ec2/vpc.js";
import { ComponentResource, type ComponentResourceOptions, type Output } from "@pulumi/pulumi";
import { FlowLogs, type FlowLogsArgs } from "./flowLogs.ts";

/** One zone of a network. */
interface NetworkZone {
  /** Id of the zone, such as `usw2-az1`: unlike its letter, it is the same in every account. */
  id: string;
  /** Addresses of its public subnet. */
  publicCidr: string;
  /** Addresses of its private subnet. */
  privateCidr: string;
}

export interface NetworkArgs extends Omit<FlowLogsArgs, "vpcId"> {
  /** All addresses of the network. */
  cidr: string;
  zones: NetworkZone[];
  /** `per-zone`: each zone has its own way out. `single`: all share that of the first, and its outages. */
  nat: "per-zone" | "single";
  /** Whether deleting or replacing the network is refused: everything in it would go, too. */
  protect: boolean;
}

const ANYWHERE = "0.0.0.0/0";

/** A network whose private subnets reach the internet, and are not reached from it. */
export class Network extends ComponentResource {
  /** @internal */
  static readonly __pulumiType = "imprimatur:network:Network";

  readonly vpc: Vpc;
  /** One for each zone, in their order. */
  readonly privateSubnetIds: Output<string>[];
  readonly publicSubnetIds: Output<string>[];

  constructor(name: string, args: NetworkArgs, opts?: ComponentResourceOptions) {
    super(Network.__pulumiType, name, args, opts);

    const { cidr, zones, nat, protect, ...logs } = args;
    const child = { parent: this };
    const tags = (what?: string) => ({ Name: what === undefined ? args.name : `${args.name}-${what}` });
    this.vpc = new Vpc(
      name,
      { cidrBlock: cidr, enableDnsSupport: true, enableDnsHostnames: true, tags: tags() },
      { ...child, protect },
    );
    const vpcId = this.vpc.id;
    // Whatever is put into the default group by mistake reaches nothing.
    new DefaultSecurityGroup(name, { vpcId, tags: tags("default") }, child);
    new FlowLogs(name, { ...logs, vpcId }, child);

    const subnet = (kind: "public" | "private", id: string, cidrBlock: string, role: string) =>
      new Subnet(
        `${name}-${kind}-${id}`,
        {
          vpcId,
          availabilityZoneId: id,
          cidrBlock,
          mapPublicIpOnLaunch: false,
          // How Kubernetes finds out where a load balancer may stand.
          tags: { ...tags(`${kind}-${id}`), [`kubernetes.io/role/${role}`]: "1" },
        },
        { ...child, protect },
      );
    const publicSubnets = zones.map(({ id, publicCidr }) => subnet("public", id, publicCidr, "elb"));
    const privateSubnets = zones.map(({ id, privateCidr }) => subnet("private", id, privateCidr, "internal-elb"));
    this.publicSubnetIds = publicSubnets.map(({ id }) => id);
    this.privateSubnetIds = privateSubnets.map(({ id }) => id);

    const gateway = new InternetGateway(name, { vpcId, tags: tags() }, child);
    const outside = this.#table(`${name}-public`, tags("public"));
    const open = new Route(
      `${name}-public`,
      { routeTableId: outside.id, destinationCidrBlock: ANYWHERE, gatewayId: gateway.id },
      child,
    );
    const nats = zones.slice(0, nat === "single" ? 1 : zones.length).map(({ id }, index) => {
      const address = new Eip(`${name}-${id}`, { domain: "vpc", tags: tags(id) }, child);
      const subnetId = this.publicSubnetIds[index] ?? "";
      const inputs = { allocationId: address.allocationId, subnetId, tags: tags(id) };
      return new NatGateway(`${name}-${id}`, inputs, { ...child, dependsOn: open });
    });
    zones.forEach(({ id }, index) => {
      this.#associate(`${name}-public-${id}`, outside, this.publicSubnetIds[index]);
      const inside = this.#table(`${name}-private-${id}`, tags(`private-${id}`));
      const natGatewayId = (nats[index] ?? nats[0])?.id ?? "";
      new Route(
        `${name}-private-${id}`,
        { routeTableId: inside.id, destinationCidrBlock: ANYWHERE, natGatewayId },
        child,
      );
      this.#associate(`${name}-private-${id}`, inside, this.privateSubnetIds[index]);
    });

    this.registerOutputs({});
  }

  #table(name: string, tags: Record<string, string>): RouteTable {
    return new RouteTable(name, { vpcId: this.vpc.id, tags }, { parent: this });
  }

  #associate(name: string, table: RouteTable, subnetId: Output<string> | undefined): void {
    if (subnetId === undefined) return;
    new RouteTableAssociation(name, { routeTableId: table.id, subnetId }, { parent: this });
  }
}
