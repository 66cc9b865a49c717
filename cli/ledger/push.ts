import { rmSync } from "node:fs";
import { join } from "node:path";
import { InputError } from "../../release/errors.ts";
import { type Files, overlay } from "../../release/files.ts";
import { isRestated, type Ledger, readLedger, type SignedEntry, toldBy } from "../../release/ledger.ts";
import { workingTree } from "../../store/files.ts";
import { openRepository } from "../../store/git.ts";
import { LEDGER_BRANCH, ownEntries, pushLedger, trackedRef } from "../../store/ledgerBranch.ts";
import { type Done, Refusal } from "../approve/outcome.ts";
import type { Context } from "../context.ts";
import type { Sign } from "../signers.ts";
import { signBehind } from "./append.ts";

/** What the branch gets of one stack's ledger, by path, and what of it tells an entry of the tree anew. */
interface Additions {
  readonly added: ReadonlyMap<string, Uint8Array>;
  readonly anew: readonly string[];
}

/**
 * Pushes the entries that only the working tree has to the ledger's branch. One in whose place the branch has another is
 * signed anew behind the branch's last, and then taken out of the working tree, unless it is committed.
 * @param openSign asked only where an entry has to be signed anew; undefined where no key was named
 * @throws Refusal where an entry does not hold, or has to be signed anew and there is no key
 */
export async function pushEntries(
  context: Context,
  remote: string,
  openSign: (() => Promise<Sign>) | undefined,
): Promise<Done> {
  const tree = workingTree(context.root);
  let anew: readonly string[] = [];
  const { commit, paths } = await pushLedger(context.root, remote, async (branch) => {
    const additions = await additionsTo(context, tree, branch, openSign);
    anew = additions.flatMap((one) => one.anew);
    return new Map(additions.flatMap(({ added }) => [...added]));
  });
  const removed = removeTold(context, tree, remote);
  const headline =
    commit === undefined
      ? `${LEDGER_BRANCH} on ${remote} has every entry already`
      : `${paths.length} entries pushed to ${LEDGER_BRANCH} on ${remote} (${commit.slice(0, 12)})`;
  const gone = removed.map((path) => `${path} is gone from here: the branch tells it in another place`);
  return { headline, details: [...paths, ...anew, ...gone], written: [] };
}

/** One stack after the other: a passphrase is asked for once. */
async function additionsTo(
  context: Context,
  tree: Files,
  branch: Files,
  openSign: (() => Promise<Sign>) | undefined,
): Promise<Additions[]> {
  const additions: Additions[] = [];
  for (const [stack, own] of Map.groupBy(ownEntries(tree, branch), ([path]) => path.split("/")[2] ?? "")) {
    additions.push(await additionsOf(context, stack, new Map(own), branch, openSign));
  }
  return additions;
}

async function additionsOf(
  context: Context,
  stack: string,
  own: ReadonlyMap<string, Uint8Array>,
  branch: Files,
  openSign: (() => Promise<Sign>) | undefined,
): Promise<Additions> {
  const { ring } = context.catalogue;
  const theirs = readWhole(context, branch, stack);
  const open = new Map([...own].filter(([, bytes]) => !isRestated(theirs, bytes, ring)));
  // What follows the branch as it is, and what was made behind another entry than the branch has.
  const free = new Map([...open].filter(([path]) => branch.read(path) === undefined));
  const joined = read(context, overlay(branch, free), stack);
  const added = new Map(joined.entries.flatMap(({ path }) => entryOf(free, path)));
  const beside = new Map([...open].filter(([path]) => !added.has(path)));
  if (beside.size === 0) return { added, anew: [] };

  const [fork] = [...beside.keys()];
  const aside = read(context, overlay(branch, beside), stack);
  const strays = aside.entries.filter(({ path }) => beside.has(path));
  if (strays.length < beside.size) throw brokenLedger(aside, fork ?? "");
  if (openSign === undefined) {
    const message = `${fork} has another entry in its place on ${LEDGER_BRANCH}: it has to be signed anew behind the last`;
    throw new Refusal(message, ["npx imprimatur ledger push --key <file>"]);
  }
  const sign = await openSign();
  const anew: string[] = [];
  let last: Pick<SignedEntry, "entry" | "digest"> | undefined = joined.entries.at(-1);
  for (const stray of strays) {
    const signed = await signAnew(context, sign, last, stray);
    added.set(signed.path, signed.bytes);
    anew.push(
      `${stack} ${stray.entry.seq} of ${stray.person} is ${signed.entry.seq} now, signed by ${signed.person}: its place was taken`,
    );
    last = signed;
  }
  return { added, anew };
}

/** The same facts behind another entry: as of when they came to be or, where the signer's key or role is newer, as of now. */
async function signAnew(
  context: Context,
  sign: Sign,
  last: Pick<SignedEntry, "entry" | "digest"> | undefined,
  { entry, digest }: SignedEntry,
): ReturnType<typeof signBehind> {
  const facts = { ...toldBy(entry), replaces: digest };
  try {
    return await signBehind(context, sign, last, facts, new Date(entry.at));
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return signBehind(context, sign, last, facts, new Date());
  }
}

/**
 * Takes entries out of the tree that the branch tells in another place. One that is committed stays: it may be on the
 * protected branch, from which nothing is taken away, and it is no fault any more.
 */
function removeTold({ root, catalogue }: Context, tree: Files, remote: string): string[] {
  const repository = openRepository(root);
  if ("reason" in repository) return [];
  const at = (ref: string) => repository.filesAt(repository.commitOf(ref) ?? ref);
  const [branch, head] = [at(trackedRef(remote)), at("HEAD")];
  const told = [...ownEntries(tree, branch)].flatMap(([path, bytes]) => {
    const theirs = readLedger(branch, path.split("/")[2] ?? "", catalogue.ring, catalogue.authority);
    return isRestated(theirs, bytes, catalogue.ring) && head.read(path) === undefined ? [path] : [];
  });
  for (const path of told) rmSync(join(root, path));
  return told;
}

function read({ catalogue }: Context, files: Files, stack: string): Ledger {
  return readLedger(files, stack, catalogue.ring, catalogue.authority);
}

function readWhole(context: Context, branch: Files, stack: string): Ledger {
  const ledger = read(context, branch, stack);
  if (ledger.broken !== undefined) throw brokenLedger(ledger, ledger.broken.path);
  return ledger;
}

function brokenLedger({ broken }: Ledger, path: string): Refusal {
  const message = broken === undefined ? `${path} does not hold` : `${broken.path} ${broken.message}`;
  return new Refusal(`the ledger does not hold: ${message}`, ["npx imprimatur ledger verify"]);
}

function entryOf(entries: ReadonlyMap<string, Uint8Array>, path: string): [string, Uint8Array][] {
  const bytes = entries.get(path);
  return bytes === undefined ? [] : [[path, bytes]];
}
