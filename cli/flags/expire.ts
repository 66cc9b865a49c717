import { optIns, settingOf } from "../../release/flagList.ts";
import { type JudgedFlag, judgedFlags } from "../../release/flagMaturity.ts";
import { isOver } from "../../release/rules/featureFlags.ts";
import type { FlagSetting } from "../../release/schema/flags.ts";
import { judgingInstant, readReason } from "../approve/options.ts";
import type { Done } from "../approve/outcome.ts";
import { type GlobalOptions, openNewestContext } from "../context.ts";
import { pushNotes } from "../ledger/append.ts";
import { openSign, type SigningOptions } from "../signers.ts";
import { readStacks } from "../stacks.ts";
import { applyChanges, type FlagChange, findFlag } from "./change.ts";
import { settingText } from "./report.ts";

interface ExpireOptions extends GlobalOptions, SigningOptions {
  readonly stack?: readonly string[];
  readonly reason?: string;
  readonly json?: boolean;
}

/** Switches off what has expired and ends what sites had opted in to; with a flag named, that one now. */
export async function expireFlags([module, name]: readonly string[], options: ExpireOptions): Promise<Done> {
  const context = openNewestContext(options);
  const now = judgingInstant(context);
  const one = module === undefined ? undefined : findFlag(context, module, name ?? "", now);
  const flags = one === undefined ? judgedFlags(context.catalogue, context.files, now) : [one];
  const platforms = readStacks(context, options.stack ?? [], []).map(({ platform }) => platform);
  const changes = platforms.flatMap((platform) =>
    flags
      .filter((flag) => platform.modules.has(flag.module))
      .flatMap((flag): FlagChange[] => {
        const from = settingOf(platform, flag.module, flag.flag);
        const to = one === undefined ? ended(flag, from, now) : "off";
        return to === from ? [] : [{ platform, flag, from, to }];
      }),
  );
  if (changes.length === 0) return { headline: "nothing is over", written: [] };
  const reason = options.reason === undefined ? undefined : readReason(options.reason);
  const sign = changes.some(({ flag }) => flag.live) ? await openSign(options) : undefined;
  const { written, person } = await applyChanges(context, changes, sign, reason);
  const details = changes.map(
    ({ platform, flag, from, to }) =>
      `${flag.module} ${flag.flag} in ${platform.stack.name}: ${settingText(from)} → ${settingText(to)}`,
  );
  const recorded = sign === undefined ? [] : pushNotes(context);
  const notes = ["next: npx imprimatur plan --write, then preview and commit it", ...recorded];
  return {
    headline: `✔ ended ${changes.length}`,
    details,
    written,
    notes,
    ...(person === undefined ? {} : { person }),
  };
}

/** What a setting is once all that is over has ended; itself where nothing is. */
function ended({ expires }: JudgedFlag, from: FlagSetting, now: Date): FlagSetting {
  if (isOver(expires, now)) return "off";
  const sites = Object.entries(optIns(from));
  const standing = sites.filter(([, until]) => !isOver(until, now));
  if (standing.length === sites.length) return from;
  return standing.length === 0 ? "off" : { sites: Object.fromEntries(standing) };
}
