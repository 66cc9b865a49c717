import type { Gate, Standing } from "../gate.ts";
import { pinText } from "../pins.ts";
import type { Platform } from "../platform.ts";
import type { Release } from "../schema/manifest.ts";
import type { Module } from "../schema/module.ts";
import type { TrustedStack } from "../schema/trust.ts";
import type { Violation } from "../verdict.ts";

/** What a refusal by the first ring is listed under. */
export const BLESSED_RELEASES = "blessed-releases";

/** The first ring: every release that a stack pins, or gives to a canary, must be allowed to run there. One violation for each that is not. */
export function judgePlatform({ stack, modules }: Platform, gate: Gate): Violation[] {
  return [...modules.values()].flatMap(({ module, current, canary, configHash }) =>
    [current, ...(canary === undefined ? [] : [canary.release])].flatMap((release) => {
      const standing = gate.standing({ module, release, configHash }, stack);
      return standing.allowed ? [] : [describeStanding(module, release, stack, standing)];
    }),
  );
}

/** Why a release may not run in a stack, what is missing, and the first command that supplies some of it. */
export function describeStanding(
  module: Module,
  release: Release,
  stack: TrustedStack,
  { judgement }: Standing,
): Violation {
  const name = `${module.name} ${release.manifest.version}`;
  const open = judgement.items.filter(({ state }) => state === "missing" || state === "refused");
  const lines = open.map(({ state, text }) => `${state === "refused" ? "refused" : "missing"}  ${text}`);
  if (open.length === 0) {
    // Everything is there, and nobody has said so; or the blessing names records that no longer hold.
    lines.push("missing  a blessing that rests on what is there now");
  }
  const remedy = open.find(({ command }) => command !== undefined)?.command;
  return {
    message: [`${name} (${shortPin(release)}) is not blessed for ${stack.name}`, ...lines].join("\n  "),
    remedy: remedy ?? `npx imprimatur ${open.length === 0 ? "bless" : "requires"} ${name} --for ${stack.name}`,
  };
}

function shortPin(release: Release): string {
  return `${pinText(release).slice(0, release.manifest.version.length + "@sha256:".length + 12)}…`;
}
