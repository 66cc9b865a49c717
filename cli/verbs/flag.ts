import type { Command } from "commander";
import { z } from "zod";
import { missingDate } from "../../release/calendar/local.ts";
import { refuseInput } from "../../release/errors.ts";
import { optIns } from "../../release/flagList.ts";
import { FLAG_MATURITIES, type FlagSetting, Site } from "../../release/schema/flags.ts";
import { readReason } from "../approve/options.ts";
import { type Done, reportOutcome } from "../approve/outcome.ts";
import { type GlobalOptions, openNewestContext } from "../context.ts";
import { acceptFlag } from "../flags/accept.ts";
import { applyChanges, changesOf, checkChanges, findFlag } from "../flags/change.ts";
import { expireFlags } from "../flags/expire.ts";
import { showFlags } from "../flags/list.ts";
import { settingText } from "../flags/report.ts";
import { pushNotes } from "../ledger/append.ts";
import { openSign, type SigningOptions, withSigningOptions } from "../signers.ts";
import { examples, repeatable, runsVerb, type Verb } from "../verb.ts";

interface SwitchOptions extends SigningOptions, GlobalOptions {
  readonly stack: readonly string[];
  readonly percentage?: string;
  readonly site?: string;
  readonly until?: string;
  readonly reason?: string;
  readonly json?: boolean;
}

type Args = readonly string[];

export const flag: Verb = (program) => {
  const group = program.command("flag").description("See and switch feature flags");
  group
    .command("list")
    .description("Show every flag: owner, maturity, end, where it is on, and what is stale")
    .option("--stack <stack...>", "look at these stacks (default: all)")
    .option("--stale", "only those that should be looked after; exit code 1 if there is one")
    .option("--live", "ask Unleash whether it says what the stack files say; exit code 1 if not")
    .option("--json", "print it as JSON (schemas/flags.json)")
    .addHelpText("after", examples("flag list", "flag list --stale"))
    .action(runsVerb((_, options: Parameters<typeof showFlags>[0]) => showFlags(options)));

  const on = named(group, "on", "Switch a feature on, for everybody or for a share of the users")
    .option("--percentage <share>", "for this share of the users, 0 to 100")
    .addHelpText("after", examples("flag on skaha FEATURE_GPU_SUPPORT --stack staging --percentage 25"));
  runs(on, "flag on", (args, options: SwitchOptions) => switchFlag(args, options, () => onSetting(options.percentage)));

  const off = named(
    group,
    "off",
    "Switch a feature off; a live one at once, with no new release and no vote",
  ).addHelpText("after", examples("flag off skaha FEATURE_GPU_SUPPORT --stack prod"));
  runs(off, "flag off", (args, options: SwitchOptions) => switchFlag(args, options, () => "off"));

  const optIn = named(group, "opt-in", "Let a site try a feature until a day: the beta programme")
    .requiredOption("--site <name>", "the site")
    .requiredOption("--until <date>", "its last day, such as 2026-12-31")
    .addHelpText(
      "after",
      examples("flag opt-in skaha FEATURE_GPU_SUPPORT --stack prod --site srcnet --until 2026-12-31"),
    );
  runs(optIn, "flag opt-in", (args, options: SwitchOptions) =>
    switchFlag(args, options, (from) => withSite(from, options)),
  );

  const expire = group
    .command("expire")
    .description(
      "End what is over: opt-ins whose last day has passed, and flags that have expired; or one flag at once",
    )
    .argument("[module]", "the module")
    .argument("[flag]", "the flag, which then goes off now")
    .option("--stack <stack...>", "in these stacks (default: all)")
    .option("--reason <text>", "why; it is kept with what is live")
    .addHelpText("after", examples("flag expire", "flag expire skaha FEATURE_GPU_SUPPORT --stack prod"));
  runs(expire, "flag expire", expireFlags);

  const accept = group
    .command("accept")
    .description("Sign, as its acceptor, that a feature has earned a maturity")
    .argument("<module>", "the module")
    .argument("<flag>", "the flag")
    .requiredOption("--as <maturity>", `what it has earned: ${FLAG_MATURITIES.slice(1).join(" or ")}`)
    .option("--metric <name=number>", "a number that was measured; repeatable", repeatable)
    .requiredOption("--reason <text>", "how the criteria are met; it is kept and shown")
    .addHelpText(
      "after",
      examples(
        'flag accept skaha FEATURE_GPU_SUPPORT --as beta --metric failed=0 --reason "runs on canfar-b since May"',
      ),
    );
  runs(accept, "flag accept", acceptFlag);
};

function named(group: Command, name: string, description: string): Command {
  return group
    .command(name)
    .description(description)
    .argument("<module>", "the module")
    .argument("<flag>", "the flag, such as FEATURE_GPU_SUPPORT")
    .requiredOption("--stack <stack...>", "the stacks: all of them or none")
    .option("--reason <text>", "why; it is kept with what is live");
}

function runs<Options extends GlobalOptions & { readonly json?: boolean }>(
  command: Command,
  verb: string,
  work: (args: Args, options: Options) => Promise<Done>,
): void {
  withSigningOptions(command)
    .option("--json", "print the outcome as JSON (schemas/outcome.json)")
    .action(runsVerb<Options>((args, options) => reportOutcome(verb, options, () => work(args, options))));
}

/** A number in percent. @throws InputError */
function onSetting(share: string | undefined): FlagSetting {
  if (share === undefined) return "on";
  const percentage = z.coerce
    .number()
    .min(0)
    .max(100)
    .safeParse(share.trim() === "" ? undefined : share);
  if (!percentage.success) {
    refuseInput({ file: "--percentage", path: "", message: "must be a number from 0 to 100", value: share });
  }
  return { percentage: percentage.data };
}

/** A setting with one more site in it. @throws InputError */
function withSite(from: FlagSetting, { site = "", until = "" }: SwitchOptions): FlagSetting {
  if (!Site.safeParse(site).success) {
    refuseInput({ file: "--site", path: "", message: "must be the name of a site", value: site });
  }
  if (!z.iso.date().safeParse(until).success) {
    const message = missingDate(until) ?? "must be a date, the last day of the opt-in, such as 2026-12-31";
    refuseInput({ file: "--until", path: "", message, value: until });
  }
  if (from !== "off" && Object.keys(optIns(from)).length === 0) {
    const message = `it is ${settingText(from)} already: opting in would take it from the others`;
    refuseInput({ file: "--site", path: "", message, value: site });
  }
  return { sites: { ...optIns(from), [site]: until } };
}

async function switchFlag(
  [moduleName = "", name = ""]: Args,
  options: SwitchOptions,
  to: (from: FlagSetting) => FlagSetting,
): Promise<Done> {
  const context = openNewestContext(options);
  const now = new Date();
  const found = findFlag(context, moduleName, name, context.catalogue.judgedAt ?? now);
  const changes = changesOf(context, options.stack, found, to);
  checkChanges(context, changes, context.catalogue.judgedAt ?? now);
  const reason = options.reason === undefined ? undefined : readReason(options.reason);
  const sign = found.live ? await openSign(options) : undefined;
  const { written, person } = await applyChanges(context, changes, sign, reason);
  const [change] = changes;
  const what = `${moduleName} ${name} ${change === undefined ? "" : settingText(change.to)} in ${options.stack.join(", ")}`;
  if (written.length === 0) return { headline: `${what}: it is so already`, written };
  const next = found.live
    ? "next: commit the stack file; Unleash says so already"
    : "next: npx imprimatur plan --write, then preview and commit it; services read it when they start";
  return {
    headline: `✔ ${what}`,
    written,
    ...(person === undefined ? {} : { person }),
    notes: [
      next,
      ...(found.live ? pushNotes(context) : []),
      ...(found.feedback === undefined ? [] : [`feedback: ${found.feedback}`]),
    ],
  };
}
