import { existsSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import { InputError } from "../release/errors.ts";
import { canonicalPlan } from "../release/plan.ts";
import { allows } from "../release/verdict.ts";
import { changesState, desiredResources, isRefused, readDigest, readLog, readViolations } from "./digest.ts";
import type { Engine, PackSource, PreviewOptions, StackInput, StackResult } from "./engine.ts";
import { distinct, EngineError, isRefusal, mergeFailures, readFailure, settle } from "./failure.ts";
import { type PolicyInfo, startPack } from "./pack.ts";
import { type Project, readProject } from "./project.ts";
import { type CliExit, cliEnvironment, type Environment, findCli, hasBackend, type PulumiCli } from "./pulumiCli.ts";
import { inTurns } from "./turns.ts";
import { stackUrn } from "./urn.ts";
import { verdictsOf } from "./verdicts.ts";
import { inWorkspace, type Workspace } from "./workspace.ts";

/** Previews with the Pulumi CLI, as `pulumi preview --policy-pack` does. */
export const pulumiEngine: Engine = { name: "pulumi", preview };

/** Whether the real engine can be used without any preparation; where not, why. */
export type Availability = { readonly available: true } | { readonly available: false; readonly reason: string };

/**
 * Whether the CLI is there and the project's backend answers. Downloads nothing.
 * @param root the folder of `Pulumi.yaml`
 */
export async function available(root: string, env: Environment = process.env): Promise<Availability> {
  const cli = findCli(env);
  if (cli === undefined) return { available: false, reason: "the Pulumi CLI is neither on the PATH nor in its home" };
  const project = readProject(root);
  if (!hasBackend(env, project.backend))
    return { available: false, reason: "no backend is chosen; see `pulumi login`" };
  const { code, stderr } = await listStacks(cli, project, cliEnvironment(env, {}));
  const reason = `the backend does not answer: ${stderr.trim().replace(/^error: /, "")}`;
  return code === 0 ? { available: true } : { available: false, reason };
}

async function preview(stacks: readonly StackInput[], options: PreviewOptions): Promise<readonly StackResult[]> {
  const project = readProject(options.root);
  const cli = findCli(process.env);
  if (cli === undefined) {
    const message = "the Pulumi CLI is neither on the PATH nor in its home; install it, or use --engine offline";
    throw new InputError([{ file: "--engine", path: "", message }]);
  }
  const env = cliEnvironment(process.env, options.env ?? {});
  const policies = settle(options.pack === undefined ? Promise.resolve([]) : policiesOf(options.pack, options));
  const known = await knownStacks(cli, project, env);

  const previewStack = async (stack: StackInput): Promise<StackResult> => {
    options.onProgress?.(stack.name, "program");
    const packConfig = options.pack?.config ?? {};
    const isKnown = known.has(stack.name);
    const result = await inWorkspace(cli, project, stack, { known: isKnown, packConfig, env }, async (workspace) => {
      const args = previewArguments(stack, workspace, project, options);
      const exit = await cli.run(args, { cwd: project.root, env: { ...env, ...workspace.env } });
      const listed = await policies;
      if ("error" in listed) throw listed.error;
      return readPreview(project, stack, exit, workspace, listed.value);
    });
    options.onProgress?.(stack.name, "done");
    return result;
  };

  // Each preview is several processes, one of them large.
  const limit = Math.max(2, Math.floor(availableParallelism() / 2));
  const settled = await inTurns(limit, stacks, (stack) => settle(previewStack(stack)));
  const failures = settled.flatMap((outcome) => ("error" in outcome ? [outcome.error] : []));
  if (failures.length > 0) throw mergeFailures(failures);
  return settled.flatMap((outcome) => ("value" in outcome ? [outcome.value] : []));
}

function listStacks(cli: PulumiCli, project: Project, env: Environment): Promise<CliExit> {
  return cli.run(["stack", "ls", "--json"], { cwd: project.root, env });
}

/** Names of the stacks that the user's backend has; none where no backend was chosen. */
async function knownStacks(cli: PulumiCli, project: Project, env: Environment): Promise<ReadonlySet<string>> {
  if (!hasBackend(env, project.backend)) return new Set();
  const { code, stdout, stderr } = await listStacks(cli, project, env);
  if (code !== 0) throw new EngineError([{ file: "--engine", path: "", message: stderr.trim() }], stderr);
  const names = (JSON.parse(stdout) as { name: string }[]).map(({ name }) => name.split("/").at(-1) ?? name);
  return new Set(names);
}

/** The CLI tells which policies were violated, not which there are. */
async function policiesOf(source: PackSource, { root, env }: PreviewOptions): Promise<readonly PolicyInfo[]> {
  const pack = await startPack(source, root, env);
  await pack.stop();
  return pack.policies;
}

function previewArguments(
  stack: StackInput,
  { configFile, packConfigFile, eventLog }: Workspace,
  project: Project,
  { pack }: PreviewOptions,
): string[] {
  const judged =
    pack === undefined
      ? []
      : ["--policy-pack", resolve(project.root, pack.directory), "--policy-pack-config", packConfigFile];
  return [
    ...["preview", "--stack", stack.name, "--config-file", configFile],
    ...["--json", "--show-sames", "--event-log", eventLog],
    ...judged,
  ];
}

function readPreview(
  project: Project,
  stack: StackInput,
  exit: CliExit,
  { eventLog }: Workspace,
  policies: readonly PolicyInfo[],
): StackResult {
  const digest = readDigest(exit.stdout);
  const log = digest === undefined ? [] : readLog(digest);
  const errors = log.filter(({ severity }) => severity === "error");
  const root = stackUrn({ project: project.name, stack: stack.name });
  const violations = existsSync(eventLog) ? readViolations(readFileSync(eventLog, "utf8")) : [];
  const byName = new Map(policies.map((policy) => [policy.name, policy]));
  const diagnostics = violations.map((violation) => {
    const policy = byName.get(violation.policy);
    // The CLI shows what is said of a stack as a whole at the resource that stands for it.
    const isWhole = policy?.wholeStack === true && violation.urn === root;
    return { ...violation, description: policy?.description ?? "", urn: isWhole ? undefined : violation.urn };
  });
  const verdicts = verdictsOf(new Map(policies.map(({ name, level }) => [name, level])), diagnostics);

  // A violation fails a preview that shows all the same; an error at a resource leaves that resource out.
  const isWhole =
    exit.code === 0 ||
    isRefusal(errors.map(({ message }) => message)) ||
    (digest && isRefused(digest) && !allows(verdicts) && errors.every(({ urn }) => urn === undefined));
  if (digest === undefined || !isWhole) {
    const said = errors.flatMap(({ message }) => readFailure(message, project.main));
    const message = exit.stderr.trim().replace(/^error: /, "") || `the preview ended with exit code ${exit.code}`;
    const debug = [...errors.map((error) => error.message), exit.stderr].join("\n");
    throw new EngineError(
      said.length > 0 ? distinct(said) : [{ file: `Pulumi.${stack.name}.yaml`, path: "", message }],
      debug,
    );
  }
  const plan = { stack: stack.name, project: project.name, resources: desiredResources(digest) };
  const changes = changesState(digest);
  return { stack: stack.name, plan: canonicalPlan(plan), verdicts, unjudged: [], log, changes };
}
