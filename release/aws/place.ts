/** An account and region of AWS, as trust gives them for a stack. */
export interface AwsPlace {
  /** 12 digits. */
  readonly account: string;
  /** Such as `us-west-2`. */
  readonly region: string;
  /** The part of AWS that the region is in, first in every ARN: `aws`, `aws-cn` or `aws-us-gov`. */
  readonly partition: string;
}

const REGION =
  /^([a-z]{2})(-gov|-iso[a-z]?)?-(central|north|south|east|west|northeast|northwest|southeast|southwest)-(\d)$/;

/** How zone ids shorten a region's direction: `us-west-2` becomes `usw2`. */
const DIRECTIONS: Readonly<Record<string, string>> = {
  central: "c",
  north: "n",
  south: "s",
  east: "e",
  west: "w",
  northeast: "ne",
  northwest: "nw",
  southeast: "se",
  southwest: "sw",
};

/**
 * Zones to use where it is not the first three: EKS makes no control plane in `use1-az3`, `usw1-az2` and `cac1-az3` (Amazon
 * EKS user guide, "VPC and subnet considerations"), and new accounts get no `apne1-az3`. One region has but two left.
 */
const ZONES: Readonly<Record<string, readonly number[]>> = {
  "us-east-1": [1, 2, 4],
  "us-west-1": [1, 3],
  "ca-central-1": [1, 2, 4],
  "ap-northeast-1": [1, 2, 4],
};

/** Whether a text has the form of a region. Whether AWS has it, AWS knows. */
export function isRegion(text: string): boolean {
  return REGION.test(text);
}

/** The part of AWS that a region is in. */
export function partitionOf(region: string): string {
  if (region.startsWith("cn-")) return "aws-cn";
  return region.startsWith("us-gov-") ? "aws-us-gov" : "aws";
}

/**
 * Ids of the zones to use in a region. Ids and not letters: the letters of a zone differ from account to account, and
 * nobody has to be asked for ids.
 */
export function zonesOf(region: string): readonly string[] {
  return (ZONES[region] ?? [1, 2, 3]).map((zone) => `${zonePrefix(region)}-az${zone}`);
}

/** What the ids of a region's zones begin with, such as `usw2`. */
export function zonePrefix(region: string): string {
  const [, area = "", part = "", direction = "", number = ""] = REGION.exec(region) ?? [];
  const middle = part.startsWith("-gov") ? "g" : part.slice(1);
  return `${area}${middle}${DIRECTIONS[direction] ?? ""}${number}`;
}

/** The host of an account's private registry. */
export function ecrHost({ account, region }: Pick<AwsPlace, "account" | "region">): string {
  return `${account}.dkr.ecr.${region}.amazonaws.com${region.startsWith("cn-") ? ".cn" : ""}`;
}

/** The account and region of a private registry of AWS, by its host; undefined for any other registry. */
export function readEcrHost(host: string): { readonly account: string; readonly region: string } | undefined {
  const [, account, region] = /^(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?$/.exec(host) ?? [];
  return account === undefined || region === undefined ? undefined : { account, region };
}

/** The account that an ARN names. */
export function accountOf(arn: string): string {
  return arn.split(":")[4] ?? "";
}

/** The ARN of an IAM role of a stack's own account. */
export function roleArn({ partition, account }: AwsPlace, name: string): string {
  return `arn:${partition}:iam::${account}:role/${name}`;
}
