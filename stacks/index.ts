import { getRootDirectory, getStack, RunError } from "@pulumi/pulumi";
import { allConfig, isDryRun } from "@pulumi/pulumi/runtime/index.js";
import { readGatedPlatform } from "../release/admission/gated.ts";
import { versionProblem } from "../release/aws/eksPlan.ts";
import type { Catalogue } from "../release/catalogue.ts";
import { InputError, refuseInput } from "../release/errors.ts";
import type { Files } from "../release/files.ts";
import { Gate } from "../release/gate.ts";
import { type Platform, readPlatform } from "../release/platform.ts";
import { BLESSED_RELEASES, judgePlatform } from "../release/rules/blessed.ts";
import { refusalText } from "../release/verdict.ts";
import { judgedInstant, openJudgedCheckout } from "../store/checkout.ts";
import { declareGate } from "./gate.ts";
import type { StackOutputs } from "./outputs.ts";
import { declarePlatform } from "./program.ts";
import { readGateSettings, readSettings } from "./settings.ts";

/** The outputs of the stack. As one value: the SDK warns of a name that is exported and has none, as not every stack has all. */
export default runStack();

/** The program of every stack: its settings and the catalogue make what it is to contain. */
function runStack(): StackOutputs | undefined {
  const stack = getStack();
  try {
    const { files, catalogue } = openJudgedCheckout(getRootDirectory(), isDryRun(), process.env);
    const now = judgedInstant(catalogue, isDryRun(), process.env);
    const judged = { files, catalogue, now, gate: new Gate(catalogue, files, now) };
    return catalogue.gateNames.includes(stack) ? runGate(stack, judged) : runPlatform(stack, judged);
  } catch (error) {
    // Bad input is the user's to mend: the message says how, and the place in this program is no help.
    throw error instanceof InputError ? new RunError(error.message) : error;
  }
}

/** What a stack is made from. */
interface Judged {
  readonly files: Files;
  readonly catalogue: Catalogue;
  readonly now: Date;
  readonly gate: Gate;
}

/** An environment: a platform, and all that runs on it. */
function runPlatform(stack: string, { catalogue, now, gate }: Judged): StackOutputs {
  const file = `Pulumi.${stack}.yaml`;
  const settings = readSettings(allConfig(), secretKeys(), file);
  const platform = readPlatform(catalogue, stack, settings, file);
  refuseUnsupported(platform, now, file);
  const refusal = refuseUnblessed(platform, gate);
  // A preview fails as well, but goes on before it does, so that it shows all the rest.
  if (refusal !== undefined && !isDryRun()) throw refusal;
  const outputs = declarePlatform(platform, gate);
  if (refusal !== undefined) throw refusal;
  return outputs;
}

/** The admission gate of another stack, in that one's cluster. */
function runGate(stack: string, { files, catalogue, gate }: Judged): undefined {
  const settings = readGateSettings(allConfig(), secretKeys(), `Pulumi.${stack}.yaml`);
  const { gates = "" } = catalogue.stack(stack);
  declareGate(readGatedPlatform(catalogue, files, gates), settings, catalogue, gate);
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
