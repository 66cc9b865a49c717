import { gateStackName } from "../../release/admission/names.ts";
import { refuseInput } from "../../release/errors.ts";
import { Gate } from "../../release/gate.ts";
import { succeededIn } from "../../release/ledger.ts";
import type { Platform } from "../../release/platform.ts";
import { unifiedDiff } from "../approve/diff.ts";
import { type JudgingOptions, judgingInstant, readReason, withJudgingOptions } from "../approve/options.ts";
import { type Done, reportOutcome } from "../approve/outcome.ts";
import { type GlobalOptions, openContext, openNewestContext } from "../context.ts";
import { ENGINE_CHOICES } from "../engines.ts";
import { stalePlans } from "../plans.ts";
import { blocksFor, checkOperator } from "../rollback/blocks.ts";
import { editsFor } from "../rollback/edits.ts";
import { type JudgedStep, judgeSteps } from "../rollback/judged.ts";
import { stepsBack, type Wanted } from "../rollback/steps.ts";
import { openSign, type SigningOptions, withSigningOptions } from "../signers.ts";
import { readStacks } from "../stacks.ts";
import { examples, runsVerb, type Verb } from "../verb.ts";
import { type TextEdit, writeAll } from "../writeAll.ts";

interface RollbackOptions extends SigningOptions, JudgingOptions {
  readonly stack: string;
  readonly to?: string;
  readonly reason: string;
  readonly engine: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

export const rollback: Verb = (program) => {
  const command = program
    .command("rollback")
    .description("Pin what a stack ran before, by its ledger, and block what is taken back; it needs no vote")
    .argument("[module]", "the module that goes back to its last settled release")
    .requiredOption("--stack <stack>", "the stack")
    .option("--to <ledger entry>", "take the whole stack back to what it ran after this entry")
    .requiredOption("--reason <text>", "why; it is kept and shown")
    .option("--engine <name>", `how the plan is found out: ${ENGINE_CHOICES.join(", ")}`, "auto")
    .option("--dry-run", "show the change, and write nothing; no key is needed");
  withSigningOptions(withJudgingOptions(command))
    .option("--json", "print the outcome as JSON (schemas/outcome.json)")
    .addHelpText(
      "after",
      examples(
        'rollback maya-ui --stack prod --reason "login fails for every second user"',
        'rollback --stack prod --to 12 --reason "back to Friday" --dry-run',
      ),
    )
    .action(runsVerb<RollbackOptions>((args, options) => reportOutcome("rollback", options, () => run(args, options))));
};

async function run([module]: readonly string[], options: RollbackOptions & GlobalOptions): Promise<Done> {
  const wanted = wantedOf(module, options.to);
  const reason = readReason(options.reason);
  const context = openNewestContext(options);
  const at = judgingInstant(context, options.at);
  const [checked] = readStacks(context, [options.stack], []);
  if (checked === undefined) throw new Error("not read");
  const { platform } = checked;
  const stack = platform.stack.name;
  const gate = new Gate(context.catalogue, context.files, at);
  const steps = stepsBack(context, platform, gate, wanted);
  if (steps.length === 0) {
    return { headline: `${stack} is pinned to what it ran after entry ${options.to} already`, written: [], waves: [] };
  }
  const judged = judgeSteps(context, platform, steps, { gate, at });
  const all = judged.waves.flat();
  const edits = await editsFor(context, checked, all, options.engine);
  const shown = {
    details: judged.waves.map((wave, index) => `  ${index + 1}. ${wave.map(words).join(", ")}`),
    waves: judged.waves.map((wave) => wave.map(reported)),
  };
  const stays = "to" in wanted ? staying([...platform.modules.keys()], gate, stack, Number(wanted.to)) : [];
  if (options.dryRun) {
    const diff = edits.map(({ path, before = "", after }) => unifiedDiff(path, before, after)).join("");
    const headline = `${stack} may go back, in this order; nothing was written`;
    return { headline, ...shown, written: edits.map(({ path }) => path), diff, notes: stays };
  }

  const sign = await openSign(options);
  const { blocks, person } = await blocksFor(context, sign, stack, all, reason);
  if (person !== undefined) checkOperator(context, person, all);
  // In this order, so that a half of it, as a crash could leave it, has blocked a release but let none in.
  writeAll(context.root, [...blocks, ...edits]);
  const lists = await renewGate(options, platform, options.engine);
  return {
    headline: `✔ ${stack} is pinned to what it ran before; it goes back in this order:`,
    ...shown,
    written: [...blocks, ...edits, ...lists].map(({ path }) => path),
    ...(person === undefined ? {} : { person }),
    notes: [
      ...stays,
      ...all.flatMap(({ from }) =>
        from === undefined
          ? []
          : [`${from.manifest.module} ${from.manifest.version} is blocked for ${stack}: ${reason}`],
      ),
      "next: commit it",
      ...lists.map(() => `next: npx imprimatur up ${gateStackName(stack)}, so that the cluster admits it`),
      `next: npx imprimatur up ${stack}`,
    ],
  };
}

/** What is gone back to must be on the gate's lists, which are made from what has just been written. */
async function renewGate(options: GlobalOptions, { stack }: Platform, engine: string): Promise<TextEdit[]> {
  const context = openContext(options);
  const name = gateStackName(stack.name);
  if (context.files.read(`Pulumi.${name}.yaml`) === undefined) return [];
  const inputs = readStacks(context, [name], []).map(({ input }) => input);
  const stale = await stalePlans(context, inputs, engine);
  writeAll(context.root, stale);
  return stale;
}

function wantedOf(module: string | undefined, to: string | undefined): Wanted {
  if (module !== undefined && to === undefined) return { module };
  if (module === undefined && to !== undefined) return { to };
  const message = "name a module, or an entry of the ledger for the whole stack: one of the two";
  refuseInput({ file: module === undefined ? "<module>" : "--to", path: "", message });
}

function words({ module, from, to }: JudgedStep): string {
  return `${module} ${from?.manifest.version ?? "none"} → ${to.manifest.version}`;
}

function reported({ module, from, to }: JudgedStep) {
  return { module, from: from?.manifest.version ?? null, to: to.manifest.version };
}

/** What came later is not removed: with it would go what it holds. */
function staying(pinned: readonly string[], gate: Gate, stack: string, seq: number): string[] {
  const then = succeededIn(gate.ledger(stack)).filter((entry) => entry.seq <= seq);
  const ran = new Set(then.flatMap(({ changes }) => changes.map((change) => change.module)));
  const later = pinned.filter((name) => !ran.has(name));
  return later.length === 0 ? [] : [`not there then, and left as it is: ${later.join(", ")}`];
}
