import { getRootDirectory, getStack, RunError } from "@pulumi/pulumi";
import { allConfig, isDryRun } from "@pulumi/pulumi/runtime/index.js";
import { versionProblem } from "../release/aws/eksPlan.ts";
import { InputError, refuseInput } from "../release/errors.ts";
import { Gate } from "../release/gate.ts";
import { type Platform, readPlatform } from "../release/platform.ts";
import { BLESSED_RELEASES, judgePlatform } from "../release/rules/blessed.ts";
import { refusalText } from "../release/verdict.ts";
import { judgedInstant, openJudgedCheckout } from "../store/checkout.ts";
import type { StackOutputs } from "./outputs.ts";
import { declarePlatform } from "./program.ts";
import { readSettings } from "./settings.ts";

/** The outputs of the stack. As one value: the SDK warns of a name that is exported and has none, as not every stack has all. */
export default runStack();

/** The program of every stack: its settings and the catalogue make a platform, which makes resources. */
function runStack(): StackOutputs {
  const stack = getStack();
  const file = `Pulumi.${stack}.yaml`;
  try {
    const settings = readSettings(allConfig(), secretKeys(), file);
    const { files, catalogue } = openJudgedCheckout(getRootDirectory(), isDryRun(), process.env);
    const platform = readPlatform(catalogue, stack, settings, file);
    const now = judgedInstant(catalogue, isDryRun(), process.env);
    refuseUnsupported(platform, now, file);
    const refusal = refuseUnblessed(platform, new Gate(catalogue, files, now));
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

/** A cluster of a version that its cloud no longer keeps would be upgraded under our hands. @throws InputError */
function refuseUnsupported({ infrastructure: { eks } }: Platform, now: Date, file: string): void {
  const problem = eks === undefined ? undefined : versionProblem(eks.settings, now, file);
  if (problem !== undefined) refuseInput(problem);
}

/** The SDK tells only by key whether a setting is encrypted, and we want to know it of those that nobody reads, too. */
function secretKeys(): string[] {
  return JSON.parse(process.env.PULUMI_CONFIG_SECRET_KEYS ?? "[]");
}
