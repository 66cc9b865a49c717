import { type GlobalOptions, openContext } from "../context.ts";
import { renderDoctor } from "../doctor/report.ts";
import { printReport } from "../print.ts";
import { type ExitCode, examples, runsVerb, type Verb } from "../verb.ts";

interface DoctorOptions {
  readonly json?: boolean;
}

export const doctor: Verb = (program) => {
  program
    .command("doctor")
    .description("Check what has to be right before a stack is applied, and say what to do; exits 1 on a problem")
    .argument("[stack...]", "stacks to look at; all by default")
    .option("--json", "print what was found as JSON (schemas/doctor.json)")
    .addHelpText("after", examples("doctor", "doctor prod --json"))
    .action(runsVerb<DoctorOptions>(run));
};

async function run(names: readonly string[], options: DoctorOptions & GlobalOptions): Promise<ExitCode> {
  // Loaded when needed: it brings in the SDKs that it looks for.
  const { examine } = await import("../doctor/doctor.ts");
  const report = await examine(openContext(options), names);
  printReport(report, options, renderDoctor);
  return report.healthy ? 0 : 1;
}
