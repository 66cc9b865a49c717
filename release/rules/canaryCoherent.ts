import { rolloutOf } from "../canary/population.ts";
import { lastStep } from "../canary/state.ts";
import type { Catalogue } from "../catalogue.ts";
import { canonicalJson } from "../json.ts";
import { type SettingsAt, settingsIn, unknownPlaces } from "../kubernetes/settings.ts";
import { asksForBlessing } from "../requirements.ts";
import type { Release } from "../schema/manifest.ts";
import type { Module } from "../schema/module.ts";
import { isUnknown } from "../unknown.ts";
import type { Violation } from "../verdict.ts";
import { compareVersions } from "../versions.ts";
import { type Judges, mayRun, refuseRelease } from "./allowed.ts";

/** A violation that may be no more than an advice. */
type Finding = Violation & { readonly advice?: boolean };

/** Settings by which some module downloads the content of another one. */
interface Slot {
  readonly content: string;
  readonly stable: string;
  readonly canary?: string;
  readonly namespace: string;
}

/** What a canary setting says where there is none. */
const NO_CANARY = new Set<unknown>([undefined, null, "", "none"]);

/**
 * Wherever an object says which version of some content is stable and which is the canary, both are releases that may run
 * in the stack, the canary is not older, it has a ladder to go by, and nothing is owed from the one before. The names of
 * such settings are those that modules of the catalogue declare.
 */
export function judgeCanary(object: unknown, namespace: string | undefined, judges: Judges): Finding[] {
  const slots = slotsOf(judges.catalogue);
  const names = new Set(slots.flatMap(({ stable, canary }) => [stable, ...(canary === undefined ? [] : [canary])]));
  const known = settingsIn(object, names).flatMap((place) => judgePlace(place, slots, namespace, judges));
  // Elsewhere an unknown value is nobody's concern here; in the namespace of such a module it may be these settings.
  const concerned = slots.some((slot) => slot.namespace === namespace);
  const strict = concerned && asksForBlessing(judges.catalogue.formality, judges.stack);
  const unknown = (strict ? unknownPlaces(object) : []).map((path) => ({
    message: `${path} cannot be known before an update, and may say which content is served`,
    remedy: "write it as plain config",
  }));
  return [...known, ...unknown];
}

/** Several contents may go by the same names: those of the object's namespace are meant, or else any of them. */
function judgePlace(
  place: SettingsAt,
  slots: readonly Slot[],
  namespace: string | undefined,
  judges: Judges,
): Finding[] {
  const set = ({ stable, canary }: Slot) =>
    [stable, canary].some((name) => name !== undefined && place.settings.has(name));
  const meant = slots.filter(set);
  const own = meant.filter((slot) => slot.namespace === namespace);
  const groups = Map.groupBy(own.length > 0 ? own : meant, ({ stable, canary }) => `${stable} ${canary ?? ""}`);
  return [...groups.values()].flatMap((group) => {
    const results = group.map((slot) => judgeSlot(place, slot, judges));
    return results.find((findings) => findings.every(({ advice }) => advice)) ?? results[0] ?? [];
  });
}

function judgeSlot({ path, settings }: SettingsAt, slot: Slot, judges: Judges): Finding[] {
  const module = judges.catalogue.modules.get(slot.content);
  if (module === undefined) return [];
  const strict = asksForBlessing(judges.catalogue.formality, judges.stack);
  const at = path === "" ? "" : ` at ${path}`;
  const [stable, canary] = [
    settings.get(slot.stable),
    slot.canary === undefined ? undefined : settings.get(slot.canary),
  ];
  const hasCanary = !NO_CANARY.has(canary);
  if (NO_CANARY.has(stable) && !settings.has(slot.stable) && !hasCanary) return [];

  const read = (name: string, value: unknown) => readVersion(`${name}${at}`, value, module, strict, judges);
  const stableRead = read(slot.stable, stable);
  const canaryRead = hasCanary ? read(slot.canary ?? "", canary) : { findings: [] };
  const order =
    stableRead.release && canaryRead.release && judgeOrder(stableRead.release, canaryRead.release, slot, module);
  const sequence = strict ? judgeSequence(module, hasCanary, judges) : [];
  return [...stableRead.findings, ...canaryRead.findings, ...(order ?? []), ...sequence];
}

/** What the sequence of canaries asks for, besides what the versions are. */
function judgeSequence(module: Module, hasCanary: boolean, { gate, stack }: Judges): Finding[] {
  const { name } = module;
  const step = lastStep(gate.ledger(stack.name), name)?.step;
  const owed = step?.owed
    ? [
        {
          message: `the population of the last canary of ${name} is ${step.population} %: it is owed that it goes back to 0${hasCanary ? " before another one starts" : ""}`,
          remedy: `npx imprimatur canary settle ${name} --stack ${stack.name}`,
          ...(hasCanary ? {} : { advice: true }),
        },
      ]
    : [];
  if (!hasCanary || module.canary !== undefined) return owed;
  const message = `${name} has a canary and declares no ladder, so nothing bounds who gets it`;
  return [...owed, { message, remedy: `say under canary in catalog/modules/${name}.yaml how far it may go` }];
}

/** What the program says of a canary's flag. */
export interface ClaimedFlag {
  readonly flag: string;
  readonly ladder: readonly number[];
  readonly stickiness: string;
  readonly constraints: readonly unknown[];
}

/** The flag that holds a canary's population goes as far, and to those, that catalogue and stack file say and votes are bound to. */
export function judgeCanaryFlag(
  name: string,
  claimed: ClaimedFlag,
  { catalogue, configuredAs, stack }: Judges,
): Finding[] {
  const module = catalogue.modules.get(name);
  const plan = module && configuredAs(module)?.canary;
  if (plan === undefined) {
    const message = `it holds the population of ${name}, which declares no canary, or which this stack does not pin`;
    return [{ message, remedy: `declare canary in catalog/modules/${name}.yaml` }];
  }
  const { flag, ladder } = plan;
  const { stickiness, constraints } = rolloutOf(plan, 0);
  if (canonicalJson({ flag, ladder, stickiness, constraints }) === canonicalJson({ ...claimed })) return [];
  const message = `it gives the canary of ${name} to others, or further, than was signed for`;
  const remedy = `set canary in catalog/modules/${name}.yaml or imprimatur:canaries.${name} of Pulumi.${stack.name}.yaml, and have that blessed`;
  return [{ message, remedy }];
}

function readVersion(what: string, value: unknown, module: Module, strict: boolean, judges: Judges): Read {
  const refuse = (message: string, remedy: string): Read => ({ findings: strict ? [{ message, remedy }] : [] });
  if (isUnknown(value)) return refuse(`${what} cannot be known before an update`, "write the version as plain config");
  if (NO_CANARY.has(value)) {
    return refuse(
      `${what} names no version of ${module.name}`,
      `pin ${module.name} in the stack, or write its version`,
    );
  }
  if (typeof value !== "string") {
    return refuse(
      `${what} is no plain text, so the version of ${module.name} cannot be told`,
      "write the version as text",
    );
  }
  const release = judges.catalogue.release(module.name, value);
  if (release === undefined) {
    const message = `${what} names a version of ${module.name} that is not in the catalogue`;
    return refuse(message, `npx imprimatur cut ${module.name} <version>`);
  }
  return { release, findings: mayRun(release, judges) ? [] : [refuseRelease(what, release, judges)] };
}

interface Read {
  readonly release?: Release;
  readonly findings: readonly Finding[];
}

function judgeOrder(stable: Release, canary: Release, slot: Slot, module: Module): Finding[] {
  const gap = compareVersions(module.versions, canary.manifest.version, stable.manifest.version);
  const [before, next] = [stable.manifest.version, canary.manifest.version];
  if (gap < 0) {
    const message = `the canary of ${module.name}, ${next}, is older than what is stable, ${before}`;
    return [{ message, remedy: `set ${slot.canary} to a later version, or to none` }];
  }
  if (canary.manifestDigest !== stable.manifestDigest) return [];
  const message = `the canary of ${module.name}, ${next}, has become stable: it is owed that the canary is cleared and its population set to 0`;
  return [{ message, remedy: `set ${slot.canary} to none, then the population to 0`, advice: true }];
}

function slotsOf({ modules }: Catalogue): Slot[] {
  return [...modules.values()].flatMap(({ content, namespace }) =>
    Object.entries(content).map(([name, { stable, canary }]) => ({
      content: name,
      stable,
      ...(canary === undefined ? {} : { canary }),
      namespace,
    })),
  );
}
