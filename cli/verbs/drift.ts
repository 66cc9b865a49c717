import { type GlobalOptions, openContext } from "../context.ts";
import { printReport } from "../print.ts";
import { driftLines, findDrift } from "../up/drift.ts";
import { openTarget } from "../up/target.ts";
import { examples, runsVerb, type Verb } from "../verb.ts";

interface DriftOptions extends GlobalOptions {
  readonly json?: boolean;
}

export const drift: Verb = (program) => {
  program
    .command("drift")
    .description("Say what differs between what was applied to a stack and what is there; changes nothing")
    .argument("<stack>", "the stack to look at")
    .option("--json", "print it as JSON (schemas/drift.json)")
    .addHelpText("after", `${examples("drift prod", "drift prod --json")}\n\nEnds with 1 where something has drifted.`)
    .action(
      runsVerb<DriftOptions>(async (names, options) => {
        const target = await openTarget(openContext(options), names);
        const report = await findDrift(target);
        const { stack, drifted } = report;
        const headline = drifted.length === 0 ? `${stack} is as it was applied` : `${stack} has drifted:`;
        const lines = [headline, ...driftLines(report)];
        printReport(report, options, () => lines);
        return drifted.length === 0 ? 0 : 1;
      }),
    );
};
