import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Outcome, start } from "../cli/checkout.ts";
import { type Contexts, evaluate, interpolate } from "./expressions.ts";
import type { Forge } from "./forge.ts";
import { inOrder, type Job, NEEDS_CLOUD, needsOf, readWorkflow, type Step, stepName } from "./workflow.ts";

/** What a workflow is started with, and what stands in for the steps that need a cloud. */
export interface RunOptions {
  readonly github?: Readonly<Record<string, unknown>>;
  readonly inputs?: Readonly<Record<string, unknown>>;
  readonly vars?: Readonly<Record<string, string>>;
  readonly secrets?: Readonly<Record<string, string>>;
  /** The commit or branch that is checked out where the step does not name one. */
  readonly ref: string;
  /** Outputs of the steps that need a cloud, by id. */
  readonly outputs?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Commands that stand in for steps that need a cloud, by their names without the mark. */
  readonly standIns?: Readonly<Record<string, string>>;
  /** Files that stand in the workspace of a job before its first command. */
  readonly files?: Readonly<Record<string, string>>;
  /** The folder of artifacts that another run has left; one of its own by default. */
  readonly artifacts?: string;
  /** Further environment of every command. */
  readonly env?: Readonly<Record<string, string>>;
}

/** How one job ended; a matrix has one for each of its values. */
interface JobRun {
  readonly job: string;
  readonly value?: string;
  readonly result: "success" | "failure" | "skipped";
  /** All that its commands printed. */
  readonly text: string;
  readonly workspace: string;
}

export interface WorkflowRun {
  readonly jobs: readonly JobRun[];
  /** Steps that were run, as {@link stepName} names them. */
  readonly ran: readonly string[];
  readonly artifacts: string;
}

/**
 * Runs a workflow on this machine: its commands as they stand, in their order, each job in a clone of its own. The forge's
 * own actions are done by hand, and steps that need a cloud are left out.
 */
export async function runWorkflow(file: string, forge: Forge, options: RunOptions): Promise<WorkflowRun> {
  const { jobs } = readWorkflow(file);
  const runs: JobRun[] = [];
  const ran: string[] = [];
  const artifacts = options.artifacts ?? mkdtempSync(join(forge.folder, "artifacts-"));
  const needs: Record<string, { result: string; outputs: Record<string, string> }> = {};
  for (const name of inOrder(jobs)) {
    const job = jobs[name] as Job;
    const own = Object.fromEntries(needsOf(job).map((need) => [need, needs[need]]));
    const base = {
      github: { ...GITHUB, ...options.github },
      inputs: options.inputs ?? {},
      vars: options.vars ?? {},
      secrets: options.secrets ?? {},
      needs: own,
    };
    const isReady = needsOf(job).every((need) => needs[need]?.result === "success");
    const starts = job.if === undefined ? isReady : Boolean(evaluate(job.if, base)) && (isReady || tolerates(job.if));
    if (!starts) {
      needs[name] = { result: "skipped", outputs: {} };
      runs.push({ job: name, result: "skipped", text: "", workspace: "" });
      continue;
    }
    const outputs: Record<string, string> = {};
    const results: JobRun["result"][] = [];
    for (const { value, matrix } of matrixOf(job, base)) {
      if (results.includes("failure") && job.strategy?.["fail-fast"] !== false) break;
      if (job.uses !== undefined) {
        const contexts = { ...base, matrix };
        const inputs = Object.entries(job.with ?? {}).map(([key, text]) => [key, interpolate(String(text), contexts)]);
        const called = await runWorkflow(job.uses.split("/").at(-1) ?? "", forge, {
          ...options,
          inputs: Object.fromEntries(inputs),
        });
        ran.push(...called.ran);
        // A job of a workflow that is called is told of where it has run.
        const told = called.jobs.filter(({ result }) => result !== "skipped");
        runs.push(...told.map((each) => ({ ...each, ...(value === undefined ? {} : { value }) })));
        results.push(...called.jobs.map(({ result }) => result));
        continue;
      }
      const run = new RunningJob(file, name, job, forge, { ...options, artifacts, contexts: { ...base, matrix } });
      const ended = await run.run();
      Object.assign(outputs, run.outputs());
      ran.push(...run.ran);
      runs.push({ ...ended, ...(value === undefined ? {} : { value }) });
      results.push(ended.result);
    }
    needs[name] = { result: results.includes("failure") ? "failure" : "success", outputs };
  }
  return { jobs: runs, ran, artifacts };
}

const GITHUB = {
  repository: "example/platform",
  server_url: "https://github.test",
  run_id: "7",
  run_attempt: "1",
  token: "none",
  ref: "refs/heads/main",
};

/** Whether a condition lets a job or step run although something before it has failed. */
function tolerates(condition: string): boolean {
  return /\b(always|cancelled|failure)\(\)/.test(condition);
}

function matrixOf(job: Job, contexts: Contexts): { value?: string; matrix: Record<string, string> }[] {
  const [key, text] = Object.entries(job.strategy?.matrix ?? {})[0] ?? [];
  if (key === undefined || text === undefined) return [{ matrix: {} }];
  return (evaluate(text, contexts) as string[]).map((value) => ({ value, matrix: { [key]: value } }));
}

class RunningJob {
  readonly ran: string[] = [];
  readonly #workspace: string;
  readonly #temp: string;
  readonly #steps: Record<string, { outputs: Record<string, string> }> = {};
  readonly #env: Record<string, string> = {};
  #text = "";

  readonly file: string;
  readonly name: string;
  readonly job: Job;
  readonly forge: Forge;
  readonly options: RunOptions & { readonly artifacts: string; readonly contexts: Contexts };

  constructor(file: string, name: string, job: Job, forge: Forge, options: RunningJob["options"]) {
    this.file = file;
    this.name = name;
    this.job = job;
    this.forge = forge;
    this.options = options;
    this.#workspace = mkdtempSync(join(forge.folder, `${name}-`));
    this.#temp = mkdtempSync(join(forge.folder, "runner-"));
  }

  get #contexts(): Contexts {
    return { ...this.options.contexts, steps: this.#steps, runner: { temp: this.#temp } };
  }

  outputs(): Record<string, string> {
    const entries = Object.entries(this.job.outputs ?? {});
    return Object.fromEntries(entries.map(([key, text]) => [key, interpolate(text, this.#contexts)]));
  }

  async run(): Promise<JobRun> {
    let failed = false;
    for (const step of this.job.steps ?? []) {
      const wanted = step.if === undefined ? !failed : Boolean(evaluate(step.if, this.#contexts));
      if (!wanted || (failed && !tolerates(step.if ?? ""))) continue;
      const code = step.uses === undefined ? await this.#command(step) : await this.#action(step);
      if (code !== 0) failed = true;
    }
    const result = failed ? "failure" : "success";
    return { job: this.name, result, text: this.#text, workspace: this.#workspace };
  }

  async #command(step: Step): Promise<number> {
    const standIn = this.options.standIns?.[step.name?.replace(` ${NEEDS_CLOUD}`, "") ?? ""];
    if (step.name?.includes(NEEDS_CLOUD) && standIn === undefined) {
      if (step.id !== undefined) this.#steps[step.id] = { outputs: { ...this.options.outputs?.[step.id] } };
      return 0;
    }
    if (standIn === undefined) this.ran.push(stepName(this.file, this.name, step));
    const files = Object.fromEntries(["GITHUB_ENV", "GITHUB_OUTPUT"].map((key) => [key, join(this.#temp, key)]));
    for (const path of Object.values(files)) writeFileSync(path, "");
    const env = {
      ...this.options.env,
      ...this.#evaluated(this.job.env),
      ...this.#env,
      ...this.#evaluated(step.env),
      ...files,
      ...this.forge.environment,
      RUNNER_TEMP: this.#temp,
      CI: "true",
    };
    const { code, stdout, stderr } = await this.#bash(standIn ?? step.run ?? "", env);
    this.#text += `${stdout}${stderr}`;
    Object.assign(this.#env, assignments(files.GITHUB_ENV ?? ""));
    if (step.id !== undefined) this.#steps[step.id] = { outputs: assignments(files.GITHUB_OUTPUT ?? "") };
    return code;
  }

  #bash(script: string, env: Record<string, string>): Promise<Outcome> {
    return start("bash", ["--noprofile", "--norc", "-eo", "pipefail", "-c", script], this.#workspace, env);
  }

  #evaluated(env: Readonly<Record<string, string>> = {}): Record<string, string> {
    return Object.fromEntries(Object.entries(env).map(([key, text]) => [key, interpolate(text, this.#contexts)]));
  }

  /** The forge's actions that the workflows use, and no others. */
  async #action({ uses = "", with: inputs = {} }: Step): Promise<number> {
    const [action] = uses.split("@");
    const input = (key: string) => interpolate(String(inputs[key] ?? ""), this.#contexts);
    const place = join(this.options.artifacts, input("name"));
    if (action === "actions/setup-node") return 0;
    if (action === "actions/checkout") {
      rmSync(this.#workspace, { recursive: true });
      await this.forge.clone(this.#workspace, input("ref") || this.options.ref);
      for (const [path, text] of Object.entries(this.options.files ?? {})) {
        writeFileSync(join(this.#workspace, path), text);
      }
    } else if (action === "actions/upload-artifact") {
      const paths = input("path").split("\n").filter(Boolean);
      mkdirSync(place, { recursive: true });
      const found = paths.map((path) => join(path.startsWith("/") ? "" : this.#workspace, path)).filter(existsSync);
      for (const path of found)
        cpSync(path, paths.length === 1 && !path.endsWith(".xml") ? place : join(place, path.split("/").at(-1) ?? ""), {
          recursive: true,
        });
      return found.length > 0 ? 0 : 1;
    } else if (action === "actions/download-artifact") {
      if (!existsSync(place)) return 1;
      cpSync(place, input("path"), { recursive: true });
    } else {
      throw new Error(`nothing stands in for ${uses}`);
    }
    return 0;
  }
}

function assignments(path: string): Record<string, string> {
  const lines = readFileSync(path, "utf8").split("\n").filter(Boolean);
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]));
}
