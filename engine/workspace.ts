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
    const own = readYaml(stackFile(project, stack.name));
    const temporary = options.known ? undefined : await temporaryBackend(cli, project, stack.name, folder, options.env);
    const kept = temporary === undefined ? own : readYaml(temporary.stackFile);
    const configFile = join(folder, "config.yaml");
    writeFileSync(configFile, stringify({ ...kept, config: configOf(stack, own) }), { mode: 0o600 });
    const packConfigFile = join(folder, "policies.json");
    writeFileSync(packConfigFile, JSON.stringify(options.packConfig));
    const eventLog = join(folder, "events.jsonl");
    return await work({ configFile, packConfigFile, eventLog, env: temporary?.env ?? {} });
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

/** A backend in a folder, with the stack on it. */
async function temporaryBackend(
  cli: PulumiCli,
  project: Project,
  stack: string,
  folder: string,
  env: Environment,
): Promise<{ readonly stackFile: string; readonly env: Environment }> {
  const state = join(folder, "state");
  mkdirSync(state);
  // Encrypted settings need the key that they were encrypted with. A stack without one has none: a temporary key does.
  const own = secretKeysOf(stackFile(project, stack));
  const hasKey = own.encryptionsalt !== undefined || own.encryptedkey !== undefined;
  const chosen = { PULUMI_BACKEND_URL: pathToFileURL(state).href, ...(hasKey ? {} : TEMPORARY_KEY) };
  const all = { ...env, ...chosen };
  const made = await initStack(cli, project, stack, join(folder, "project"), all, hasKey ? own : {});
  return { stackFile: made, env: chosen };
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
  const path = join(standIn, `Pulumi.${stack}.yaml`);
  if (Object.keys(keys).length > 0) writeFileSync(path, stringify(keys));
  const provider = typeof keys.secretsprovider === "string" ? keys.secretsprovider : "passphrase";
  const service = isService(env.PULUMI_BACKEND_URL ?? project.backend) && keys.secretsprovider === undefined;
  const secrets = service ? [] : ["--secrets-provider", provider];
  const exit = await cli.run(["stack", "init", stack, "--no-select", ...secrets], { cwd: standIn, env });
  if (exit.code !== 0) {
    const message = `it cannot be made on the backend: ${exit.stderr.trim()}`;
    throw new EngineError([{ file: `Pulumi.${stack}.yaml`, path: "", message }], exit.stderr);
  }
  return path;
}

/** Whether a backend is Pulumi Cloud, or one's own of that kind, which keeps the keys of secrets itself. */
export function isService(url: string | undefined): boolean {
  return url === undefined || /^https?:/.test(url);
}

/** Where a stack's settings are. */
export function stackFile(project: Project, stack: string): string {
  return join(project.root, `Pulumi.${stack}.yaml`);
}

/** Keys of a stack file that say how its secrets are kept. */
const SECRET_KEYS = ["encryptionsalt", "encryptedkey", "secretsprovider"];

/** What a stack file says of how its secrets are kept. */
export function secretKeysOf(path: string): Record<string, unknown> {
  return Object.fromEntries(Object.entries(readYaml(path)).filter(([key]) => SECRET_KEYS.includes(key)));
}

function readYaml(path: string): Record<string, unknown> {
  const content: unknown = existsSync(path) ? parse(readFileSync(path, "utf8")) : undefined;
  return isObject(content) ? content : {};
}
