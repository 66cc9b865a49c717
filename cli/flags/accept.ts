import { nearestHint, refuseInput } from "../../release/errors.ts";
import { acceptanceFolder, acceptanceStatement, maySpeak, shortOf } from "../../release/flagMaturity.ts";
import { FLAG_MATURITIES } from "../../release/schema/flags.ts";
import { readReason } from "../approve/options.ts";
import { type Done, Refusal } from "../approve/outcome.ts";
import { judgedAtNote } from "../approve/signing.ts";
import { type GlobalOptions, openContext } from "../context.ts";
import { signChecked, writeBundle } from "../signedRecord.ts";
import { openSign, type SigningOptions } from "../signers.ts";
import { findFlag } from "./change.ts";

interface AcceptOptions extends GlobalOptions, SigningOptions {
  readonly as: string;
  readonly metric?: readonly string[];
  readonly reason: string;
  readonly json?: boolean;
}

/** Signs that a feature has earned a maturity, where its numbers are within bounds and the signer is its acceptor. */
export async function acceptFlag([module = "", name = ""]: readonly string[], options: AcceptOptions): Promise<Done> {
  const context = openContext(options);
  const now = new Date();
  const flag = findFlag(context, module, name, now);
  const maturity = readMaturity(options.as);
  const metrics = Object.fromEntries((options.metric ?? []).map(readMetric));
  const reason = readReason(options.reason);
  const short = shortOf(flag, maturity, metrics);
  if (short.length > 0) throw new Refusal(`${module} ${name} has not earned ${maturity}: ${short.join("; ")}`);
  const sign = await openSign(options);
  const said = { maturity, metrics, reason, at: now.toISOString() };
  const bundle = await signChecked(context, sign, acceptanceStatement(module, name, flag, said));
  if (!maySpeak(flag.acceptor, bundle.person, module, context.catalogue.authority, now)) {
    throw new Refusal(`${bundle.person} is not the acceptor of ${module} ${name}`, [`ask ${flag.acceptor}`]);
  }
  const path = writeBundle(context, acceptanceFolder(module, name), "acceptance", bundle);
  const declared = FLAG_MATURITIES.indexOf(flag.maturity) >= FLAG_MATURITIES.indexOf(maturity);
  const next = `next: set maturity: ${maturity} for ${name} in catalog/modules/${module}.yaml`;
  return {
    headline: `✔ ${module} ${name} is ${maturity}, says ${bundle.person}: ${reason}`,
    written: [path],
    person: bundle.person,
    notes: [...(declared ? [] : [next]), ...judgedAtNote(context)],
  };
}

function readMaturity(text: string): "beta" | "stable" {
  if (text === "beta" || text === "stable") return text;
  const names = FLAG_MATURITIES.slice(1);
  const message = `must be ${names.join(" or ")}; alpha needs nobody's word`;
  refuseInput({ file: "--as", path: "", message, value: text, ...nearestHint(text, names) });
}

function readMetric(text: string): [string, number] {
  const [, name = "", value = ""] = /^([^=]+)=(-?\d+(?:\.\d+)?)$/.exec(text) ?? [];
  if (name === "") {
    const message = "must be <name>=<number>, such as failed=0";
    refuseInput({ file: "--metric", path: "", message, value: text });
  }
  return [name, Number(value)];
}
