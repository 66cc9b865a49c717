import { InputError } from "../../release/errors.ts";
import type { Gate } from "../../release/gate.ts";
import { waves } from "../../release/order.ts";
import { pinText } from "../../release/pins.ts";
import { type Platform, readPlatform } from "../../release/platform.ts";
import type { PinTexts } from "../../release/promote.ts";
import { releaseOf, type StepBack } from "../../release/rollback.ts";
import { fallbackOf } from "../../release/rules/rollbackReady.ts";
import type { Release } from "../../release/schema/manifest.ts";
import { inTheWayOf } from "../approve/inTheWay.ts";
import { Refusal } from "../approve/outcome.ts";
import { releaseText } from "../candidate.ts";
import type { Context } from "../context.ts";

/** One module that may go back, with what it is to be pinned to. */
export interface JudgedStep {
  readonly module: string;
  readonly from?: Release;
  readonly to: Release;
  readonly pins: PinTexts;
}

/** A stack that may go back. */
export interface JudgedRollback {
  /** In waves: each is started when all of the one before is ready. */
  readonly waves: readonly (readonly JudgedStep[])[];
  /** The stack as it will be. */
  readonly platform: Platform;
}

/**
 * Holds steps back against the rule: each release is still there, may run as the stack is configured, and all that is
 * pinned then goes together. A release that was settled needs no vote.
 * @throws Refusal with everything that is against it
 */
export function judgeSteps(
  context: Context,
  platform: Platform,
  steps: readonly StepBack[],
  { gate, at }: { readonly gate: Gate; readonly at: Date },
): JudgedRollback {
  const { catalogue } = context;
  const { stack, settings } = platform;
  const file = `Pulumi.${stack.name}.yaml`;
  const gone = steps.filter(({ module, to }) => releaseOf(catalogue, module, to) === undefined);
  if (gone.length > 0) {
    const names = gone.map(({ module, to }) => `${module} ${to.version} (${to.manifestDigest})`).join(", ");
    throw new Refusal(`the catalogue no longer has ${names} as it was applied`, ["git log -- catalog/releases"]);
  }
  const judged = steps.map(({ module: name, from, to }): JudgedStep => {
    const module = catalogue.module(name, { file: "<module>", path: "" });
    const release = releaseOf(catalogue, name, to) as Release;
    const before = fallbackOf(module, release, { catalogue, gate, stack }, from?.manifestDigest);
    const pins: PinTexts = before === undefined ? [pinText(release)] : [pinText(release), pinText(before)];
    return { module: name, ...(from && { from }), to: release, pins };
  });
  const modules = { ...settings["imprimatur:modules"] };
  for (const { module, pins } of judged) modules[module] = pins.filter((pin) => pin !== undefined);
  const after = readAfter(() =>
    readPlatform(catalogue, stack.name, { ...settings, "imprimatur:modules": modules }, file),
  );
  refuseUnfit(context, after, judged, { gate, at });
  const needs = new Map([...after.modules].map(([name, each]) => [name, each.needs]));
  const order = waves(needs).map((wave) => wave.flatMap((name) => judged.find(({ module }) => module === name) ?? []));
  return { waves: order.filter((wave) => wave.length > 0), platform: after };
}

/** What fitted before and does not now, does so because of the steps back: no bad input, but a refusal. */
function readAfter(read: () => Platform): Platform {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const [first, ...more] = error.problems.map(({ message }) => message);
    throw new Refusal([`what would run does not go together: ${first}`, ...more].join("; "), [
      "take back what needs it too: --to <ledger entry> takes the whole environment back",
    ]);
  }
}

function refuseUnfit(
  context: Context,
  { stack, modules }: Platform,
  steps: readonly JudgedStep[],
  { gate, at }: { readonly gate: Gate; readonly at: Date },
): void {
  const missing = steps.flatMap(({ module: name, to }) => {
    const entry = modules.get(name);
    if (entry === undefined) return [];
    const named = { module: entry.module, release: to };
    const standing = gate.standing({ ...named, configHash: entry.configHash }, stack);
    const against = inTheWayOf(context, standing, stack, named, at);
    return against.length === 0 ? [] : [[`${releaseText(named)} for ${stack.name}`, against] as const];
  });
  if (missing.length === 0) return;
  const names = missing.map(([title]) => title.split(" for ")[0]).join(" and ");
  const values = "where only its values differ from those that it ran with, put those back too";
  throw new Refusal(`${names} may not run in ${stack.name} again`, [values], Object.fromEntries(missing));
}
