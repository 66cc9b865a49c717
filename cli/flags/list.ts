import { type ListedFlag, listFlags } from "../../release/flagList.ts";
import type { Platform } from "../../release/platform.ts";
import { judgingInstant } from "../approve/options.ts";
import { type GlobalOptions, openContext } from "../context.ts";
import { printReport } from "../print.ts";
import { readStacks } from "../stacks.ts";
import { openUnleash } from "../unleash.ts";
import type { ExitCode } from "../verb.ts";
import { flagsReport, renderFlags } from "./report.ts";
import { driftOf } from "./rollout.ts";

interface ListOptions extends GlobalOptions {
  readonly stack?: readonly string[];
  readonly stale?: boolean;
  readonly live?: boolean;
  readonly json?: boolean;
}

/** Prints the flags. Exit code 1 where `--stale` or `--live` find something. */
export async function showFlags(options: ListOptions): Promise<ExitCode> {
  const context = openContext(options);
  const now = judgingInstant(context);
  const platforms = readStacks(context, options.stack ?? [], []).map(({ platform }) => platform);
  const all = listFlags(context.catalogue, context.files, platforms, now);
  const drifts = options.live ? await findDrifts(all, platforms) : [];
  const flags = all.map((flag, index) => ({ ...flag, stale: [...flag.stale, ...(drifts[index] ?? [])] }));
  const shown = options.stale ? flags.filter(({ stale }) => stale.length > 0) : flags;
  const report = flagsReport(shown);
  printReport(report, options, renderFlags);
  return drifts.flat().length > 0 || (options.stale && shown.length > 0) ? 1 : 0;
}

/** In what Unleash differs from the stack files, for each flag. */
function findDrifts(flags: readonly ListedFlag[], platforms: readonly Platform[]): Promise<string[][]> {
  const asked = platforms.filter(({ settings }) => settings["imprimatur:unleash"] !== undefined);
  const unleashes = asked.map((platform) => ({ name: platform.stack.name, unleash: openUnleash(platform) }));
  return Promise.all(
    flags.map(async ({ live, flag, settings }) => {
      const own = unleashes.filter(({ name }) => live && name in settings);
      const found = await Promise.all(
        own.map(async ({ name, unleash }) => ({ name, drift: await driftOf(unleash, flag, settings[name] ?? "off") })),
      );
      return found.flatMap(({ name, drift }) => (drift === undefined ? [] : [`in ${name} it ${drift}`]));
    }),
  );
}
