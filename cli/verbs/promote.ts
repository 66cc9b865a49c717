import { type Candidate, Gate } from "../../release/gate.ts";
import type { Platform } from "../../release/platform.ts";
import { type PinTexts, writePins } from "../../release/promote.ts";
import { unifiedDiff } from "../approve/diff.ts";
import { inTheWayOf } from "../approve/inTheWay.ts";
import { type JudgingOptions, judgingInstant, withJudgingOptions } from "../approve/options.ts";
import { type Done, endsInOutcome, Refusal } from "../approve/outcome.ts";
import type { RequirementReport } from "../approve/requirements.ts";
import { type ReleaseOptions, readCandidates, readReleases, releaseText, withReleases } from "../candidate.ts";
import { type Context, type GlobalOptions, openContext } from "../context.ts";
import { collectProblems } from "../problems.ts";
import type { Verb } from "../verb.ts";
import { type FileEdit, writeAll } from "../writeAll.ts";

interface PromoteOptions extends ReleaseOptions, JudgingOptions, GlobalOptions {
  readonly to: readonly string[];
  readonly dryRun?: boolean;
}

/** The change of one stack file. */
interface Edit extends FileEdit {
  readonly before: string;
  readonly after: string;
  readonly stack: string;
  /** What is against each release that may not go there. */
  readonly refused: readonly { readonly release: string; readonly missing: RequirementReport[] }[];
}

export const promote: Verb = (program) => {
  const command = program
    .command("promote")
    .description("Pin releases in stack files: current moves to previous; refused where a blessing is missing")
    .requiredOption("--to <stack...>", "the stacks that they go to: all of them or none")
    .option("--dry-run", "show the change, and write nothing");
  endsInOutcome<PromoteOptions>(
    withJudgingOptions(withReleases(command)),
    run,
    "promote skaha 1.1.0 --to prod",
    "promote --train canfar-2026-q3 --to prod",
    "promote skaha 1.1.0 --to dev staging --dry-run",
  );
};

async function run(args: readonly string[], options: PromoteOptions): Promise<Done> {
  const context = openContext(options);
  const at = judgingInstant(context, options.at);
  const named = readReleases(context, args, options);
  const gate = new Gate(context.catalogue, context.files, at);
  const edits = collectProblems([...new Set(options.to)], (stack): Edit => {
    const { platform, candidates } = readCandidates(context, stack, named);
    return { ...pinned(context, platform, candidates), refused: refusedIn(context, gate, platform, candidates, at) };
  });
  checkAllowed(edits, named.length);

  const names = named.map(releaseText).join(", ");
  const are = named.length === 1 ? "is" : "are";
  const changes = edits.filter(({ before, after }) => before !== after);
  const written = changes.map(({ path }) => path);
  const stacks = changes.map(({ stack }) => stack).join(", ");
  if (changes.length === 0)
    return { headline: `${edits.map(({ path }) => path).join(", ")}: ${names} ${are} current already`, written };
  if (options.dryRun) {
    const diff = changes.map(({ path, before, after }) => unifiedDiff(path, before, after)).join("");
    return { headline: `${names} may go to ${stacks}; nothing was written`, written, diff };
  }
  writeAll(context.root, changes);
  return {
    headline: `✔ ${names} ${are} pinned in ${written.join(", ")}`,
    written,
    notes: ["next: npx imprimatur preview, then commit it"],
  };
}

/** A stack's file with all of the releases in it. */
function pinned({ files }: Context, { stack, settings }: Platform, candidates: readonly Candidate[]) {
  const path = `Pulumi.${stack.name}.yaml`;
  const before = new TextDecoder().decode(files.read(path));
  const after = candidates.reduce((text, { module }) => {
    const pins = settings["imprimatur:modules"][module.name];
    if (pins === undefined || typeof pins === "string") throw new Error("not pinned");
    return writePins(text, module.name, pins as unknown as PinTexts, path);
  }, before);
  return { stack: stack.name, path, before, after };
}

function refusedIn(
  context: Context,
  gate: Gate,
  { stack }: Platform,
  candidates: readonly Candidate[],
  at: Date,
): Edit["refused"] {
  return candidates
    .map((candidate) => ({
      release: releaseText(candidate),
      missing: inTheWayOf(context, gate.standing(candidate, stack), stack, candidate, at),
    }))
    .filter(({ missing }) => missing.length > 0);
}

/** @throws Refusal with what is against each release in each stack */
function checkAllowed(edits: readonly Edit[], releases: number): void {
  const refused = edits.flatMap(({ stack, refused }) => refused.map((each) => ({ stack, ...each })));
  if (refused.length === 0) return;
  const names = [...new Set(refused.map(({ release }) => release))].join(", ");
  const stacks = [...new Set(refused.map(({ stack }) => stack))].join(" and ");
  const others = edits.length * releases > refused.length ? "; nothing else is changed either" : "";
  const missing = refused.map(({ release, stack, missing }) => [`${release} for ${stack}`, missing] as const);
  throw new Refusal(`${names} may not go to ${stacks}${others}`, [], Object.fromEntries(missing));
}
