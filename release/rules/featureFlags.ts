import { nearest } from "../errors.ts";
import { endOfDay, type FlagUse } from "../flags.ts";
import type { EnvironmentClass } from "../schema/common.ts";
import type { FlagDeclaration, FlagMaturity } from "../schema/flags.ts";
import type { Module } from "../schema/module.ts";
import type { Violation } from "../verdict.ts";

/** By class, the lowest maturity that a feature must have to be on for everybody. */
export type FlagFloors = Readonly<Record<EnvironmentClass, FlagMaturity>>;

const RANKS: readonly FlagMaturity[] = ["alpha", "beta", "stable"];

/**
 * Holds each flag that a resource sets against what the modules declare: it must be declared, it must not have expired,
 * and a feature that has not earned it yet is not on for everybody.
 * A name that several modules declare is held to each of their declarations.
 */
export function judgeFlags(
  uses: readonly FlagUse[],
  modules: ReadonlyMap<string, Pick<Module, "flags">>,
  { stack, floors, now }: { stack: { name: string; class: EnvironmentClass }; floors: FlagFloors; now: Date },
): Violation[] {
  const declared = [...modules].flatMap(([module, { flags }]) =>
    Object.entries(flags).map(([flag, declaration]) => ({ module, flag, ...declaration })),
  );
  const floor = floors[stack.class];
  return uses.flatMap(({ flag: name, path, exposure }): Violation[] => {
    if (name === undefined) return floor === "alpha" ? [] : [unknownFlags(path, stack.class)];
    const use = { flag: name, path, exposure };
    const declarations = declared.filter(({ flag }) => flag === name);
    if (declarations.length === 0) return [undeclared(use, new Set(declared.map(({ flag }) => flag)))];
    return declarations.flatMap((declaration) => [
      ...judgeExpiry(use, declaration, now),
      ...judgeExposure(use, declaration, floor, stack),
    ]);
  });
}

type KnownUse = FlagUse & { readonly flag: string };
type Declared = FlagDeclaration & { readonly module: string };

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

/** The last day counts in full, wherever on earth it still is that day. */
function judgeExpiry({ flag, path }: KnownUse, { module, owner, expires }: Declared, now: Date): Violation[] {
  const end = endOfDay(expires).getTime();
  if (now.getTime() < end) return [];
  return [
    {
      message: `the flag ${flag} at ${path} has expired: its last day was ${expires}`,
      remedy: `${owner} takes it out of ${module}, or renews flags.${flag}.expires in catalog/modules/${module}.yaml`,
    },
  ];
}

function judgeExposure(
  { flag, path, exposure }: KnownUse,
  { module, maturity, acceptor }: Declared,
  floor: FlagMaturity,
  stack: { readonly name: string; readonly class: EnvironmentClass },
): Violation[] {
  if (RANKS.indexOf(maturity) >= RANKS.indexOf(floor)) return [];
  if (exposure === "nobody" || exposure === "some") return [];
  const asked = `in ${stack.class} a feature is ${floor} before it is on for everybody, and this one is ${maturity}`;
  if (exposure === "unclear") {
    return [
      {
        message: `whom the flag ${flag} at ${path} is on for cannot be told before an update; ${asked}`,
        remedy: `write its value as plain config: true, false, percentage:<share> or sites:<site>,<site>`,
      },
    ];
  }
  return [
    {
      message: `the flag ${flag} at ${path} is on for everybody; ${asked}`,
      remedy: `set imprimatur:flags.${module}.${flag} to off, {percentage: …} or {sites: […]} in Pulumi.${stack.name}.yaml; or ${acceptor} accepts it as ${floor}`,
    },
  ];
}
