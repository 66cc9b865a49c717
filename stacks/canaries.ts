import type { ComponentResourceOptions } from "@pulumi/pulumi";
import type { CanaryFlagArgs } from "../components/canaryFlag.ts";
import { CanaryRelease } from "../components/canaryRelease.ts";
import type { CanaryPlan } from "../release/canary/plan.ts";
import { rolloutOf } from "../release/canary/population.ts";
import type { Platform, PlatformModule } from "../release/platform.ts";
import type { Release } from "../release/schema/manifest.ts";

/** The canary of a module whose population the stack's Unleash holds, whether there is a canary now or not. */
export function declareCanary(
  { settings }: Platform,
  { module, current, canary, canaryPlan: plan }: PlatformModule,
  opts: ComponentResourceOptions,
): CanaryRelease | undefined {
  const place = settings["imprimatur:unleash"];
  if (plan?.carrier !== "unleash" || place === undefined) return undefined;
  const served = ({ manifest, manifestDigest }: Release) => ({ version: manifest.version, manifestDigest });
  return new CanaryRelease(
    `${module.name}-canary`,
    {
      module: module.name,
      stable: served(current),
      canary: canary && served(canary.release),
      ladder: [...plan.ladder],
      flag: flagOf(place, module.name, plan),
    },
    opts,
  );
}

type Place = NonNullable<Platform["settings"]["imprimatur:unleash"]>;

function flagOf(place: Place, module: string, plan: CanaryPlan): CanaryFlagArgs {
  const { stickiness, constraints } = rolloutOf(plan, 0);
  return {
    ...place,
    flag: plan.flag,
    description: `Who gets the canary of ${module}`,
    ladder: [...plan.ladder],
    stickiness,
    constraints: constraints.map((constraint) => ({ ...constraint, values: [...constraint.values] })),
  };
}
