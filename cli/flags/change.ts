import { nearestHint, refuseInput } from "../../release/errors.ts";
import { overlay } from "../../release/files.ts";
import { settingOf } from "../../release/flagList.ts";
import { type JudgedFlag, judgedFlags } from "../../release/flagMaturity.ts";
import { flagText, flagUses, flagValue } from "../../release/flags.ts";
import { canonicalJson } from "../../release/json.ts";
import { planDigest } from "../../release/plan.ts";
import type { Platform } from "../../release/platform.ts";
import { FlagFloors, judgeFlags } from "../../release/rules/featureFlags.ts";
import type { FlagSetting } from "../../release/schema/flags.ts";
import { writeSetting } from "../../release/settingEdit.ts";
import { Refusal } from "../approve/outcome.ts";
import type { Context } from "../context.ts";
import { type AppendedEntry, appendEntry, checkAppend, type EntryFacts } from "../ledger/append.ts";
import { packSettings } from "../pack.ts";
import type { Sign } from "../signers.ts";
import { readStacks } from "../stacks.ts";
import { openUnleash } from "../unleash.ts";
import { writeAll } from "../writeAll.ts";
import { applySetting } from "./rollout.ts";

/** What one flag is set to in one stack, and is to be set to. */
export interface FlagChange {
  readonly platform: Platform;
  readonly flag: JudgedFlag;
  readonly from: FlagSetting;
  readonly to: FlagSetting;
}

/** A flag by module and name. @throws InputError with the nearest */
export function findFlag(context: Context, module: string, name: string, now: Date): JudgedFlag {
  context.catalogue.module(module, { file: "<module>", path: "" });
  const all = judgedFlags(context.catalogue, context.files, now).filter((flag) => flag.module === module);
  const found = all.find(({ flag }) => flag === name);
  if (found === undefined) {
    const names = all.map(({ flag }) => flag);
    const message = `catalog/modules/${module}.yaml declares no such flag`;
    refuseInput({ file: "<flag>", path: "", message, value: name, ...nearestHint(name, names) });
  }
  return found;
}

/**
 * The stacks that are named, each with what it sets the flag to.
 * @throws InputError where one of them does not run the module
 */
export function changesOf(
  context: Context,
  stacks: readonly string[],
  flag: JudgedFlag,
  to: (from: FlagSetting) => FlagSetting,
): FlagChange[] {
  return readStacks(context, stacks, []).map(({ platform }) => {
    if (!platform.modules.has(flag.module)) {
      const message = `does not run ${flag.module}, so there is nothing to switch`;
      refuseInput({ file: "--stack", path: "", message, value: platform.stack.name });
    }
    const from = settingOf(platform, flag.module, flag.flag);
    return { platform, flag, from, to: to(from) };
  });
}

/** @throws Refusal where the policy feature-flags would refuse one of the changes */
export function checkChanges(context: Context, changes: readonly FlagChange[], now: Date): void {
  const floors = FlagFloors.parse(packSettings(context, "feature-flags").everybody ?? {});
  const refused = changes.flatMap(({ platform: { stack }, flag, to }) =>
    to === "off" ? [] : judgeFlags(flagUses({ [flag.flag]: flagValue(to) }), [flag], { stack, floors, now }),
  );
  const [first] = refused;
  if (first === undefined) return;
  const next = refused.flatMap(({ remedy }) => remedy ?? []);
  throw new Refusal(refused.map(({ message }) => message).join("; "), [...new Set(next)]);
}

/**
 * Carries changes out: all stack files or none, and what is live in Unleash at once, with an entry in the ledger.
 * Off goes to Unleash first, on goes there last: what is on is never on for more than is written down.
 * @param sign undefined where nothing is live
 */
export async function applyChanges(
  context: Context,
  changes: readonly FlagChange[],
  sign: Sign | undefined,
  reason: string | undefined,
): Promise<{ readonly written: string[]; readonly person?: string }> {
  const real = changes.filter(({ from, to }) => canonicalJson(from) !== canonicalJson(to));
  const edits = editsOf(context, real);
  const live = real.filter(({ flag }) => flag.live);
  // Found out before anything is changed: a token that is missing, a server that does not answer, a key that may not.
  const targets = live.map((change) => ({
    change,
    unleash: openUnleash(change.platform),
    facts: factsOf(context, change, reason),
  }));
  for (const { unleash, change, facts } of targets) {
    await unleash.flag(change.flag.flag);
    if (sign !== undefined) await checkAppend(context, sign, change.platform.stack.name, facts);
  }

  const move = async (wanted: boolean) => {
    for (const { unleash, change } of targets.filter(({ change: { to } }) => (to === "off") === wanted)) {
      await applySetting(unleash, { name: change.flag.flag, description: flagText(change.flag) }, change.to);
    }
  };
  await move(true);
  writeAll(context.root, edits);
  const appended: AppendedEntry[] = [];
  for (const { change, facts } of sign === undefined ? [] : targets) {
    appended.push(await appendEntry(context, sign as Sign, change.platform.stack.name, facts));
  }
  await move(false);
  const written = [...edits.map(({ path }) => path), ...appended.map(({ path }) => path)];
  const [first] = appended;
  return { written, ...(first === undefined ? {} : { person: first.person }) };
}

function factsOf({ files }: Context, change: FlagChange, reason: string | undefined): EntryFacts {
  const { platform, flag, from, to } = change;
  return {
    action: "flag",
    changes: [],
    flags: [{ module: flag.module, flag: flag.flag, from, to }],
    outcome: "succeeded",
    planDigest: planDigest(files, platform.stack.name),
    ...(reason === undefined ? {} : { reason }),
    durationSeconds: 0,
  };
}

/** The stack files with the changes in them, read again as whoever applies them will. */
function editsOf(context: Context, changes: readonly FlagChange[]) {
  const byStack = Map.groupBy(changes, ({ platform }) => platform.stack.name);
  const edits = [...byStack].map(([stack, own]) => {
    const path = `Pulumi.${stack}.yaml`;
    const before = new TextDecoder().decode(context.files.read(path));
    const after = own.reduce(
      (text, { flag, to }) => writeSetting(text, ["config", "imprimatur:flags", flag.module, flag.flag], to, path),
      before,
    );
    return { path, before, after };
  });
  const files = overlay(context.files, new Map(edits.map(({ path, after }) => [path, Buffer.from(after)])));
  if (edits.length > 0) readStacks({ ...context, files }, [...byStack.keys()], []);
  return edits;
}
