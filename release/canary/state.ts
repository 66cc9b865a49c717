import type { Ledger, SignedEntry } from "../ledger.ts";
import { pinText } from "../pins.ts";
import type { PlatformModule } from "../platform.ts";
import { type PinTexts, writePins } from "../promote.ts";
import type { CanaryStep } from "../schema/ledger.ts";
import type { Release } from "../schema/manifest.ts";
import { writeSetting } from "../settingEdit.ts";
import type { CanaryState } from "./machine.ts";

const CANARIES = "imprimatur:canaries";

/** The last step of a module's canaries that a stack's ledger tells of. */
export function lastStep(ledger: Ledger | undefined, module: string): RecordedStep | undefined {
  const found = ledger?.entries.findLast(({ entry }) => entry.canary?.module === module);
  return found?.entry.canary === undefined
    ? undefined
    : { step: found.entry.canary, at: new Date(found.entry.at), found };
}

/** A step with the instant of its entry. */
interface RecordedStep {
  readonly step: CanaryStep;
  readonly at: Date;
  readonly found: SignedEntry;
}

/**
 * Where the canary of a module stands: its versions by the stack file, its population by what holds it, which is the stack
 * file for a route, and for Unleash what was last recorded.
 */
export function canaryState(entry: PlatformModule, ledger: Ledger | undefined): CanaryState {
  const { current, previous, canary, canaryPlan, module } = entry;
  const recorded = lastStep(ledger, module.name)?.step.population ?? 0;
  return {
    stable: current.manifest.version,
    before: previous?.manifest.version ?? null,
    canary: canary?.release.manifest.version ?? null,
    population: canaryPlan?.carrier === "unleash" ? recorded : (canary?.population ?? 0),
  };
}

/**
 * The text of a stack file with the versions of a state and, where a route moves the traffic, its population. Every other
 * byte stays.
 * @param releaseOf the release of a version that the state names
 * @throws InputError where the file is so written that the change could not be confined
 */
export function writeState(
  text: string,
  entry: PlatformModule,
  state: CanaryState,
  releaseOf: (version: string) => Release,
  file: string,
): string {
  const { module, current, canaryPlan } = entry;
  const pin = (version: string | null) => (version === null ? undefined : pinText(releaseOf(version)));
  const pins = [pin(state.stable), pin(state.before)].filter((text) => text !== undefined) as unknown as PinTexts;
  const pinned = state.stable === current.manifest.version ? text : writePins(text, module.name, pins, file);
  const place = ["config", CANARIES, module.name];
  const named = writeSetting(pinned, [...place, "release"], pin(state.canary), file);
  if (canaryPlan?.carrier !== "route") return named;
  return writeSetting(named, [...place, "population"], state.population > 0 ? state.population : undefined, file);
}
