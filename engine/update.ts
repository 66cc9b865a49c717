import { performance } from "node:perf_hooks";
import { type EngineEvent, LocalWorkspace, type PulumiCommand, Stack } from "@pulumi/pulumi/automation/index.js";
import { parse } from "semver";
import type { Problem } from "../release/errors.ts";
import { parseViolation } from "../release/verdict.ts";
import { distinct, readFailure, readPrintedError } from "./failure.ts";
import type { Project } from "./project.ts";
import type { CliExit, Environment, PulumiCli } from "./pulumiCli.ts";

/** One thing that is done to a resource, or would be. */
export interface Step {
  readonly urn: string;
  readonly type: string;
  /** In the engine's words: `create`, `update`, `replace`, `delete`, `same`, `read`, `refresh`, … */
  readonly op: string;
  /** Places that differ, such as `spec.replicas`; empty where the provider does not say. */
  readonly paths: readonly string[];
  readonly state: "begun" | "done" | "failed";
}

/** How an operation on a stack ended. */
export interface Operated {
  readonly succeeded: boolean;
  /** Why it failed; a policy's refusal begins with the name of the policy. Empty where it succeeded. */
  readonly problems: readonly Problem[];
  /** Every resource that something was done to, or would be, once, in order. */
  readonly steps: readonly Step[];
  /** How many resources there are by operation, as the engine counts them. */
  readonly counts: Readonly<Record<string, number>>;
  readonly durationSeconds: number;
}

/** What can be done to a stack. Those that `preview` change nothing. */
export type Operation = "up" | "refresh" | "destroy" | "previewRefresh" | "previewDestroy";

export interface OperateOptions {
  readonly env: Environment;
  /** The pack, and a file with its configuration. `refresh` and `destroy` take none. */
  readonly pack?: { readonly directory: string; readonly configFile: string };
  /** URNs to keep to; all resources by default. */
  readonly target?: readonly string[];
  readonly onStep?: (step: Step) => void;
}

/** Does something to a stack of the backend, by the Automation API on the CLI that was found. */
export async function operate(
  cli: PulumiCli,
  project: Project,
  stack: string,
  operation: Operation,
  options: OperateOptions,
): Promise<Operated> {
  const log = new EventLog(project, options.onStep);
  const opened = await openStack(cli, project, stack, options.env);
  const { pack, target } = options;
  const own = {
    onEvent: (event: EngineEvent) => log.add(event),
    ...(target === undefined ? {} : { target: [...target] }),
  };
  const judged = pack === undefined ? {} : { policyPacks: [pack.directory], policyPackConfigs: [pack.configFile] };
  const began = performance.now();
  const failure = await opened[operation]({ ...own, ...(operation === "up" ? judged : {}) }).then(
    () => undefined,
    (error: unknown) => {
      if (error instanceof CliFailure) return error;
      throw error;
    },
  );
  const durationSeconds = Math.round(performance.now() - began) / 1000;
  return {
    succeeded: failure === undefined,
    problems: failure === undefined ? [] : log.problems(stack, failure),
    steps: log.steps,
    counts: log.counts,
    durationSeconds,
  };
}

/** The CLI ended with another code than 0. */
class CliFailure extends Error {
  readonly exit: CliExit;

  constructor(exit: CliExit) {
    super(exit.stderr.trim());
    this.exit = exit;
  }
}

async function openStack(cli: PulumiCli, project: Project, name: string, env: Environment): Promise<Stack> {
  const workspace = await LocalWorkspace.create({ workDir: project.root, pulumiCommand: await commandOf(cli, env) });
  // Selecting a stack would change which one the user's own commands are about; each of ours names it.
  workspace.selectStack = () => Promise.resolve();
  return Stack.select(name, workspace);
}

/** The CLI that was found, as the Automation API starts it: so there is one way to start it, with one environment. */
async function commandOf(cli: PulumiCli, env: Environment): Promise<PulumiCommand> {
  const { stdout } = await cli.run(["version"], { cwd: ".", env });
  const run = async (args: readonly string[], cwd: string) => {
    const exit = await cli.run(
      args.filter((arg) => arg !== "--non-interactive"),
      { cwd, env },
    );
    if (exit.code !== 0) throw new CliFailure(exit);
    return exit;
  };
  return { command: cli.path, version: parse(stdout.trim()), run } as unknown as PulumiCommand;
}

/** What the engine tells while it works. */
class EventLog {
  readonly #project: Project;
  readonly #onStep: ((step: Step) => void) | undefined;
  readonly #steps = new Map<string, Step>();
  readonly #errors: Problem[] = [];
  readonly #violations: Problem[] = [];
  counts: Readonly<Record<string, number>> = {};

  constructor(project: Project, onStep: ((step: Step) => void) | undefined) {
    this.#project = project;
    this.#onStep = onStep;
  }

  get steps(): readonly Step[] {
    return [...this.#steps.values()];
  }

  add({
    resourcePreEvent,
    resOutputsEvent,
    resOpFailedEvent,
    diagnosticEvent,
    policyEvent,
    summaryEvent,
  }: EngineEvent) {
    if (resourcePreEvent) this.#add("begun", resourcePreEvent.metadata);
    if (resOutputsEvent) this.#add("done", resOutputsEvent.metadata);
    if (resOpFailedEvent) this.#add("failed", resOpFailedEvent.metadata);
    if (summaryEvent) this.counts = { ...summaryEvent.resourceChanges } as Record<string, number>;
    if (diagnosticEvent?.severity === "error") this.#errors.push(...this.#said(diagnosticEvent));
    if (policyEvent?.enforcementLevel === "mandatory") {
      const { message } = parseViolation(policyEvent.message.trim());
      this.#violations.push({ file: policyEvent.policyName, path: policyEvent.resourceUrn ?? "", message });
    }
  }

  /** What a provider says is about its resource; what the program says, and the engine of it, may name a file. */
  #said({ urn, message }: NonNullable<EngineEvent["diagnosticEvent"]>): readonly Problem[] {
    const own = urn === undefined || urn === "" || urn.includes("::pulumi:pulumi:Stack::");
    return own
      ? readFailure(message, this.#project.main)
      : [{ file: "", path: urn, message: readPrintedError(message).message }];
  }

  #add(state: Step["state"], metadata: NonNullable<EngineEvent["resourcePreEvent"]>["metadata"]): void {
    const { urn, type, op, detailedDiff, diffs } = metadata;
    const paths = Object.keys(detailedDiff ?? {});
    const step = { urn, type, op, paths: paths.length > 0 ? paths : (diffs ?? []), state };
    this.#steps.set(urn, step);
    this.#onStep?.(step);
  }

  problems(stack: string, { exit }: CliFailure): readonly Problem[] {
    const found = distinct([...this.#violations, ...this.#errors]).filter(({ message }) => !ENDED.test(message));
    if (found.length > 0) return found;
    const message = exit.stderr.trim().replace(/^error: /, "") || `the CLI ended with exit code ${exit.code}`;
    return [{ file: `Pulumi.${stack}.yaml`, path: "", message }];
  }
}

/** The engine's last word on what has failed already. */
const ENDED = /^(update|preview|refresh|destroy) failed$/;
