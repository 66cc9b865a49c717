import { getRootDirectory, getStack, RunError } from "@pulumi/pulumi";
import { allConfig, isDryRun } from "@pulumi/pulumi/runtime/index.js";
import { Catalogue } from "../release/catalogue.ts";
import { InputError } from "../release/errors.ts";
import { Gate } from "../release/gate.ts";
import { type Platform, readPlatform } from "../release/platform.ts";
import { BLESSED_RELEASES, judgePlatform } from "../release/rules/blessed.ts";
import { refusalText } from "../release/verdict.ts";
import { workingTree } from "../store/files.ts";
import { declarePlatform, type StackOutputs } from "./program.ts";
import { readSettings } from "./settings.ts";

/** The outputs of the stack. */
export const { namespaces, manifestDigests }: StackOutputs = runStack();

/** The program of every stack: its settings and the catalogue make a platform, which makes resources. */
function runStack(): StackOutputs {
  const stack = getStack();
  const file = `Pulumi.${stack}.yaml`;
  try {
    const settings = readSettings(allConfig(), secretKeys(), file);
    const files = workingTree(getRootDirectory());
    const catalogue = new Catalogue(files);
    const platform = readPlatform(catalogue, stack, settings, file);
    const refusal = refuseUnblessed(platform, new Gate(catalogue, files, judgedAt(catalogue)));
    // A preview fails as well, but goes on before it does, so that it shows all the rest.
    if (refusal !== undefined && !isDryRun()) throw refusal;
    const outputs = declarePlatform(platform);
    if (refusal !== undefined) throw refusal;
    return outputs;
  } catch (error) {
    // Bad input is the user's to mend: the message says how, and the place in this program is no help.
    throw error instanceof InputError ? new RunError(error.message) : error;
  }
}

/** The first ring: what is not blessed does not build, with or without a policy pack. */
function refuseUnblessed(platform: Platform, gate: Gate): RunError | undefined {
  const violations = judgePlatform(platform, gate);
  return violations.length === 0 ? undefined : new RunError(refusalText(BLESSED_RELEASES, violations));
}

/** A preview may be judged for another instant, as `--at` asks; an update is judged now. */
function judgedAt(catalogue: Catalogue): Date {
  const asked = isDryRun() ? process.env.IMPRIMATUR_AT : undefined;
  return asked === undefined ? (catalogue.judgedAt ?? new Date()) : new Date(asked);
}

/** The SDK tells only by key whether a setting is encrypted, and we want to know it of those that nobody reads, too. */
function secretKeys(): string[] {
  return JSON.parse(process.env.PULUMI_CONFIG_SECRET_KEYS ?? "[]");
}
