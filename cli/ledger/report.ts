import { z } from "zod";
import { utcText } from "../../release/calendar/local.ts";
import { auditLedger, type LedgerAudit } from "../../release/ledgerAudit.ts";
import { Name } from "../../release/schema/common.ts";
import { type LedgerChange, LedgerEntry } from "../../release/schema/ledger.ts";
import { workingTree } from "../../store/files.ts";
import { forkedEntries, LEDGER_FOLDER } from "../../store/ledgerBranch.ts";
import type { Context } from "../context.ts";
import type { Style } from "../render/style.ts";
import { plain, shortDigest } from "../render/text.ts";

const SignedEntry = z.strictObject({ path: z.string(), sha256: z.string(), person: Name, entry: LedgerEntry });

/** What `imprimatur ledger` prints (`schemas/ledger.json`). */
export const LedgerReport = z
  .strictObject({
    holds: z.boolean().describe("No ledger has a fault"),
    stacks: z.array(
      z.strictObject({
        stack: z.string(),
        entries: z.array(SignedEntry).describe("Oldest first, as far as the chain holds"),
        faults: z.array(z.strictObject({ path: z.string(), message: z.string() })),
      }),
    ),
  })
  .meta({ title: "Imprimatur ledger" });
export type LedgerReport = z.infer<typeof LedgerReport>;

/**
 * Reads and verifies ledgers: of the tree, joined with the ledger's branch.
 * @param names stacks; by default all that trust knows, and all that have a ledger
 * @throws InputError for a stack that nobody knows
 */
export function readLedgers({ catalogue, files, root }: Context, names: readonly string[]): LedgerReport {
  const present = files.list(LEDGER_FOLDER);
  for (const name of names) if (!present.includes(name)) catalogue.stack(name);
  const stacks = names.length > 0 ? names : [...new Set([...catalogue.stackNames, ...present])];
  const forked = forkedEntries(root, workingTree(root));
  const audits = stacks.map((stack) => auditLedger(files, stack, catalogue, forked));
  return { holds: audits.every(({ faults }) => faults.length === 0), stacks: audits.map(stackReport) };
}

function stackReport({ stack, entries, faults }: LedgerAudit): LedgerReport["stacks"][number] {
  return {
    stack,
    entries: entries.map(({ path, digest, person, entry }) => ({ path, sha256: digest, person, entry })),
    faults: faults.map(({ path, message }) => ({ path, message })),
  };
}

/** One line a stack, and one for each fault. */
export function verifyLines({ stacks }: LedgerReport, style: Style): string[] {
  return stacks.flatMap(({ stack, entries, faults }) => {
    const last = entries.at(-1);
    const text = `${plain(stack)}: ${entries.length} entries${last === undefined ? "" : `, the last of ${last.entry.at}`}`;
    return [
      `${faults.length === 0 ? style.good("✔") : style.bad("✘")} ${text}`,
      ...faults.map(({ path, message }) => `  ${plain(path)}: ${plain(message)}; nothing from there on counts`),
    ];
  });
}

/** Each entry with what it changed below it, newest first, for a terminal of `width` columns. */
export function listLines({ stacks }: LedgerReport, style: Style, width: number): string[] {
  return stacks.flatMap(({ stack, entries }) => {
    const versions = new Map(
      entries.flatMap(({ entry }) => entry.changes.map(({ to, version }): [string | null, string] => [to, version])),
    );
    return [
      style.bold(plain(stack)),
      ...entries.toReversed().flatMap(({ entry, person }) => {
        const { seq, at, action, outcome, changes } = entry;
        const steps = changes.map((change) =>
          stepText(change, change.from === null ? undefined : versions.get(change.from)),
        );
        const shown = steps.length === 0 ? ["nothing new"] : packed(steps, width - INDENT.length);
        return [
          `  ${String(seq).padStart(4)}  ${utcText(new Date(at))}  ${action} ${outcome}  (${person})`,
          ...shown.map((line) => style.dim(`${INDENT}${line}`)),
        ];
      }),
    ];
  });
}

const INDENT = " ".repeat(8);

/** `skaha 1.0.1 → 1.0.2 (3bf9dc73cd14)`: what an entry did to a module. */
function stepText({ module, version, from, to }: LedgerChange, before: string | undefined): string {
  if (to === null) return plain(`${module} ${version} removed`);
  const step = from === null || from === to ? version : `${before ?? shortDigest(from)} → ${version}`;
  return plain(`${module} ${step} (${shortDigest(to)})`);
}

/** Items in lines of at most `width` characters, no item broken. */
function packed(items: readonly string[], width: number): string[] {
  const lines: string[] = [];
  for (const [index, item] of items.entries()) {
    const text = index === items.length - 1 ? item : `${item},`;
    const last = lines.at(-1);
    if (last !== undefined && last.length + text.length + 1 <= width) lines[lines.length - 1] = `${last} ${text}`;
    else lines.push(text);
  }
  return lines;
}

/** One entry in full. */
export function showLines({ entry, person, path, sha256 }: z.infer<typeof SignedEntry>): string[] {
  const digest = (text: string | null) => (text === null ? "nothing" : shortDigest(text));
  const optional = (label: string, text: string | undefined) =>
    text === undefined ? [] : [`${label.padEnd(10)} ${text}`];
  return [
    `${"entry".padEnd(10)} ${entry.stack} ${entry.seq}: ${entry.action}, ${entry.outcome}`,
    `${"at".padEnd(10)} ${entry.at}, took ${entry.durationSeconds} s`,
    `${"signed by".padEnd(10)} ${person}`,
    `${"file".padEnd(10)} ${path} (SHA-256 ${sha256})`,
    `${"plan".padEnd(10)} ${entry.planDigest}`,
    ...optional("commit", entry.commit),
    ...optional("window", entry.window),
    ...optional("replaces", entry.replaces),
    ...optional("reason", entry.reason === undefined ? undefined : plain(entry.reason)),
    ...entry.changes.map(
      ({ module, version, from, to, blessing }) =>
        `${"change".padEnd(10)} ${module} ${version}: ${digest(from)} → ${digest(to)}, ${blessing === null ? "asks for no blessing" : `blessing ${digest(blessing)}`}`,
    ),
    ...entry.canaries.map(({ module, version, weight }) => {
      const share = weight === 0 ? "" : ` with a weight of ${weight} %`;
      return `${"deploys".padEnd(10)} canary ${module} ${version}${share}`;
    }),
    ...entry.approvers.map(
      ({ person: who, role, vote }) => `${"approved".padEnd(10)} ${who} as ${role} (${digest(vote)})`,
    ),
    ...entry.waivers.map((waiver) => `${"waiver".padEnd(10)} ${waiver}`),
  ];
}
