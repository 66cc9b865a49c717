import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { openContext } from "../../cli/context.ts";
import { readStacks } from "../../cli/stacks.ts";
import { offlineEngine } from "../../engine/offline.ts";
import type { CliExit } from "../../engine/pulumiCli.ts";
import { canonicalJson } from "../../release/json.ts";
import { waves } from "../../release/order.ts";
import type { Plan, PlannedResource } from "../../release/plan.ts";
import { allows } from "../../release/verdict.ts";
import { start } from "../cli/checkout.ts";
import type { Driver, Place } from "./drivers.ts";

const RELEASE = "kubernetes:helm.sh/v3:Release";
const JOB = "kubernetes:batch/v1:Job";
const DONE: CliExit = { code: 0, stdout: "", stderr: "" };

/**
 * For where there is no Pulumi CLI: applies what the plan of a stack holds, in the order of its dependencies, and waits for
 * what the engine's providers wait for. It does so with Helm and server-side apply, as they do; it stops at the first that
 * fails, and takes away what is no longer in the plan only when all else is there.
 */
export class PlanDriver implements Driver {
  readonly #place: Place;
  /** What it has made, by URN, and whether that went well. */
  readonly #made = new Map<string, { readonly resource: PlannedResource; readonly sound: boolean }>();

  constructor(place: Place) {
    this.#place = place;
  }

  async open(): Promise<CliExit> {
    return DONE;
  }

  async up(): Promise<CliExit> {
    const plan = await this.#plan();
    if ("code" in plan) return plan;
    const wanted = applied(plan);
    for (const resource of wanted) {
      const known = this.#made.get(resource.urn);
      if (known?.sound && canonicalJson(known.resource.inputs) === canonicalJson(resource.inputs)) continue;
      this.#made.set(resource.urn, { resource, sound: false });
      const exit = await this.#make(resource, flagsOf(plan, resource));
      if (exit.code !== 0) return exit;
      this.#made.set(resource.urn, { resource, sound: true });
    }
    const stays = new Set(wanted.map(({ urn }) => urn));
    for (const [urn, { resource }] of [...this.#made].reverse().filter(([urn]) => !stays.has(urn))) {
      const exit = await this.#remove(resource, flagsOf(plan, resource));
      if (exit.code !== 0) return exit;
      this.#made.delete(urn);
    }
    return DONE;
  }

  async unchanged(): Promise<CliExit> {
    const plan = await this.#plan();
    if ("code" in plan) return plan;
    for (const resource of applied(plan).filter(({ type }) => type !== RELEASE)) {
      const { kubectl } = flagsOf(plan, resource);
      const exit = await this.#run("kubectl", "diff", ...kubectl, ...APPLY, this.#file(resource.inputs));
      if (exit.code !== 0) return exit;
    }
    return DONE;
  }

  /** The plan, as the policies let it pass; a failure where they do not. */
  async #plan(): Promise<Plan | CliExit> {
    const { root, stack } = this.#place;
    const [read] = readStacks(openContext({ directory: root }), [stack], []);
    if (read === undefined) throw new Error(`there is no ${stack}`);
    const [result] = await offlineEngine.preview([read.input], { root, pack: { directory: "policies" } });
    if (result === undefined) throw new Error(`there is no plan of ${stack}`);
    const { plan, verdicts, log } = result;
    const errors = log.filter(({ severity }) => severity === "error");
    if (allows(verdicts) && errors.length === 0) return plan;
    return { ...DONE, code: 1, stderr: JSON.stringify({ verdicts, errors }) };
  }

  async #make({ type, inputs, options }: PlannedResource, { helm, kubectl }: Flags): Promise<CliExit> {
    if (type === RELEASE) return this.#run("helm", ...helm, ...upgrade(inputs, (values) => this.#file(values)));
    const file = this.#file(inputs);
    // What a Job runs cannot be changed: one that has failed, or is another now, is made anew.
    if (type === JOB) await this.#run("kubectl", "delete", ...kubectl, "--ignore-not-found", "--filename", file);
    const exit = await this.#run("kubectl", "apply", ...kubectl, ...APPLY, file);
    if (exit.code !== 0 || type !== JOB) return exit;
    return this.#ended(file, kubectl, Number.parseInt(options.customTimeouts?.create ?? "", 10));
  }

  /** Waits until a Job has ended. */
  async #ended(file: string, kubectl: readonly string[], seconds: number): Promise<CliExit> {
    for (const end = Date.now() + seconds * 1000; Date.now() < end; await sleep(2000)) {
      const exit = await this.#run("kubectl", "get", ...kubectl, "--output", "json", "--filename", file);
      if (exit.code !== 0) return exit;
      const conditions: { type: string; status: string }[] = JSON.parse(exit.stdout).status?.conditions ?? [];
      const is = (type: string) => conditions.some((each) => each.type === type && each.status === "True");
      if (is("Complete")) return DONE;
      if (is("Failed")) return { ...exit, code: 1, stderr: "the Job has failed" };
    }
    return { ...DONE, code: 1, stderr: `the Job has not ended within ${seconds} seconds` };
  }

  #remove({ type, inputs }: PlannedResource, { helm, kubectl }: Flags): Promise<CliExit> {
    const { name, namespace } = inputs as Record<string, string>;
    return type === RELEASE
      ? this.#run(
          "helm",
          ...helm,
          "uninstall",
          `${name}`,
          "--namespace",
          `${namespace}`,
          "--wait",
          "--ignore-not-found",
        )
      : this.#run("kubectl", "delete", ...kubectl, "--ignore-not-found", "--filename", this.#file(inputs));
  }

  #run(command: string, ...args: readonly string[]): Promise<CliExit> {
    return start(command, args, this.#place.root, this.#place.env);
  }

  #file(content: unknown): string {
    const path = join(this.#place.root, ".input.json");
    writeFileSync(path, JSON.stringify(content));
    return path;
  }
}

const APPLY = ["--server-side", "--force-conflicts", "--filename"];

/** The cluster that a resource is for, as its provider says it, for each of the commands. */
interface Flags {
  readonly helm: readonly string[];
  readonly kubectl: readonly string[];
}

function flagsOf({ resources }: Plan, { provider }: PlannedResource): Flags {
  const context = String(resources.find(({ urn }) => urn === provider)?.inputs.context);
  return { helm: ["--kube-context", context], kubectl: ["--context", context] };
}

/** What a plan wants in a cluster, each behind all that it needs. */
function applied({ resources }: Plan): PlannedResource[] {
  const byUrn = new Map(resources.map((resource) => [resource.urn, resource]));
  const needs = resources.map(({ urn, dependencies, parent }) => {
    const all = parent === undefined ? dependencies : [...dependencies, parent];
    return [urn, all.filter((need) => byUrn.has(need))] as const;
  });
  const ordered = waves(new Map(needs)).flatMap((wave) => wave.flatMap((urn) => byUrn.get(urn) ?? []));
  const own = ordered.filter(({ custom, type }) => custom && !type.startsWith("pulumi:providers:"));
  const foreign = own.find(({ type }) => !type.startsWith("kubernetes:"));
  if (foreign !== undefined) throw new Error(`${foreign.urn} is for no cluster`);
  return own;
}

/**
 * What each input of a Helm release is as an argument. A plan leaves out what is the default. One that is not here would be
 * lost, so it is an error.
 */
const ARGUMENTS: Readonly<Record<string, (value: unknown) => readonly string[]>> = {
  name: () => [],
  chart: () => [],
  values: () => [],
  compat: () => [],
  namespace: (value) => ["--namespace", String(value)],
  version: (value) => ["--version", String(value)],
  timeout: (value) => ["--timeout", `${value}s`],
  maxHistory: (value) => ["--history-max", String(value)],
  atomic: (value) => (value ? ["--atomic"] : []),
  cleanupOnFail: (value) => (value ? ["--cleanup-on-fail"] : []),
  resetValues: (value) => (value ? ["--reset-values"] : []),
  createNamespace: (value) => (value ? ["--create-namespace"] : []),
  skipAwait: () => [],
};

function upgrade(inputs: PlannedResource["inputs"], fileOf: (values: unknown) => string): string[] {
  const given = Object.entries(inputs).flatMap(([input, value]) => {
    const argument = ARGUMENTS[input];
    if (argument === undefined) throw new Error(`a Helm release has the input ${input}, which is not known here`);
    return argument(value);
  });
  const release = ["upgrade", "--install", String(inputs.name), String(inputs.chart), "--plain-http"];
  const wait = inputs.skipAwait ? [] : ["--wait"];
  return [...release, ...given, ...wait, "--values", fileOf(inputs.values)];
}
