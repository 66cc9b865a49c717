import { Gate } from "../../release/gate.ts";
import { type PinTexts, writePins } from "../../release/promote.ts";
import type { TrustedStack } from "../../release/schema/trust.ts";
import { unifiedDiff } from "../approve/diff.ts";
import { inTheWayOf } from "../approve/inTheWay.ts";
import { type JudgingOptions, judgingInstant, withJudgingOptions } from "../approve/options.ts";
import { type Done, Refusal, reportOutcome } from "../approve/outcome.ts";
import type { RequirementReport } from "../approve/requirements.ts";
import { readCandidates, readRelease, releaseText } from "../candidate.ts";
import { type GlobalOptions, openContext } from "../context.ts";
import { collectProblems } from "../problems.ts";
import { type ExitCode, examples, runsVerb, type Verb } from "../verb.ts";
import { type FileEdit, writeAll } from "../writeAll.ts";

interface PromoteOptions extends JudgingOptions {
  readonly to: readonly string[];
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/** The change of one stack file. */
interface Edit extends FileEdit {
  readonly before: string;
  readonly after: string;
  readonly stack: TrustedStack;
  /** What is against it; empty where nothing is. */
  readonly missing: readonly RequirementReport[];
}

export const promote: Verb = (program) => {
  const command = program
    .command("promote")
    .description("Pin a release in stack files: current moves to previous; refused where a blessing is missing")
    .argument("<module>", "the module")
    .argument("<version>", "the release")
    .requiredOption("--to <stack...>", "the stacks that it goes to: all of them or none")
    .option("--dry-run", "show the change, and write nothing");
  withJudgingOptions(command)
    .option("--json", "print the outcome as JSON (schemas/outcome.json)")
    .addHelpText("after", examples("promote skaha 1.1.0 --to prod", "promote skaha 1.1.0 --to dev staging --dry-run"))
    .action(runsVerb(run));
};

function run(args: readonly string[], options: PromoteOptions & GlobalOptions): Promise<ExitCode> {
  return reportOutcome("promote", options, () => promoteRelease(args, options));
}

async function promoteRelease(
  [moduleName = "", version = ""]: readonly string[],
  options: PromoteOptions & GlobalOptions,
): Promise<Done> {
  const context = openContext(options);
  const at = judgingInstant(context, options.at);
  const named = readRelease(context, moduleName, version);
  const name = releaseText(named);
  const gate = new Gate(context.catalogue, context.files, at);
  const edits = collectProblems([...new Set(options.to)], (stack): Edit => {
    const { platform, candidates } = readCandidates(context, stack, [named]);
    const [candidate] = candidates;
    const pins = platform.settings["imprimatur:modules"][moduleName];
    if (candidate === undefined || pins === undefined || typeof pins === "string") throw new Error("not pinned");
    const path = `Pulumi.${stack}.yaml`;
    const before = new TextDecoder().decode(context.files.read(path));
    const after = writePins(before, moduleName, pins as unknown as PinTexts, path);
    const missing = inTheWayOf(context, gate.standing(candidate, platform.stack), platform.stack, named, at);
    return { stack: platform.stack, path, before, after, missing };
  });

  const refused = edits.filter(({ missing }) => missing.length > 0);
  if (refused.length > 0) {
    const missing = Object.fromEntries(refused.map((edit) => [`${name} for ${edit.stack.name}`, [...edit.missing]]));
    const names = refused.map(({ stack }) => stack.name).join(" and ");
    const others = edits.length > refused.length ? "; no other stack is changed either" : "";
    throw new Refusal(`${name} may not go to ${names}${others}`, [], missing);
  }
  const changes = edits.filter(({ before, after }) => before !== after);
  const written = changes.map(({ path }) => path);
  const stacks = changes.map(({ stack }) => stack.name).join(", ");
  if (changes.length === 0)
    return { headline: `${edits.map(({ path }) => path).join(", ")}: ${name} is current already`, written };
  if (options.dryRun) {
    const diff = changes.map(({ path, before, after }) => unifiedDiff(path, before, after)).join("");
    return { headline: `${name} may go to ${stacks}; nothing was written`, written, diff };
  }
  writeAll(context.root, changes);
  return {
    headline: `✔ ${name} is pinned in ${written.join(", ")}`,
    written,
    notes: ["next: npx imprimatur preview, then commit it"],
  };
}
