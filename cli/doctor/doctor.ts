import { readProject } from "../../engine/project.ts";
import { InputError } from "../../release/errors.ts";
import type { Platform } from "../../release/platform.ts";
import { remoteOf } from "../../store/gitIndex.ts";
import type { Context } from "../context.ts";
import { readStacks } from "../stacks.ts";
import { checkAws } from "./aws.ts";
import { checkClock } from "./clock.ts";
import { checkCluster } from "./cluster.ts";
import { checkKeyFiles } from "./keys.ts";
import { type Check, type DoctorReport, type Found, ok, problem } from "./report.ts";
import { checkHistory, checkOwners } from "./repository.ts";
import { checkTokens } from "./tokens.ts";
import { checkBackend, checkCli, checkNode, checkPlugins } from "./tools.ts";
import { checkTrust } from "./trust.ts";

/**
 * Looks at everything that has to be right before a stack is applied. What is wrong becomes a finding, never an error.
 * @param names the stacks to look at; all that trust knows if there are none
 */
export async function examine(
  context: Context,
  names: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<DoctorReport> {
  const { root } = context;
  const checks: Check[] = [];
  const add = (check: string, found: readonly Found[], stack?: string) => {
    checks.push(...found.map((each) => ({ check, ...(stack === undefined ? {} : { stack }), ...each })));
  };
  const trust = checkTrust(context, new Date());
  const platforms = readPlatforms(context, names, (stack, found) => add("settings", [found], stack));
  const { backend } = readProject(root);
  add("node", [checkNode()]);
  add("pulumi", [await checkCli(root, env)]);
  add("plugins", [await checkPlugins(root, platforms, env)]);
  add("backend", [await checkBackend(root, backend, env)]);
  add("clock", [await checkClock(remoteOf(root))]);
  add("history", [checkHistory(root)]);
  add("owners", [checkOwners(context)]);
  add("keys", checkKeyFiles(root, env));
  add("trust", trust);
  for (const platform of platforms) {
    add("aws", [await checkAws(platform)], platform.stack.name);
    add("cluster", [await checkCluster(platform, root)], platform.stack.name);
    add("tokens", checkTokens(context, platform, env), platform.stack.name);
  }
  return { healthy: checks.every(({ state }) => state !== "problem"), checks };
}

/** Each stack that can be read; what is wrong with the others is told. */
function readPlatforms(
  context: Context,
  names: readonly string[],
  tell: (stack: string, found: Found) => void,
): readonly Platform[] {
  return stackNames(context, names).flatMap((name) => {
    try {
      const platforms = readStacks(context, [name], []).map(({ platform }) => platform);
      tell(name, ok(`Pulumi.${name}.yaml and all that it pins can be read`));
      return platforms;
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      const [first] = error.problems;
      tell(
        name,
        problem(
          `${first?.file} ${first?.path}: ${first?.message}`,
          `npx imprimatur preview ${name} shows all that is wrong`,
        ),
      );
      return [];
    }
  });
}

/** @throws InputError for a stack that nobody knows, which is a mistake of whoever asked */
function stackNames({ catalogue }: Context, names: readonly string[]): readonly string[] {
  for (const name of names) catalogue.stack(name);
  if (names.length > 0) return names;
  try {
    return catalogue.stackNames;
  } catch (error) {
    // Told with the rest of trust.
    if (error instanceof InputError) return [];
    throw error;
  }
}
