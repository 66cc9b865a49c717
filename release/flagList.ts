import type { Catalogue } from "./catalogue.ts";
import type { Files } from "./files.ts";
import { type JudgedFlag, judgedFlags } from "./flagMaturity.ts";
import type { Platform } from "./platform.ts";
import { isOver } from "./rules/featureFlags.ts";
import type { FlagSetting } from "./schema/flags.ts";

/** A flag, with what each stack sets it to, and why it should be looked after, if anything. */
export interface ListedFlag extends JudgedFlag {
  /** By name of the stack that runs the module; off where it says nothing. */
  readonly settings: Readonly<Record<string, FlagSetting>>;
  /** In words; empty where nothing is the matter. */
  readonly stale: readonly string[];
}

const DAY_MS = 86_400_000;
/** A flag that ends within this time is named: to take it out is a release of its module. */
const SOON_DAYS = 30;

/**
 * Every flag of the catalogue, as some stacks set it.
 * @param platforms the stacks to look at
 */
export function listFlags(catalogue: Catalogue, files: Files, platforms: readonly Platform[], now: Date): ListedFlag[] {
  return judgedFlags(catalogue, files, now).map((flag) => {
    const running = platforms.filter(({ modules }) => modules.has(flag.module));
    const settings = Object.fromEntries(
      running.map((platform) => [platform.stack.name, settingOf(platform, flag.module, flag.flag)]),
    );
    return { ...flag, settings, stale: staleness(flag, settings, running, now) };
  });
}

/** What a stack sets a flag to. */
export function settingOf({ settings }: Platform, module: string, flag: string): FlagSetting {
  return settings["imprimatur:flags"][module]?.[flag] ?? "off";
}

/** The opt-ins of a setting, each site with its last day. */
export function optIns(setting: FlagSetting): Readonly<Record<string, string>> {
  return typeof setting === "object" && "sites" in setting ? setting.sites : {};
}

function staleness(
  { expires, owner, maturity, earned, acceptor }: JudgedFlag,
  settings: Readonly<Record<string, FlagSetting>>,
  running: readonly Platform[],
  now: Date,
): string[] {
  const over = isOver(expires, now);
  const soon = !over && isOver(expires, new Date(now.getTime() + SOON_DAYS * DAY_MS));
  const ended = Object.entries(settings).flatMap(([stack, setting]) =>
    Object.entries(optIns(setting))
      .filter(([, until]) => isOver(until, now))
      .map(([site, until]) => `the opt-in of ${site} in ${stack} ended on ${until}`),
  );
  const inProd = running.filter(({ stack }) => stack.class === "prod");
  const everywhere = inProd.length > 0 && Object.values(settings).every((setting) => setting === "on");
  return [
    ...(over ? [`expired on ${expires}: ${owner} takes it out, or renews it`] : []),
    ...(soon ? [`expires on ${expires}`] : []),
    ...ended,
    ...(everywhere && earned === "stable" ? [`stable and on everywhere: ${owner} takes it out`] : []),
    ...(earned === maturity ? [] : [`${acceptor} has not accepted it as ${maturity}`]),
  ];
}
