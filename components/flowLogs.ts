import { LogGroup } from "@pulumi/aws/cloudwatch/logGroup.js";
import { FlowLog } from "@pulumi/aws/ec2/flowLog.js";
import { Role } from "@pulumi/aws/iam/role.js";
import { RolePolicy } from "@pulumi/aws/iam/rolePolicy.js";
import { ComponentResource, type ComponentResourceOptions, type Input } from "@pulumi/pulumi";

export interface FlowLogsArgs {
  /** Id of the VPC whose traffic is recorded. */
  vpcId: Input<string>;
  /** Name of the network: of the role, and part of the log group's. */
  name: string;
  /** Days that the records are kept. */
  logDays: number;
  /** Such as `us-west-2`. */
  region: string;
  /** 12 digits. */
  account: string;
  /** `aws`, `aws-cn` or `aws-us-gov`. */
  partition: string;
}

/** A record of who spoke with whom in a network. */
export class FlowLogs extends ComponentResource {
  /** @internal */
  static readonly __pulumiType = "imprimatur:network:FlowLogs";

  constructor(name: string, args: FlowLogsArgs, opts?: ComponentResourceOptions) {
    super(FlowLogs.__pulumiType, name, args, opts);

    const { partition, region, account } = args;
    const groupName = `/aws/vpc/${args.name}`;
    const group = new LogGroup(name, { name: groupName, retentionInDays: args.logDays }, { parent: this });
    const role = new Role(
      name,
      { name: args.name, assumeRolePolicy: JSON.stringify(trust(account)) },
      { parent: this },
    );
    const policy = new RolePolicy(
      name,
      {
        name: "write-flow-logs",
        role: role.name,
        // As plain text, so that it can be judged before the group is there.
        policy: JSON.stringify(permissions(`arn:${partition}:logs:${region}:${account}:log-group:${groupName}`)),
      },
      { parent: this },
    );
    new FlowLog(
      name,
      {
        vpcId: args.vpcId,
        trafficType: "ALL",
        logDestinationType: "cloud-watch-logs",
        logDestination: group.arn,
        iamRoleArn: role.arn,
      },
      { parent: this, dependsOn: policy },
    );

    this.registerOutputs({});
  }
}

/** AWS writes them, and only for this account: else any account's flow logs could be written with the role. */
function trust(account: string) {
  return {
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Principal: { Service: "vpc-flow-logs.amazonaws.com" },
        Action: "sts:AssumeRole",
        Condition: { StringEquals: { "aws:SourceAccount": account } },
      },
    ],
  };
}

function permissions(logGroup: string) {
  const Action = ["logs:CreateLogStream", "logs:DescribeLogGroups", "logs:DescribeLogStreams", "logs:PutLogEvents"];
  return { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action, Resource: [logGroup, `${logGroup}:*`] }] };
}
