import { readBlessingUri } from "../../release/blessing.ts";
import { InputError } from "../../release/errors.ts";
import type { Gate } from "../../release/gate.ts";
import { pinText } from "../../release/pins.ts";
import { type Platform, readPlatform, startWaves } from "../../release/platform.ts";
import type { PinTexts } from "../../release/promote.ts";
import { releaseOf, type StepBack } from "../../release/rollback.ts";
import { fallbackOf } from "../../release/rules/rollbackReady.ts";
import type { Release } from "../../release/schema/manifest.ts";
import type { TrustedStack } from "../../release/schema/trust.ts";
import { inTheWayOf } from "../approve/inTheWay.ts";
import { Refusal } from "../approve/outcome.ts";
import { type NamedRelease, releaseText } from "../candidate.ts";
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
  const order = startWaves(after).map((wave) =>
    wave.flatMap((name) => judged.find(({ module }) => module === name) ?? []),
  );
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
    if (against.length === 0) return [];
    const title = `${releaseText(named)} for ${stack.name}`;
    return [{ name: releaseText(named), title, against, back: valuesBack(named, entry.configHash, stack, gate) }];
  });
  if (missing.length === 0) return;
  const names = missing.map(({ name }) => name).join(" and ");
  const configured = missing.every(({ back }) => back !== undefined) ? " as it is configured now" : "";
  throw new Refusal(
    `${names} may not run in ${stack.name} again${configured}`,
    missing.flatMap(({ back }) => back ?? []),
    Object.fromEntries(missing.map(({ title, against }) => [title, against])),
  );
}

/** How to take the values back too, where a release may run with those that it ran with; undefined where it may not anyhow. */
function valuesBack(
  { module, release }: NamedRelease,
  configHash: string,
  stack: TrustedStack,
  gate: Gate,
): string | undefined {
  const { settled, blessing } = gate.standingAnyhow(module, release, stack);
  const ran = readBlessingUri(blessing?.predicate.resourceUri)?.configHash;
  if (settled === undefined || ran === undefined || ran === configHash) return undefined;
  const { commit } = settled.entry;
  const show = commit === undefined ? "git log --patch" : `git diff ${commit.slice(0, 12)}`;
  return `${releaseText({ module, release })} ran with other values: put those back that changed since, and roll back again; ${show} -- Pulumi.${stack.name}.yaml catalog/modules/${module.name}.yaml`;
}
