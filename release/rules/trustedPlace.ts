import { providerInput } from "../providerInput.ts";
import type { TrustedStack } from "../schema/trust.ts";
import { isUnknown } from "../unknown.ts";
import type { Violation } from "../verdict.ts";

type Fields = Readonly<Record<string, unknown>>;

const EKS_ARN = /^arn:aws[\w-]*:eks:([\w-]+):(\d{12}):cluster\/[\w-]+$/;

/**
 * An AWS provider works in the account and region that trust names for the stack, and can work in no other account.
 * @param props inputs of a provider; structured ones may be JSON text, as the engine hands them over
 */
export function judgeAwsProvider(props: Fields, stack: TrustedStack): Violation[] {
  const violations: Violation[] = [];
  if (stack.account !== undefined) {
    const allowed = providerInput(props.allowedAccountIds);
    const own = Array.isArray(allowed) && allowed.length === 1 && String(allowed[0]) === stack.account;
    if (!own) {
      violations.push({
        message: `nothing holds this AWS provider to account ${stack.account}, which trust names for ${stack.name}`,
        remedy: `allowedAccountIds: ["${stack.account}"]`,
      });
    }
  }
  if (stack.region !== undefined && props.region !== stack.region) {
    const region = known(props.region);
    violations.push({
      message: `the region of this AWS provider is ${region}; trust names ${stack.region} for ${stack.name}`,
      remedy: `region: "${stack.region}"`,
    });
  }
  return violations;
}

/**
 * A Kubernetes provider names its cluster, and if it does so by an EKS ARN, that is in the stack's account and region.
 * Whether another context is the cluster of the stack, only the cluster can say (its UID).
 */
export function judgeClusterAccess(props: Fields, stack: TrustedStack): Violation[] {
  // It writes files and talks to no cluster.
  if (props.renderYamlToDirectory !== undefined) return [];
  const names = Object.entries({ context: props.context, cluster: props.cluster }).filter(
    ([, name]) => name !== undefined,
  );
  const content = props.kubeconfig !== undefined && props.kubeconfig !== "";
  if (names.length === 0 && !content && stack.class === "prod") {
    return [
      {
        message: "no context is named, so it would be whichever is current",
        remedy: `name the cluster: context: "${exampleArn(stack)}"`,
      },
    ];
  }
  return names.flatMap(([key, name]) => judgeName(key, name, stack));
}

function judgeName(key: string, name: unknown, stack: TrustedStack): Violation[] {
  const remedy = `${key}: "${exampleArn(stack)}"`;
  if (typeof name !== "string" || isUnknown(name)) {
    if (stack.account === undefined && stack.class !== "prod") return [];
    return [{ message: `the ${key} is ${known(name)}, so the cluster cannot be told from it`, remedy }];
  }
  const [, region, account] = EKS_ARN.exec(name) ?? [];
  if (region === undefined) return [];
  const wrong = [
    stack.account !== undefined && account !== stack.account ? `account ${account}, not ${stack.account}` : "",
    stack.region !== undefined && region !== stack.region ? `region ${region}, not ${stack.region}` : "",
  ].filter((text) => text !== "");
  if (wrong.length === 0) return [];
  return [{ message: `${name} is a cluster of ${wrong.join(" and ")}, which trust names for ${stack.name}`, remedy }];
}

function exampleArn({ region = "<region>", account = "<account>", name }: TrustedStack): string {
  return `arn:aws:eks:${region}:${account}:cluster/${name}`;
}

function known(value: unknown): string {
  if (isUnknown(value)) return "not known before an update";
  if (value === undefined) return "not given";
  return typeof value === "string" ? value : "no text";
}
