import { judgingInstant } from "../approve/options.ts";
import { askPopulations, hasMoved, populationLines } from "../canary/populations.ts";
import { type GlobalOptions, openContext } from "../context.ts";
import { printReport } from "../print.ts";
import { driftLines, findDrift } from "../up/drift.ts";
import { openTarget } from "../up/target.ts";
import { examples, runsVerb, type Verb } from "../verb.ts";

interface DriftOptions extends GlobalOptions {
  readonly unleash?: boolean;
  readonly json?: boolean;
}

export const drift: Verb = (program) => {
  program
    .command("drift")
    .description("Say what differs between what was applied to a stack and what is there; changes nothing")
    .argument("<stack>", "the stack to look at")
    .option("--unleash", "look at the populations of canaries as well; UNLEASH_TOKEN may read flags")
    .option("--json", "print it as JSON (schemas/drift.json)")
    .addHelpText(
      "after",
      `${examples("drift prod", "drift prod --unleash --json")}\n\nEnds with 1 where something has drifted.`,
    )
    .action(
      runsVerb<DriftOptions>(async (names, options) => {
        const context = openContext(options);
        const target = await openTarget(context, names);
        const found = await findDrift(target);
        const at = judgingInstant(context);
        const populations = options.unleash ? await askPopulations(context, found.stack, at) : undefined;
        const report = { ...found, ...(populations === undefined ? {} : { populations }) };
        const drifts = report.drifted.length > 0 || hasMoved(populations ?? []);
        const headline = drifts ? `${report.stack} has drifted:` : `${report.stack} is as it was applied`;
        printReport(report, options, (_, style) => [
          headline,
          ...driftLines(report),
          ...populationLines(populations ?? [], style),
        ]);
        return drifts ? 1 : 0;
      }),
    );
};
