import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { parse, stringify } from "yaml";
import { isObject, type JsonObject } from "../release/json.ts";
import type { StackInput } from "./engine.ts";
import { EngineError } from "./failure.ts";
import type { Project } from "./project.ts";
import type { Environment, PulumiCli } from "./pulumiCli.ts";

/** The files of one preview, in a folder that is gone when it is over. No stack file is ever written. */
export interface Workspace {
  /** What `--config-file` names: the stack's file with the settings that were asked for. */
  readonly configFile: string;
  /** What `--policy-pack-config` names. */
  readonly packConfigFile: string;
  /** Where the CLI writes its events. */
  readonly eventLog: string;
  /** Variables that choose the backend and its key; none where they are the user's own. */
  readonly env: Environment;
}

/**
 * Prepares the preview of a stack, does it, and cleans up.
 * @param known whether the user's backend has the stack. One that it does not have is previewed on a temporary
 *   backend: creating it would change something.
 */
export async function inWorkspace<Result>(
  cli: PulumiCli,
  project: Project,
  stack: StackInput,
  options: { readonly known: boolean; readonly packConfig: JsonObject; readonly env: Environment },
  work: (workspace: Workspace) => Promise<Result>,
): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), "imprimatur-preview-"));
  try {
    const own = readYaml(join(project.root, `Pulumi.${stack.name}.yaml`));
    const temporary = options.known ? undefined : await temporaryBackend(cli, project, stack, folder, options.env);
    // Encrypted settings need the key that they were encrypted with; without one, the temporary key does.
    const hasKey = own.encryptionsalt !== undefined || own.secretsprovider !== undefined;
    const original = temporary === undefined || hasKey ? own : readYaml(temporary.stackFile);
    const configFile = join(folder, "config.yaml");
    writeFileSync(configFile, stringify({ ...original, config: configOf(stack, original) }), { mode: 0o600 });
    const packConfigFile = join(folder, "policies.json");
    writeFileSync(packConfigFile, JSON.stringify(options.packConfig));
    const eventLog = join(folder, "events.jsonl");
    const backend = temporary === undefined ? {} : { PULUMI_BACKEND_URL: temporary.url };
    const key = temporary === undefined || hasKey ? {} : TEMPORARY_KEY;
    return await work({ configFile, packConfigFile, eventLog, env: { ...backend, ...key } });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The settings that were asked for, and encrypted ones as they stand in the stack's file. */
function configOf(stack: StackInput, original: Record<string, unknown>): Record<string, unknown> {
  const written = isObject(original.config) ? original.config : {};
  const encrypted = stack.secretKeys.filter((key) => written[key] !== undefined).map((key) => [key, written[key]]);
  return { ...stack.config, ...Object.fromEntries(encrypted) };
}

/** A new stack on the temporary backend holds no secret, so its key needs no protection. */
const TEMPORARY_KEY = { PULUMI_CONFIG_PASSPHRASE: "", PULUMI_CONFIG_PASSPHRASE_FILE: undefined };

async function temporaryBackend(
  cli: PulumiCli,
  project: Project,
  stack: StackInput,
  folder: string,
  env: Environment,
): Promise<{ readonly stackFile: string; readonly url: string }> {
  const state = join(folder, "state");
  mkdirSync(state);
  const url = pathToFileURL(state).href;
  const own = { ...env, PULUMI_BACKEND_URL: url, ...TEMPORARY_KEY };
  return { stackFile: await initStack(cli, project, stack.name, join(folder, "project"), own), url };
}

/**
 * Makes a new stack on a backend. The CLI writes the key of a new stack beside the project, and writes the whole file anew
 * for it; so it gets a stand-in of the same name.
 * @param standIn a folder that is not there yet
 * @param keys how secrets are kept, as the stack's own file says it; by a passphrase where it says nothing
 * @returns the stack file that the CLI wrote
 */
export async function initStack(
  cli: PulumiCli,
  project: Project,
  stack: string,
  standIn: string,
  env: Environment,
  keys: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  mkdirSync(standIn);
  writeFileSync(join(standIn, "Pulumi.yaml"), stringify({ name: project.name, runtime: "nodejs" }));
  const stackFile = join(standIn, `Pulumi.${stack}.yaml`);
  if (Object.keys(keys).length > 0) writeFileSync(stackFile, stringify(keys));
  const provider = typeof keys.secretsprovider === "string" ? keys.secretsprovider : "passphrase";
  const service = isService(env.PULUMI_BACKEND_URL ?? project.backend) && keys.secretsprovider === undefined;
  const secrets = service ? [] : ["--secrets-provider", provider];
  const exit = await cli.run(["stack", "init", stack, "--no-select", ...secrets], { cwd: standIn, env });
  if (exit.code !== 0) {
    const message = `it cannot be made on the backend: ${exit.stderr.trim()}`;
    throw new EngineError([{ file: `Pulumi.${stack}.yaml`, path: "", message }], exit.stderr);
  }
  return stackFile;
}

/** Whether a backend is Pulumi Cloud, or one's own of that kind, which keeps the keys of secrets itself. */
export function isService(url: string | undefined): boolean {
  return url === undefined || url.startsWith("https://");
}

export function readYaml(path: string): Record<string, unknown> {
  const content: unknown = existsSync(path) ? parse(readFileSync(path, "utf8")) : undefined;
  return isObject(content) ? content : {};
}
