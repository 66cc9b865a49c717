import { refuseInput } from "./errors.ts";

/** What every name of a stack begins with. */
export interface NameScope {
  /** Who runs the platform. */
  readonly organization: string;
  readonly platform: string;
  /** The stack: one stack is one environment. */
  readonly environment: string;
}

interface Limit {
  /** Longest name, in characters. */
  readonly length: number;
  readonly pattern: RegExp;
  /** Whose rule it is, for messages. */
  readonly rule: string;
}

/** Limits of those who take the names, from their references. */
const LIMITS = {
  eksCluster: { length: 100, pattern: /^[0-9A-Za-z][\w-]*$/, rule: "EKS names a cluster" },
  eksNodeGroup: { length: 63, pattern: /^[0-9A-Za-z][\w-]*$/, rule: "EKS names a node group" },
  iamRole: { length: 64, pattern: /^[\w+=,.@-]+$/, rule: "IAM names a role" },
  // "alias/" counts, and is put before it.
  kmsAlias: { length: 250, pattern: /^(?!aws\/)[\w/-]+$/, rule: "KMS names an alias" },
  // At least two characters, and single separators between letters and digits.
  ecrRepository: {
    length: 256,
    pattern: /^(?=..)[a-z0-9]+([._-][a-z0-9]+)*(\/[a-z0-9]+([._-][a-z0-9]+)*)*$/,
    rule: "ECR names a repository",
  },
  logGroup: { length: 512, pattern: /^[\w./#-]+$/, rule: "CloudWatch names a log group" },
  tag: { length: 256, pattern: /^[\w .:/=+@-]+$/, rule: "AWS takes the value of a tag" },
  // Names of Kubernetes objects that become part of host names, namespaces and labels.
  label: { length: 63, pattern: /^[a-z]([a-z0-9-]*[a-z0-9])?$/, rule: "Kubernetes and DNS take a label" },
  host: {
    length: 253,
    pattern: /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/,
    rule: "DNS takes a host name",
  },
} as const satisfies Record<string, Limit>;

/** What is named, which decides on the limits. */
export type NameKind = keyof typeof LIMITS;

/**
 * The one convention for every name that leaves the program: `<organization>-<platform>-<environment>-<what>`.
 * @param what such as `cluster`; a repository's path may have slashes
 * @throws InputError where whoever takes the name would refuse it: names are not cut, so that two never become one
 */
export function resourceName(scope: NameScope, what: string, kind: NameKind): string {
  const name = [scope.organization, scope.platform, scope.environment, what].join("-");
  const problem = nameProblem(name, kind);
  if (problem !== undefined) {
    refuseInput({ file: "catalog/trust/stacks.yaml", path: "organization", message: problem, value: name });
  }
  return name;
}

/** Why a name would be refused, or undefined where it would not. */
export function nameProblem(name: string, kind: NameKind): string | undefined {
  const { length, pattern, rule } = LIMITS[kind];
  if (name.length > length) return `makes a name of ${name.length} characters; ${rule} in at most ${length}`;
  return pattern.test(name) ? undefined : `makes a name unlike ${rule}: it must match ${pattern.source}`;
}
