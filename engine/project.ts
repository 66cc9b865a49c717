import { existsSync, readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join, resolve } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { refuseInput } from "../release/errors.ts";

/** A Pulumi project whose program runs on Node. */
export interface Project {
  readonly name: string;
  /** The folder of `Pulumi.yaml`, absolute. */
  readonly root: string;
  /** The program as `Pulumi.yaml` names it, for messages. */
  readonly main: string;
  /** Where the program runs: the folder of its main file, absolute. */
  readonly directory: string;
  /** The main file as seen from there; `.` where the package says which one it is. */
  readonly entry: string;
  /** Whether the SDK is to compile TypeScript itself, as it does unless told otherwise. */
  readonly typescript: boolean;
  /** The backend that the project itself asks for. */
  readonly backend: string | undefined;
}

const FILE = "Pulumi.yaml";

const RuntimeOptions = z.object({ typescript: z.boolean().optional() });
const ProjectFile = z.object({
  name: z.string().min(1),
  main: z.string().optional(),
  backend: z.object({ url: z.string().optional() }).optional(),
  runtime: z.union([z.literal("nodejs"), z.object({ name: z.literal("nodejs"), options: RuntimeOptions.optional() })]),
});

/**
 * Reads `Pulumi.yaml`; how `main` decides on the working directory is the Pulumi engine's rule.
 * @throws {@link InputError} where the file or the program is missing, or the program does not run on Node.
 */
export function readProject(root: string): Project {
  const path = join(resolve(root), FILE);
  if (!existsSync(path)) refuseInput({ file: FILE, path: "", message: `there is none in ${resolve(root)}` });
  const parsed = ProjectFile.safeParse(parse(readFileSync(path, "utf8")));
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    refuseInput({ file: FILE, path: issue?.path.join(".") ?? "", message: issue?.message ?? "not a Pulumi project" });
  }
  const { name, main, runtime, backend } = parsed.data;
  const typescript = (typeof runtime === "string" ? undefined : runtime.options?.typescript) ?? true;
  const project = { name, root: resolve(root), main: main ?? ".", typescript, backend: backend?.url };
  const target = resolve(root, main ?? ".");
  if (!existsSync(target))
    refuseInput({ file: FILE, path: "main", message: "there is no such file", value: main ?? "." });
  return statSync(target).isDirectory()
    ? { ...project, directory: target, entry: "." }
    : { ...project, directory: dirname(target), entry: basename(target) };
}

/**
 * A script of the Pulumi SDK that `directory` would import.
 * @throws {@link InputError} where the SDK is not installed.
 */
export function sdkScript(directory: string, script: "run" | "run-policy-pack"): string {
  try {
    return createRequire(join(directory, FILE)).resolve(`@pulumi/pulumi/cmd/${script}/index.js`);
  } catch {
    refuseInput({ file: directory, path: "", message: "@pulumi/pulumi is not installed here; run `npm ci`" });
  }
}

/**
 * Where Node may keep what it has compiled, which makes the next start twice as fast: beside the packages themselves, so
 * that nobody can write it who could not write those.
 * @param script a script of a package
 */
export function compileCache(script: string): string {
  const packages = script.slice(0, script.lastIndexOf("node_modules") + "node_modules".length);
  return join(packages, ".cache", "imprimatur");
}
