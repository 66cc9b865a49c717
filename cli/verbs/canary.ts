import type { Command } from "commander";
import { canaryDiagram, withDiagram } from "../../release/canary/diagram.ts";
import type { CanaryCommand } from "../../release/canary/machine.ts";
import { refuseInput } from "../../release/errors.ts";
import { MAX_SOURCE_BYTES } from "../../release/evidence/findings.ts";
import { writeFileAtomically } from "../../store/write.ts";
import { type JudgingOptions, judgingInstant, withJudgingOptions } from "../approve/options.ts";
import { reportOutcome } from "../approve/outcome.ts";
import { readToolFile } from "../attest/file.ts";
import { type AnalyseOptions, analyse } from "../canary/analyse.ts";
import { canaryReport, renderCanaries } from "../canary/report.ts";
import { type StepOptions, takeStep } from "../canary/step.ts";
import { type GlobalOptions, openContext } from "../context.ts";
import { printReport } from "../print.ts";
import { withSigningOptions } from "../signers.ts";
import { type ExitCode, examples, repeatable, runsVerb, type Verb } from "../verb.ts";

interface StatusOptions extends JudgingOptions, GlobalOptions {
  readonly stack: readonly string[];
  readonly json?: boolean;
}

const WHY = ["--reason <text>", "why; it is kept and shown"] as const;

export const canary: Verb = (program) => {
  const group = program.command("canary").description("Give a release to some users before all, and take it back");
  const to =
    (step: "start" | "supersede" | "emergency") =>
    ([, version = ""]: readonly string[]) => ({ step, version });

  const start = step(group, "start", "Deploy a release as canary, for nobody yet: changes the stack file", to("start"));
  start.argument("<version>", "the release").option(...WHY);
  start.addHelpText("after", examples("canary start gathering-conditions 1.0.2 --stack prod"));

  const widen = step(group, "widen", "Give the canary to the next share on its ladder, at once", (_, { to }) => {
    return { step: "widen", to: readPercent(to) };
  });
  widen.requiredOption("--to <percent>", "a rung of the ladder; a lower one takes it from some").option(...WHY);
  widen.addHelpText("after", examples("canary widen gathering-conditions --to 25 --stack prod"));

  const promote = step(group, "promote", "Make the canary the stable release: changes the stack file", () => ({
    step: "promote",
  }));
  promote.option(...WHY).addHelpText("after", examples("canary promote gathering-conditions --stack prod"));

  const settle = step(group, "settle", "Take the population to 0 that is owed after a promotion", () => ({
    step: "settle",
  }));
  settle.option(...WHY).addHelpText("after", examples("canary settle gathering-conditions --stack prod"));

  const revert = step(
    group,
    "revert",
    "Give everybody the last stable release again, at once",
    (_, { withoutUnleash }) => (withoutUnleash ? { step: "revert", leaves: "population" } : { step: "revert" }),
  );
  revert.requiredOption(...WHY);
  revert.option("--without-unleash", "while Unleash is down: by the stack file alone, and the population is owed");
  revert.addHelpText(
    "after",
    examples(
      'canary revert gathering-conditions --stack prod --reason "archives are empty"',
      'canary revert gathering-conditions --stack prod --reason "Unleash is down" --without-unleash',
    ),
  );

  const supersede = step(
    group,
    "supersede",
    "Put a newer release in the canary's place, from the start",
    to("supersede"),
  );
  supersede.argument("<version>", "the release").option(...WHY);
  supersede.addHelpText("after", examples("canary supersede gathering-conditions 1.0.3 --stack prod"));

  const emergency = step(group, "emergency", "Give everybody a release, whatever the population", to("emergency"));
  emergency.argument("<version>", "the release").requiredOption(...WHY);
  emergency.addHelpText(
    "after",
    examples('canary emergency gathering-conditions 1.0.3 --stack prod --reason "1.0.2 leaks names"'),
  );

  withOptions(group.command("analyse"))
    .description("Measure the canary against the stable release, and sign the finding")
    .option("--prometheus <url>", "where to ask (default: imprimatur:prometheus of the stack, or PROMETHEUS_URL)")
    .option("--dry-run", "show the finding, and sign nothing")
    .addHelpText("after", examples("canary analyse gathering-conditions --stack prod"))
    .action(runsVerb<AnalyseOptions>(([module = ""], options) => runAnalysis(module, options)));

  withJudgingOptions(group.command("status").argument("[module]", "that module's only"))
    .description("Show where canaries stand; exits 1 where a population was moved by hand")
    .option("--stack <stack>", "in this stack (default: in all); repeatable", repeatable, [])
    .option("--json", "print it as JSON (schemas/canary.json)")
    .addHelpText("after", examples("canary status", "canary status gathering-conditions --stack prod"))
    .action(runsVerb<StatusOptions>(([module], options) => status(module, options)));

  group
    .command("diagram")
    .description("Print the steps and where they lead as a mermaid diagram")
    .option("--write <file>", "put it into a Markdown page that has one")
    .addHelpText("after", examples("canary diagram", "canary diagram --write docs/canary.md"))
    .action(runsVerb<{ readonly write?: string }>(async (_, { write }) => diagram(write)));
};

function diagram(file: string | undefined): ExitCode {
  if (file === undefined) {
    console.log(canaryDiagram());
    return 0;
  }
  const page = withDiagram(new TextDecoder().decode(readToolFile(file, MAX_SOURCE_BYTES)));
  if (page === undefined) refuseInput({ file, path: "", message: "has no mermaid block with a stateDiagram-v2" });
  writeFileAtomically(file, page);
  return 0;
}

type Asked = StepOptions & { readonly to?: string; readonly withoutUnleash?: boolean };

function step(
  group: Command,
  name: string,
  description: string,
  read: (args: readonly string[], options: Asked) => CanaryCommand,
): Command {
  return withOptions(group.command(name).description(description))
    .option("--dry-run", "show the step, and take none")
    .action(
      runsVerb<Asked>((args, options) =>
        reportOutcome(`canary ${name}`, options, async () => takeStep(args[0] ?? "", read(args, options), options)),
      ),
    );
}

function withOptions(command: Command): Command {
  command.argument("<module>", "the module").requiredOption("--stack <stack>", "the stack");
  return withSigningOptions(withJudgingOptions(command)).option(
    "--json",
    "print the outcome as JSON (schemas/outcome.json)",
  );
}

function readPercent(text = ""): number {
  const [number] = /^\d{1,3}(\.\d{1,3})?(?=%?$)/.exec(text) ?? [];
  if (number === undefined)
    refuseInput({ file: "--to", path: "", message: "must be a number of percent", value: text });
  return Number(number);
}

/** 1 where the finding is a bad one, though it was signed. */
async function runAnalysis(module: string, options: AnalyseOptions): Promise<ExitCode> {
  let good = false;
  const code = await reportOutcome("canary analyse", options, async () => {
    const { passed, ...done } = await analyse(module, options);
    good = passed;
    return done;
  });
  return good ? code : 1;
}

async function status(module: string | undefined, options: StatusOptions): Promise<ExitCode> {
  const context = openContext(options);
  if (module !== undefined) context.catalogue.module(module, { file: "<module>", path: "" });
  const report = await canaryReport(context, options.stack, judgingInstant(context, options.at), module);
  printReport(report, options, renderCanaries);
  return report.canaries.some(({ drift }) => drift.length > 0) ? 1 : 0;
}
