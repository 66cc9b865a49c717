import { gonogoFolder, mayConvene } from "../../release/gonogo.ts";
import { ofKind, readRecords, recordFolder, type SignedRecord } from "../../release/records.ts";
import type { Finding } from "../approve/verification.ts";
import type { Context } from "../context.ts";

type Word = SignedRecord<"opening"> | SignedRecord<"decision">;

/** What is sound among the go/no-gos of a stack, and what is not: a decision must rest on an opening and on votes that are there. */
export function checkGonogos(
  { catalogue, files }: Context,
  stack: string,
  at: Date,
): { readonly records: number; readonly problems: readonly Finding[]; readonly notes: readonly Finding[] } {
  const { records, unusable } = readRecords(files, gonogoFolder(stack), catalogue.ring, { now: at });
  const found = (lapsed: boolean) =>
    unusable.filter((file) => file.lapsed === lapsed).map(({ path, message }) => ({ file: path, message }));
  const problems: Finding[] = found(false);
  const notes: Finding[] = found(true);
  const openings = ofKind(records, "opening");
  const decisions = ofKind(records, "decision");
  for (const { kind, path } of records) {
    if (kind === "opening" || kind === "decision") continue;
    problems.push({ file: path, message: `is a ${kind}, and only openings and decisions count here` });
  }
  for (const { predicate, person, path } of [...openings, ...decisions] as Word[]) {
    if (predicate.stack !== stack) problems.push({ file: path, message: `is about ${predicate.stack}` });
    if (mayConvene(catalogue.authority, person, Object.keys(predicate.releases), new Date(predicate.at))) continue;
    notes.push({ file: path, message: `does not count: ${person} holds no role that may attest for all of it` });
  }
  for (const { predicate, subjects, path } of decisions) {
    const opening = openings.find(({ digest }) => digest === predicate.opening);
    if (opening?.subjects.join() !== subjects.join()) {
      problems.push({ file: path, message: "closes no go/no-go that was opened on these releases" });
    }
    const [carries, carried] = [opening?.predicate, predicate].map((said) => `${said?.window} ${said?.start}`);
    if (predicate.window !== undefined && carries !== carried) {
      problems.push({ file: path, message: `is for ${carried}, and what it closes for ${carries}` });
    }
    const votes = Object.entries(predicate.releases).flatMap(([module, version]) =>
      files.list(recordFolder(module, version)).filter((name) => name.startsWith("vote-")),
    );
    for (const { person, vote } of predicate.votes) {
      if (votes.some((name) => name.startsWith(`vote-${vote.slice(0, 12)}.`))) continue;
      problems.push({ file: path, message: `rests on a vote of ${person} that is not there: ${vote.slice(0, 12)}` });
    }
  }
  return { records: records.length, problems, notes };
}
