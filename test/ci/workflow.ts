import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";

export const PROJECT = join(import.meta.dirname, "../..");
const FOLDER = join(PROJECT, ".github/workflows");

/** A step that runs a command or uses an action. */
export interface Step {
  readonly id?: string;
  readonly name?: string;
  readonly if?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, string | number | boolean>>;
  readonly env?: Readonly<Record<string, string>>;
}

export interface Job {
  readonly name?: string;
  readonly needs?: string | readonly string[];
  readonly if?: string;
  readonly uses?: string;
  readonly with?: Readonly<Record<string, string | boolean>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly outputs?: Readonly<Record<string, string>>;
  readonly strategy?: { readonly matrix: Readonly<Record<string, string>>; readonly "fail-fast"?: boolean };
  readonly steps?: readonly Step[];
  readonly permissions?: unknown;
  readonly environment?: string;
}

export interface Workflow {
  readonly name: string;
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions?: unknown;
  readonly jobs: Readonly<Record<string, Job>>;
}

/** Names of the files of all workflows, sorted. */
export function workflowFiles(): readonly string[] {
  return readdirSync(FOLDER).sort();
}

export function readWorkflow(file: string): Workflow {
  return parse(readFileSync(join(FOLDER, file), "utf8"));
}

/** What marks a step that cannot run without a registry, a cluster, a Pulumi download or a cloud's login. */
export const NEEDS_CLOUD = "(needs a cloud)";

/** Every step of a workflow that runs a command, as `<file> <job> <name>`. */
export function commandSteps(file: string): readonly string[] {
  return Object.entries(readWorkflow(file).jobs).flatMap(([job, { steps = [] }]) =>
    steps.filter(({ run }) => run !== undefined).map((step) => stepName(file, job, step)),
  );
}

export function stepName(file: string, job: string, { name, run = "" }: Step): string {
  return `${file} ${job} ${name ?? run}`;
}

/** Jobs in an order in which each comes after those that it needs. */
export function inOrder(jobs: Workflow["jobs"]): readonly string[] {
  const done: string[] = [];
  const left = new Set(Object.keys(jobs));
  while (left.size > 0) {
    const next = [...left].find((name) => needsOf(jobs[name]).every((need) => done.includes(need)));
    if (next === undefined) throw new Error(`${[...left].join(", ")} wait for each other`);
    done.push(next);
    left.delete(next);
  }
  return done;
}

export function needsOf(job: Job | undefined): readonly string[] {
  const needs = job?.needs ?? [];
  return typeof needs === "string" ? [needs] : needs;
}
