import type { Problem } from "../release/errors.ts";
import { canonicalPlan, type Plan, SECRET, type Unjudged } from "../release/plan.ts";
import { type Exit, startNode } from "./child.ts";
import type { LogEntry, StackInput } from "./engine.ts";
import { distinct, EngineError, isRefusal, readFailure, readPrintedError } from "./failure.ts";
import { type Recording, startMonitor } from "./monitor.ts";
import { type Project, sdkScript } from "./project.ts";
import { plannedResource, type Registration } from "./registration.ts";
import { stackUrn } from "./urn.ts";

/** What a program registered for one stack. */
export interface ProgramResult {
  readonly plan: Plan;
  /** The same resources in the SDK's own format, in order of registration: what policies are sent. */
  readonly raw: readonly Registration[];
  readonly unjudged: readonly Unjudged[];
  /** Errors among it are what the program refuses, though it came to its own end. */
  readonly log: readonly LogEntry[];
}

/**
 * Runs the program of a stack in a process of its own, as the language host does for a preview, and records what it
 * registers.
 * @throws {@link EngineError} where the program failed, logged an error or used a URN twice.
 */
export async function runProgram(
  project: Project,
  stack: StackInput,
  env: Readonly<Record<string, string>> = {},
): Promise<ProgramResult> {
  const scope = { project: project.name, stack: stack.name };
  const monitor = await startMonitor(scope);
  try {
    const child = startNode(sdkScript(project.directory, "run"), runnerArguments(project, stack, monitor.address), {
      cwd: project.directory,
      env: { ...runnerEnvironment(project, stack), ...env },
    });
    const exit = await child.exited;
    const { recording } = monitor;
    refuseFailure(project, recording, exit);

    const encrypted = stack.secretKeys.map((key) => ({ urn: stackUrn(scope), what: `the encrypted setting ${key}` }));
    const plan = { stack: stack.name, project: project.name, resources: recording.registrations.map(plannedResource) };
    return {
      plan: canonicalPlan(plan),
      raw: recording.registrations,
      unjudged: [...encrypted, ...recording.unjudged],
      log: [...recording.log, ...printedLines(exit)],
    };
  } finally {
    monitor.close();
  }
}

function runnerArguments(project: Project, stack: StackInput, address: string): string[] {
  const named = {
    project: project.name,
    stack: stack.name,
    organization: "organization",
    "root-directory": project.root,
    pwd: project.directory,
    monitor: address,
    engine: address,
    // More than one, or the SDK registers one resource after the other.
    parallel: "64",
  };
  return [...Object.entries(named).flatMap(([key, value]) => [`--${key}`, value]), "--dry-run", project.entry];
}

function runnerEnvironment(project: Project, stack: StackInput): Record<string, string> {
  const secrets = stack.secretKeys.map((key) => [key, SECRET]);
  const config = Object.entries({ ...stack.config, ...Object.fromEntries(secrets) });
  const texts = config.map(([key, value]) => [key, typeof value === "string" ? value : JSON.stringify(value)]);
  return {
    PULUMI_CONFIG: JSON.stringify(Object.fromEntries(texts)),
    PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(stack.secretKeys),
    ...(project.typescript ? { PULUMI_NODEJS_TYPESCRIPT: "true" } : {}),
  };
}

/** What the program wrote past its runtime; the Pulumi CLI shows it as information too. */
function printedLines(exit: Exit): LogEntry[] {
  const lines = `${exit.stdout}\n${exit.stderr}`.split("\n").filter((line) => line.trim() !== "");
  return lines.map((message) => ({ severity: "info", message }));
}

function refuseFailure(project: Project, recording: Recording, exit: Exit): void {
  const logged = errorsOf(recording);
  const debug = [...logged, exit.stderr].filter((text) => text !== "").join("\n");
  const refusals = recording.refusals.map((message) => ({ file: project.main, path: "", message }));
  if (refusals.length > 0) throw new EngineError(refusals, debug);
  // A program that refuses what it is to build has still shown all of it.
  const ended = (exit.code === 0 && recording.finished) || isRefusal(logged);
  if (logged.length > 0 && !ended) {
    // A promise that fails may be reported by each who waits for it.
    const failures = distinct(logged.flatMap((text) => readFailure(text, project.main)));
    throw new EngineError([...failures, ...unanswered(project, recording)], debug);
  }
  if (ended) return;
  const lines = readPrintedError(exit.stderr).message.split("\n");
  const written = lines.find((line) => line.includes("Error: ")) ?? lines[0] ?? "";
  const how = exit.signal === undefined ? `with exit code ${exit.code}` : `by ${exit.signal}`;
  const message = `the program ended ${how} before its stack was complete${written === "" ? "" : `: ${written}`}`;
  throw new EngineError([{ file: project.main, path: "", message }], debug);
}

function errorsOf({ log }: Recording): string[] {
  return log.filter((entry) => entry.severity === "error").map((entry) => entry.message);
}

/** A program may stumble over an answer that this engine does not have: the failure says so. */
function unanswered(project: Project, recording: Recording): Problem[] {
  const questions = recording.unjudged.filter(({ what }) => what.startsWith("the invoke of "));
  return questions.map(({ what }) => ({
    file: project.main,
    path: "",
    message: `the offline engine cannot answer ${what}, which may be why; --engine pulumi can`,
  }));
}
