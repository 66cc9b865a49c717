import { openNewestContext } from "../context.ts";
import { openSign, type SigningOptions, withSigningOptions } from "../signers.ts";
import { checkConfirmable } from "../up/confirm.ts";
import { UpPrinter } from "../up/report.ts";
import { openTarget } from "../up/target.ts";
import { type ApplyOptions, applyJudged } from "../up/up.ts";
import { examples, runsVerb, type Verb } from "../verb.ts";

interface UpOptions extends SigningOptions, ApplyOptions {
  readonly json?: boolean;
}

export const up: Verb = (program) => {
  const command = program
    .command("up")
    .description(
      "Apply a stack: previewed and judged first, held against its committed plan, and recorded in the ledger",
    )
    .argument("<stack>", "the stack to apply")
    .option("--yes", "do not ask; needed where there is no terminal, as in CI")
    .option("--if-changed", "do and record nothing where nothing differs from what was applied");
  withSigningOptions(command)
    .option("--json", "print all of it as JSON (schemas/up.json)")
    .addHelpText(
      "after",
      examples("up dev", "up prod --yes --keyless", "up staging --yes --key awskms://alias/deployer"),
    )
    .action(
      runsVerb<UpOptions>(async (names, options) => {
        checkConfirmable(options);
        const context = openNewestContext(options);
        const sign = await openSign(options);
        const target = await openTarget(context, names);
        const printer = new UpPrinter(options);
        const report = await applyJudged(target, sign, options, printer);
        printer.end(report);
        return report.unchanged || report.applied?.succeeded ? 0 : 1;
      }),
    );
};
