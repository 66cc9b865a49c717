import { type EksPlan, eksProblems, planEks } from "./aws/eksPlan.ts";
import { type AwsPlace, isRegion, partitionOf, roleArn } from "./aws/place.ts";
import { type EcrPlan, planRegistries, registryProblems } from "./aws/registryPlan.ts";
import type { Catalogue } from "./catalogue.ts";
import { mayFloat } from "./channels.ts";
import { InputError, nearestHint, type Problem } from "./errors.ts";
import type { NameScope } from "./names.ts";
import type { StackSettings } from "./schema/stack.ts";
import type { TrustedStack } from "./schema/trust.ts";
import { STACKS_FILE } from "./trust.ts";

/** What a stack makes in the cloud, every name, range and role worked out. */
export interface Infrastructure {
  /** Where it makes it; absent where it makes nothing on AWS. */
  readonly aws?: AwsPlace;
  /** On everything that it makes on AWS. */
  readonly tags: Readonly<Record<string, string>>;
  /** Absent where the cluster exists already. */
  readonly eks?: EksPlan;
  /** By name of the registry; those that exist already are not among them. */
  readonly registries: ReadonlyMap<string, EcrPlan>;
}

/**
 * Works out what a stack makes in the cloud.
 * @param file where the settings were read, for messages
 * @throws InputError with every problem that can be found without asking anybody
 */
export function planInfrastructure(
  catalogue: Catalogue,
  stack: TrustedStack,
  settings: StackSettings,
  file: string,
): Infrastructure {
  refuse(buildProblems(catalogue, stack, settings, file));
  const cluster = settings["imprimatur:cluster"];
  const registries = settings["imprimatur:registries"];
  const isAws = cluster.kind === "eks" || Object.values(registries).some(({ kind }) => kind === "ecr");
  if (!isAws) return { tags: {}, registries: new Map() };

  const { place, scope } = readPlace(catalogue, stack);
  const at = { file, path: "config.imprimatur:cluster" };
  refuse([
    ...(cluster.kind === "eks" ? eksProblems(cluster, place, at) : []),
    ...registryProblems(catalogue, registries, place, file),
  ]);
  const eks = cluster.kind === "eks" ? planEks(cluster, place, scope) : undefined;
  // Of a cluster that exists already nobody knows the nodes' role: the account decides which of its own may pull.
  const nodes = eks === undefined ? `arn:${place.partition}:iam::${place.account}:root` : roleArn(place, eks.nodeRole);
  return {
    aws: place,
    tags: {
      "imprimatur.dev/platform": `${scope.organization}-${scope.platform}`,
      "imprimatur.dev/stack": stack.name,
      "imprimatur.dev/class": stack.class,
    },
    ...(eks === undefined ? {} : { eks }),
    registries: planRegistries(catalogue, registries, scope, nodes),
  };
}

/** What only trust may say of a stack that makes something on AWS: where, and under which names. */
function readPlace(catalogue: Catalogue, stack: TrustedStack): { place: AwsPlace; scope: NameScope } {
  const { account, region } = stack;
  const { organization, platform } = catalogue.naming;
  const inStack = (key: string) => `stacks.${stack.name}.${key}`;
  const missing = (path: string) => ({
    file: STACKS_FILE,
    path,
    message: "is missing, and this stack makes something on AWS",
  });
  const problems: Problem[] = [
    ...(account === undefined ? [missing(inStack("account"))] : []),
    ...(region === undefined ? [missing(inStack("region"))] : []),
    ...(organization === undefined ? [missing("organization")] : []),
    ...(platform === undefined ? [missing("platform")] : []),
  ];
  if (region !== undefined && !isRegion(region)) {
    const message = "is no region of AWS, such as us-west-2";
    problems.push({ file: STACKS_FILE, path: inStack("region"), message, value: region });
  }
  if (account === undefined || region === undefined || organization === undefined || platform === undefined) {
    throw new InputError(problems);
  }
  refuse(problems);
  const place = { account, region, partition: partitionOf(region) };
  return { place, scope: { organization, platform, environment: stack.name } };
}

/** What is built from source has no manifest, so nobody can have signed for it: only the least formal classes may have it. */
function buildProblems(catalogue: Catalogue, stack: TrustedStack, settings: StackSettings, file: string): Problem[] {
  const builds = Object.entries(settings["imprimatur:build"]);
  if (builds.length > 0 && !mayFloat(stack.class)) {
    const message = `builds images from source, which bleed and dev alone may, and this stack is ${stack.class}`;
    return [{ file, path: "config.imprimatur:build", message }];
  }
  const pinned = Object.keys(settings["imprimatur:modules"]);
  return builds.flatMap(([name, images]): Problem[] => {
    const path = `config.imprimatur:build.${name}`;
    if (!pinned.includes(name)) {
      const message = "builds images of a module that this stack does not pin";
      return [{ file, path, message, value: name, ...nearestHint(name, pinned) }];
    }
    const known = Object.keys(catalogue.modules.get(name)?.images ?? {});
    return Object.keys(images)
      .filter((image) => !known.includes(image))
      .map((image) => {
        const message = `${name} declares no such image`;
        return { file, path: `${path}.${image}`, message, value: image, ...nearestHint(image, known) };
      });
  });
}

function refuse(problems: readonly Problem[]): void {
  if (problems.length > 0) throw new InputError(problems);
}
