import { nearestHint, refuseInput } from "../errors.ts";
import type { CanarySetting } from "../schema/canary.ts";
import type { Module } from "../schema/module.ts";

/**
 * What moves users to a canary. `unleash`: a service serves both versions of some content, and asks a flag who gets which;
 * a change counts at once. `route`: each version runs in a slot of its own, and weights share the traffic out; a change is
 * one of the stack file.
 */
type Carrier = "unleash" | "route";

/** To whom a canary may go, and how far. What is voted and blessed is bound to all of it, through the configHash. */
export interface CanaryPlan {
  readonly carrier: Carrier;
  /** The flag that holds the population, where Unleash is the carrier. */
  readonly flag: string;
  /** Populations in percent, rising. */
  readonly ladder: readonly number[];
  readonly stickiness: string;
  readonly only: Readonly<Record<string, readonly string[]>>;
  readonly except: Readonly<Record<string, readonly string[]>>;
}

/** How canaries of a module go in a stack: as the module declares it, or as the stack says otherwise. Undefined where it has none. */
export function canaryPlan(
  modules: ReadonlyMap<string, Module>,
  module: Module,
  setting: CanarySetting = {},
): CanaryPlan | undefined {
  const { name, canary } = module;
  if (canary === undefined) return undefined;
  const served = [...modules.values()].some(({ content }) => content[name]?.canary !== undefined);
  return {
    carrier: served ? "unleash" : "route",
    flag: canary.flag ?? `${name}-canary`,
    ladder: setting.ladder ?? canary.ladder,
    stickiness: setting.stickiness ?? canary.stickiness,
    only: setting.only ?? canary.only,
    except: setting.except ?? canary.except,
  };
}

/**
 * Checks what a stack file says of a module's canary by itself.
 * @throws InputError where the module can have none, or the population is not on the ladder or not to be said here
 */
export function checkCanarySetting(
  plan: CanaryPlan | undefined,
  module: Module,
  { release, population }: CanarySetting,
  place: { readonly file: string; readonly path: string },
): asserts plan is CanaryPlan {
  if (plan === undefined) {
    const message = `${module.name} can have no canary: catalog/modules/${module.name}.yaml declares none`;
    refuseInput({ ...place, message });
  }
  if (plan.carrier === "route" && module.strategy !== "slot") {
    const message = `${module.name} can have no canary: it does not run in slots, and no service downloads it as content`;
    refuseInput({ ...place, message });
  }
  if (population === undefined) return;
  const at = { file: place.file, path: `${place.path}.population`, value: String(population) };
  if (plan.carrier === "unleash") {
    refuseInput({ ...at, message: "is kept in Unleash: leave it out, and use `npx imprimatur canary widen`" });
  }
  if (release === undefined) refuseInput({ ...at, message: "has nobody to get it: there is no canary release" });
  if (!plan.ladder.includes(population)) {
    const message = `is not on the ladder ${plan.ladder.join(", ")}`;
    refuseInput({ ...at, message, ...nearestHint(String(population), plan.ladder.map(String)) });
  }
}
