import { removals } from "../../release/applied.ts";
import { InputError } from "../../release/errors.ts";
import { readLedger } from "../../release/ledger.ts";
import { planDigest } from "../../release/plan.ts";
import { type Done, Refusal } from "../approve/outcome.ts";
import { appendEntry, checkAppend, pushNotes } from "../ledger/append.ts";
import { resourceName } from "../render/text.ts";
import type { Sign } from "../signers.ts";
import { type ConfirmOptions, isConfirmed } from "./confirm.ts";
import { succeeded } from "./drift.ts";
import { checkConsent } from "./guard.ts";
import { countsText, createStepProgress } from "./steps.ts";
import type { Target } from "./target.ts";

/**
 * Takes away everything that a stack has made, and records that.
 * @throws Refusal where production's two roles have not signed, something is protected, or nobody says yes
 * @throws InputError where it fails; the ledger has that, too
 */
export async function destroyStack(target: Target, sign: Sign, options: ConfirmOptions): Promise<Done> {
  const { context, checked, state, operate, backend } = target;
  const { name } = checked.platform.stack;
  const consent = checkConsent(target, "destroy");
  if (!(await state.exists())) throw new Refusal(`${name} is not on ${backend}: there is nothing to destroy`);
  const { deployment } = await state.read();
  const kept = deployment.resources.filter(({ protect }) => protect === true).map(({ urn }) => resourceName(urn));
  if (kept.length > 0) {
    throw new Refusal(`protected, so nothing was destroyed: ${kept.join(", ")}`, [
      `take \`protect\` off these in the program, have the plan approved, and npx imprimatur up ${name}`,
    ]);
  }
  const { catalogue, files } = context;
  const ledger = readLedger(files, name, catalogue.ring, catalogue.authority);
  const facts = {
    action: "destroy" as const,
    changes: removals(ledger),
    planDigest: planDigest(files, name),
    ...(consent === undefined ? {} : { reason: consent.reason, waivers: [...consent.waivers] }),
  };
  await checkAppend(context, sign, name, { ...facts, outcome: "failed", durationSeconds: 0 });

  const { counts } = succeeded(await operate("previewDestroy"));
  console.error(`This takes everything away that ${name} has made: ${countsText(counts)}`);
  if (!(await isConfirmed(options, `Destroy ${name}?`))) throw new Refusal("nobody said yes: nothing was destroyed");
  const progress = createStepProgress(name, process.stderr);
  const operated = await operate("destroy", { onStep: progress.report }).finally(progress.finish);
  const { path, person } = await appendEntry(context, sign, name, {
    ...facts,
    outcome: operated.succeeded ? "succeeded" : "failed",
    durationSeconds: operated.durationSeconds,
  });
  if (!operated.succeeded) throw new InputError(operated.problems);
  const headline = `${name} is destroyed: ${countsText(operated.counts)}`;
  return { headline, written: [path], person, notes: pushNotes(context) };
}
