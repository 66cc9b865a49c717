import { refuseInput } from "../../release/errors.ts";
import type { Gate } from "../../release/gate.ts";
import type { SignedEntry } from "../../release/ledger.ts";
import type { Platform } from "../../release/platform.ts";
import { type StepBack, settledBeforePin, stepsBackTo } from "../../release/rollback.ts";
import { Refusal } from "../approve/outcome.ts";
import type { Context } from "../context.ts";

/** What is to be taken back: one module, or everything to where it was after an entry of the ledger. */
export type Wanted = { readonly module: string } | { readonly to: string };

/**
 * The steps back that were asked for.
 * @throws Refusal where the ledger does not show what ran before
 * @throws InputError for a module that the stack does not pin, or an entry that its ledger does not have
 */
export function stepsBack(context: Context, platform: Platform, gate: Gate, wanted: Wanted): StepBack[] {
  const { stack } = platform;
  const ledger = gate.ledger(stack.name);
  if (ledger.broken !== undefined) {
    const { path, message } = ledger.broken;
    throw new Refusal(`what ran before cannot be told: ${path} ${message}`, ["git log -- catalog/ledger"]);
  }
  if ("to" in wanted) return stepsBackTo(ledger, seqOf(wanted.to, ledger.entries), platform);
  const module = context.catalogue.module(wanted.module, { file: "<module>", path: "" });
  const entry = platform.modules.get(module.name);
  if (entry === undefined) {
    refuseInput({ file: "<module>", path: "", message: `${stack.name} does not pin it`, value: module.name });
  }
  const to = settledBeforePin(entry, { catalogue: context.catalogue, gate, stack });
  if (to !== undefined) return [{ module: module.name, from: entry.current, to }];
  throw new Refusal(
    `the ledger of ${stack.name} shows no release of ${module.name} that ran before ${entry.current.manifest.version}, or none that is not blocked`,
    [`npx imprimatur promote ${module.name} <version> --to ${stack.name}`],
  );
}

function seqOf(text: string, entries: readonly SignedEntry[]): number {
  const found = entries.find(({ entry }) => String(entry.seq) === text.replace(/^0+/, ""));
  if (found !== undefined) return found.entry.seq;
  const message =
    entries.length === 0 ? "the ledger is empty" : `must be an entry of the ledger, 1 to ${entries.length}`;
  refuseInput({ file: "--to", path: "", message, value: text });
}
