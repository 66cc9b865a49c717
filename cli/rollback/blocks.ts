import { recordFileName, recordFolder } from "../../release/records.ts";
import { Refusal } from "../approve/outcome.ts";
import { whoMay } from "../approve/signing.ts";
import { subjectOf } from "../candidate.ts";
import type { Context } from "../context.ts";
import { signRecord } from "../signedRecord.ts";
import type { Sign } from "../signers.ts";
import type { FileEdit } from "../writeAll.ts";
import type { JudgedStep } from "./judged.ts";

/**
 * Signs, for each release that is taken back, that it must not be promoted to this stack again by mistake. Nothing is
 * written yet.
 * @throws Refusal where the signer may neither operate nor block
 */
export async function blocksFor(
  context: Context,
  sign: Sign,
  stack: string,
  steps: readonly JudgedStep[],
  reason: string,
): Promise<{ readonly blocks: FileEdit[]; readonly person?: string }> {
  const { catalogue } = context;
  const at = new Date();
  const blocks: FileEdit[] = [];
  let signer: string | undefined;
  for (const { module: name, from } of steps) {
    if (from === undefined) continue;
    const module = catalogue.module(name, { file: "<module>", path: "" });
    const subject = subjectOf({ module, release: from });
    const bundle = await signRecord(context, sign, "block", [subject], { stack, reason, at: at.toISOString() });
    signer = bundle.person;
    const path = `${recordFolder(name, from.manifest.version)}/${recordFileName("block", bundle.digest)}`;
    blocks.push({ path, before: undefined, after: bundle.bytes });
  }
  return { blocks, ...(signer === undefined ? {} : { person: signer }) };
}

/** Whoever takes a release back may operate the module, or block its releases. @throws Refusal naming who may */
export function checkOperator({ catalogue }: Context, person: string, steps: readonly JudgedStep[]): void {
  const { authority } = catalogue;
  const at = new Date();
  for (const { module } of steps) {
    if (authority.may(person, "operate", module, at) || authority.may(person, "block", module, at)) continue;
    const others = new Set([...whoMay(authority, "operate", module, at), ...whoMay(authority, "block", module, at)]);
    const next =
      others.size === 0 ? "give a role that may operate to somebody" : `ask ${[...others].sort().join(" or ")}`;
    throw new Refusal(`${person} holds no role that may operate or block ${module}`, [next]);
  }
}
