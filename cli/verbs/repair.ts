import { refuseInput } from "../../release/errors.ts";
import { reportOutcome } from "../approve/outcome.ts";
import { type GlobalOptions, openContext } from "../context.ts";
import { repairStack } from "../up/repair.ts";
import { openTarget } from "../up/target.ts";
import { examples, repeatable, runsVerb, type Verb } from "../verb.ts";

interface RepairVerbOptions extends GlobalOptions {
  readonly force?: boolean;
  readonly dryRun?: boolean;
  readonly wait: string;
  readonly import?: readonly string[];
  readonly forget?: readonly string[];
  readonly json?: boolean;
}

export const repair: Verb = (program) => {
  program
    .command("repair")
    .description(
      "Mend what an update that was killed has left: its lock, unknown operations, Helm releases that stand still",
    )
    .argument("<stack>", "the stack to repair")
    .option("--dry-run", "say what would be done")
    .option("--force", "take a lock away although its owner may still be at work")
    .option("--wait <seconds>", "how long a Helm release may take to come to an end by itself", "30")
    .option("--import <urn=id>", "this resource was made, and has this id; repeatable", repeatable)
    .option("--forget <urn>", "this resource was not made; repeatable", repeatable)
    .option("--json", "print the outcome as JSON (schemas/outcome.json)")
    .addHelpText("after", examples("repair dev --dry-run", "repair prod", "repair prod --force"))
    .action(
      runsVerb<RepairVerbOptions>((names, options) =>
        reportOutcome("repair", options, async () => {
          const waitSeconds = readWait(options.wait);
          const decisions = readDecisions(options);
          const target = await openTarget(openContext(options), names);
          const { force = false, dryRun = false } = options;
          return repairStack(target, { force, dryRun, waitSeconds, decisions });
        }),
      ),
    );
};

function readWait(text: string): number {
  if (/^\d{1,4}$/.test(text)) return Number(text);
  refuseInput({ file: "--wait", path: "", message: "must be a whole number of seconds, such as 30", value: text });
}

function readDecisions({ import: imported = [], forget = [] }: RepairVerbOptions): Map<string, string | null> {
  const ids = imported.map((text): [string, string] => {
    const [, urn = "", id = ""] = /^(urn:pulumi:.+?)=(.+)$/.exec(text) ?? [];
    if (id === "") refuseInput({ file: "--import", path: "", message: "must be <urn>=<id>", value: text });
    return [urn, id];
  });
  return new Map<string, string | null>([...ids, ...forget.map((urn): [string, null] => [urn, null])]);
}
