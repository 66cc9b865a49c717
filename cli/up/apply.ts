import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { PackSource } from "../../engine/engine.ts";
import type { Operated, Step } from "../../engine/update.ts";
import { writeFileAtomically } from "../../store/write.ts";
import type { Target } from "./target.ts";

/**
 * Makes a stack on its backend if it is not there yet, and gives its file the key of its secrets.
 * @returns what to tell of it
 */
export async function ensureStack({ context, checked, project, cli, backend, env, state }: Target): Promise<string[]> {
  if (await state.exists()) return [];
  const { name } = checked.platform.stack;
  const { createStack } = await import("../../engine/backend.ts");
  const lines = await createStack(cli, project, name, env);
  const made = `stack ${name} was made on ${backend}`;
  if (lines === "") return [made];
  const file = `Pulumi.${name}.yaml`;
  const path = join(context.root, file);
  const text = readFileSync(path, "utf8");
  writeFileAtomically(path, `${text}${text.endsWith("\n") ? "" : "\n"}${lines}`);
  return [`${made}; ${file} has the key of its secrets now: commit it`];
}

/** Applies a stack, with the pack attached. */
export async function applyStack(target: Target, pack: PackSource, onStep: (step: Step) => void): Promise<Operated> {
  const folder = mkdtempSync(join(tmpdir(), "imprimatur-up-"));
  // Whoever presses Ctrl-C ends the CLI, which stops in good order; what was done is recorded all the same.
  const ignore = () => undefined;
  process.on("SIGINT", ignore);
  try {
    const configFile = join(folder, "policies.json");
    writeFileSync(configFile, JSON.stringify(pack.config ?? {}));
    return await target.operate("up", { pack: { directory: pack.directory, configFile }, onStep });
  } finally {
    process.off("SIGINT", ignore);
    rmSync(folder, { recursive: true, force: true });
  }
}
