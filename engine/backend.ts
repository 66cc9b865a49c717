import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { refuseInput } from "../release/errors.ts";
import type { Project } from "./project.ts";
import { type Environment, loginOf, type PulumiCli } from "./pulumiCli.ts";
import { initStack, isService, secretKeysOf, stackFile } from "./workspace.ts";

/** Where state is kept while somebody tries it out, below the root of the project. */
const TRIAL_FOLDER = ".pulumi-state";

/** Where the state of a stack is kept. */
export interface Backend {
  /** Such as `s3://bucket`; absent where a token alone chooses Pulumi Cloud. */
  readonly url?: string;
  /** Who chose it, for people. */
  readonly reason: string;
}

/**
 * The backend that is chosen, by the first that says so: PULUMI_BACKEND_URL, `backend.url` in Pulumi.yaml, `pulumi login`.
 * @param mayTry whether a folder of the checkout will do where nothing is chosen
 * @throws InputError where nothing is chosen and nothing will do
 */
export function chooseBackend(project: Project, env: Environment, mayTry: boolean): Backend {
  if (env.PULUMI_BACKEND_URL) return { url: env.PULUMI_BACKEND_URL, reason: "by PULUMI_BACKEND_URL" };
  if (project.backend) return { url: project.backend, reason: "by Pulumi.yaml" };
  const login = loginOf(env);
  if (login !== undefined) return { url: login, reason: "by `pulumi login`" };
  if (env.PULUMI_ACCESS_TOKEN) return { reason: "by PULUMI_ACCESS_TOKEN" };
  if (!mayTry) {
    const message =
      "no backend is chosen: set PULUMI_BACKEND_URL (s3://…, https://api.pulumi.com, file://…) or backend.url in Pulumi.yaml";
    refuseInput({ file: "PULUMI_BACKEND_URL", path: "", message });
  }
  const folder = join(project.root, TRIAL_FOLDER);
  mkdirSync(folder, { recursive: true });
  return { url: pathToFileURL(folder).href, reason: "nothing else is chosen: for trying out" };
}

/**
 * Refuses to begin where the passphrase of a stack's secrets is not there: the CLI would ask for it, and nobody answers.
 * @throws InputError
 */
export function checkPassphrase(project: Project, stack: string, { url }: Backend, env: Environment): void {
  const { secretsprovider = "passphrase" } = secretKeysOf(stackFile(project, stack));
  if (isService(url) || secretsprovider !== "passphrase") return;
  if (env.PULUMI_CONFIG_PASSPHRASE !== undefined || env.PULUMI_CONFIG_PASSPHRASE_FILE !== undefined) return;
  const message = `is not set, and neither is PULUMI_CONFIG_PASSPHRASE_FILE: it protects the secrets in the state of ${stack}; or name a key service in Pulumi.${stack}.yaml, secretsprovider: awskms://alias/<name>`;
  refuseInput({ file: "PULUMI_CONFIG_PASSPHRASE", path: "", message });
}

/**
 * Makes a stack that its backend does not have yet.
 * @returns the lines that its stack file needs now, such as `encryptionsalt: …`; none where it has them
 */
export async function createStack(cli: PulumiCli, project: Project, stack: string, env: Environment): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "imprimatur-stack-"));
  try {
    const before = secretKeysOf(stackFile(project, stack));
    const written = secretKeysOf(await initStack(cli, project, stack, join(folder, "project"), env, before));
    const added = Object.entries(written).filter(([key]) => before[key] === undefined);
    return added.map(([key, value]) => `${key}: ${value}\n`).join("");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
