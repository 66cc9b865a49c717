import { z } from "zod";
import { nearest } from "../errors.ts";
import type { JudgedFlag } from "../flagMaturity.ts";
import { endOfDay, type FlagUse } from "../flags.ts";
import type { EnvironmentClass } from "../schema/common.ts";
import { FLAG_MATURITIES, FlagMaturity } from "../schema/flags.ts";
import type { Violation } from "../verdict.ts";

/** By class, the lowest maturity that a feature must have to be on for everybody. */
export const FlagFloors = z.strictObject({
  bleed: FlagMaturity.default("alpha"),
  dev: FlagMaturity.default("alpha"),
  staging: FlagMaturity.default("alpha"),
  prod: FlagMaturity.default("beta"),
});
type FlagFloors = z.output<typeof FlagFloors>;

/**
 * Holds each flag that a resource sets against what the modules declare: it must be declared, neither it nor a site's
 * opt-in must have ended, and a feature that has not earned it yet is not on for everybody.
 * A name that several modules declare is held to each of their declarations.
 */
export function judgeFlags(
  uses: readonly FlagUse[],
  declared: readonly JudgedFlag[],
  { stack, floors, now }: { stack: { name: string; class: EnvironmentClass }; floors: FlagFloors; now: Date },
): Violation[] {
  const floor = floors[stack.class];
  return uses.flatMap(({ flag: name, ...rest }): Violation[] => {
    if (name === undefined) return floor === "alpha" ? [] : [unknownFlags(rest.path, stack.class)];
    const use = { flag: name, ...rest };
    const declarations = declared.filter(({ flag }) => flag === name);
    if (declarations.length === 0) return [undeclared(use, new Set(declared.map(({ flag }) => flag)))];
    return declarations.flatMap((declaration) => [
      ...judgeExpiry(use, declaration, now),
      ...judgeOptIns(use, declaration, stack.name, now),
      ...judgeExposure(use, declaration, floor, stack),
    ]);
  });
}

type KnownUse = FlagUse & { readonly flag: string };

function unknownFlags(path: string, stackClass: EnvironmentClass): Violation {
  return {
    message: `which flags ${path} sets cannot be known before an update, and ${stackClass} does not admit every flag`,
    remedy: "write it as plain config, not as an output of another resource",
  };
}

function undeclared({ flag, path }: KnownUse, known: ReadonlySet<string>): Violation {
  const near = nearest(flag, known);
  const hint = near === undefined ? "" : `; the nearest that is declared is ${near}`;
  return {
    message: `the flag ${flag} at ${path} is declared by no module${hint}`,
    remedy: `declare it under flags: in catalog/modules/<module>.yaml, with owner, maturity, expires, acceptance and acceptor`,
  };
}

/** Whether a last day is over: it counts in full, wherever on earth it still is that day. */
export function isOver(lastDay: string, now: Date): boolean {
  return now.getTime() >= endOfDay(lastDay).getTime();
}

/** A site tries a feature for a time, and not for good without anybody having said so. */
function judgeOptIns({ flag, sites }: KnownUse, { module }: JudgedFlag, stack: string, now: Date): Violation[] {
  return Object.entries(sites)
    .filter(([, until]) => isOver(until, now))
    .map(([site, until]) => ({
      message: `the opt-in of ${site} to ${flag} of ${module} has ended: its last day was ${until}`,
      remedy: `npx imprimatur flag expire --stack ${stack}`,
    }));
}

function judgeExpiry({ flag, path }: KnownUse, { module, owner, expires }: JudgedFlag, now: Date): Violation[] {
  if (!isOver(expires, now)) return [];
  return [
    {
      message: `the flag ${flag} at ${path} has expired: its last day was ${expires}`,
      remedy: `${owner} takes it out of ${module}, or renews flags.${flag}.expires in catalog/modules/${module}.yaml`,
    },
  ];
}

function judgeExposure(
  { flag, path, exposure }: KnownUse,
  { module, maturity, earned, acceptor }: JudgedFlag,
  floor: FlagMaturity,
  stack: { readonly name: string; readonly class: EnvironmentClass },
): Violation[] {
  if (FLAG_MATURITIES.indexOf(earned) >= FLAG_MATURITIES.indexOf(floor)) return [];
  if (exposure === "nobody" || exposure === "some") return [];
  const is = earned === maturity ? maturity : `${earned}: nobody has accepted it as ${maturity}`;
  const asked = `in ${stack.class} a feature is ${floor} before it is on for everybody, and this one is ${is}`;
  if (exposure === "unclear") {
    return [
      {
        message: `whom the flag ${flag} at ${path} is on for cannot be told before an update; ${asked}`,
        remedy: `write its value as plain config: true, false, percentage:<share> or sites:<site>@<last day>`,
      },
    ];
  }
  return [
    {
      message: `the flag ${flag} at ${path} is on for everybody; ${asked}`,
      remedy: `set imprimatur:flags.${module}.${flag} to off, {percentage: …} or {sites: {…}} in Pulumi.${stack.name}.yaml; or ${acceptor} accepts it: npx imprimatur flag accept ${module} ${flag} --as ${floor}`,
    },
  ];
}
