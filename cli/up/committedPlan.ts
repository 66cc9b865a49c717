import { sha256 } from "../../release/json.ts";
import { Plan, planFile } from "../../release/plan.ts";
import { openRepository } from "../../store/git.ts";
import { uncommitted } from "../../store/gitIndex.ts";
import { LEDGER_FOLDER } from "../../store/ledgerBranch.ts";
import { Refusal } from "../approve/outcome.ts";
import { type Base, findBase } from "../base.ts";
import { isForTrying, type Target } from "./target.ts";

/** The plan that was approved: an update must come to the same. */
export interface CommittedPlan {
  readonly plan: Plan;
  /** SHA-256 of its file. */
  readonly digest: string;
  /** The commit that has it; absent where the checkout is not exactly that commit. */
  readonly commit?: string;
}

/**
 * Reads `plans/<stack>.json` as it was committed. Where nothing is tried out, the checkout must be exactly what was
 * committed, but for entries of the ledger.
 * @throws Refusal that says what to do
 */
export function committedPlan({ context, checked }: Target): CommittedPlan {
  const { root, files } = context;
  const { name, class: environment } = checked.platform.stack;
  const path = planFile(name);
  const repository = openRepository(root);
  const head = "reason" in repository ? undefined : repository.commitOf("HEAD");
  const trying = isForTrying(environment);
  if ("reason" in repository || head === undefined) {
    const why = "reason" in repository ? repository.reason : "there is no commit yet";
    if (!trying) throw new Refusal(`what is applied to ${name} must be committed: ${why}`);
    return { ...parse(files.read(path), path, name) };
  }
  const dirty = (uncommitted(root, ["."]) ?? []).filter((file) => !file.includes(`${LEDGER_FOLDER}/`));
  if (dirty.length > 0 && !trying) {
    const shown = dirty.slice(0, 5).join(", ");
    throw new Refusal(`the checkout is not what was committed: ${shown}`, ["commit these, or put them back"]);
  }
  const plan = parse(repository.filesAt(head).read(path), path, name);
  return { ...plan, ...(dirty.length === 0 ? { commit: head } : {}) };
}

function parse(bytes: Uint8Array | undefined, path: string, stack: string): CommittedPlan {
  const next = [`npx imprimatur plan ${stack} --write, then commit ${path}`];
  if (bytes === undefined)
    throw new Refusal(`${path} is not committed, so nobody has approved what is to be applied`, next);
  try {
    return { plan: Plan.parse(JSON.parse(new TextDecoder().decode(bytes))), digest: sha256(bytes) };
  } catch {
    throw new Refusal(`${path} is no plan`, next);
  }
}

/** What a stack runs, as a base to compare with: the plan of the commit that its ledger names last. */
export function lastApplied({ context, checked }: Target, entries: readonly { commit?: string | undefined }[]): Base {
  const commit = entries.findLast((entry) => entry.commit !== undefined)?.commit;
  const repository = openRepository(context.root);
  const isHere = commit !== undefined && !("reason" in repository) && repository.commitOf(commit) !== undefined;
  const { name } = checked.platform.stack;
  if (!isHere) return { reason: `the ledger of ${name} names no commit that is here`, plan: () => undefined };
  return { ...findBase(context.root, commit), reason: "applied last" };
}
