import { Refusal, reportOutcome } from "../approve/outcome.ts";
import { type GlobalOptions, openContext } from "../context.ts";
import { type ConfirmOptions, checkConfirmable, isConfirmed } from "../up/confirm.ts";
import { driftLines, findDrift, succeeded } from "../up/drift.ts";
import { checkConsent } from "../up/guard.ts";
import { countsText, createStepProgress } from "../up/steps.ts";
import { openTarget } from "../up/target.ts";
import { examples, runsVerb, type Verb } from "../verb.ts";

interface RefreshOptions extends GlobalOptions, ConfirmOptions {
  readonly json?: boolean;
}

export const refresh: Verb = (program) => {
  program
    .command("refresh")
    .description(
      "Take what is there into the state of a stack, so that the next `up` puts it right; in prod, two roles sign",
    )
    .argument("<stack>", "the stack to refresh")
    .option("--yes", "do not ask; needed where there is no terminal, as in CI")
    .option("--json", "print the outcome as JSON (schemas/outcome.json)")
    .addHelpText("after", examples("refresh dev", "refresh staging --yes"))
    .action(
      runsVerb<RefreshOptions>((names, options) => {
        checkConfirmable(options);
        return reportOutcome("refresh", options, async () => {
          const target = await openTarget(openContext(options), names);
          checkConsent(target, "refresh");
          const report = await findDrift(target);
          const { stack } = report;
          if (report.drifted.length === 0) return { headline: `${stack} is as it was applied`, written: [] };
          const lines = driftLines(report);
          console.error([`${stack} has drifted:`, ...lines].join("\n"));
          if (!(await isConfirmed(options, `Take this into the state of ${stack}?`))) {
            throw new Refusal("nobody said yes: nothing was changed");
          }
          const progress = createStepProgress(stack, process.stderr);
          const operation = target.operate("refresh", { onStep: progress.report }).finally(progress.finish);
          const { counts } = succeeded(await operation);
          const headline = `the state of ${stack} is what is there: ${countsText(counts)}`;
          return { headline, details: lines, written: [], notes: [`next: npx imprimatur up ${stack}`] };
        });
      }),
    );
};
