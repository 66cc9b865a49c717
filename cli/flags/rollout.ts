import type { Rollout, Unleash } from "../../clients/unleash.ts";
import { optIns } from "../../release/flagList.ts";
import { canonicalJson } from "../../release/json.ts";
import type { FlagSetting } from "../../release/schema/flags.ts";

/** What the name of a site is called in what a service tells Unleash of who asks. */
const SITE_FIELD = "site";

/** Whom a setting is on for, as Unleash says it; undefined for nobody. */
export function rolloutOf(setting: FlagSetting): Rollout | undefined {
  const everybody = { percentage: 100, stickiness: "default", constraints: [] };
  if (setting === "off") return undefined;
  if (setting === "on") return everybody;
  if ("percentage" in setting) return { ...everybody, percentage: setting.percentage };
  const values = Object.keys(optIns(setting)).sort();
  return { ...everybody, constraints: [{ field: SITE_FIELD, operator: "IN", values }] };
}

/** Makes a flag in Unleash say what a setting says. What is on for less is so at every moment in between. */
export async function applySetting(
  unleash: Unleash,
  flag: { readonly name: string; readonly description: string },
  setting: FlagSetting,
): Promise<void> {
  const rollout = rolloutOf(setting);
  if (rollout === undefined) {
    if ((await unleash.flag(flag.name))?.enabled) await unleash.switchFlag(flag.name, false);
    return;
  }
  await unleash.createFlag(flag.name, flag.description, "release");
  // Without a rollout, one that is switched on would be on for everybody.
  await unleash.setRollout(flag.name, rollout);
  await unleash.switchFlag(flag.name, true);
}

/** In what a flag in Unleash differs from its setting, in words; undefined where in nothing. */
export async function driftOf(unleash: Unleash, name: string, setting: FlagSetting): Promise<string | undefined> {
  const found = await unleash.flag(name);
  const wanted = rolloutOf(setting);
  if (found === undefined || !found.enabled) return wanted === undefined ? undefined : "is off in Unleash";
  if (wanted === undefined) return "is on in Unleash";
  if (found.foreign.length > 0) return `has strategies in Unleash that are not ours: ${found.foreign.join(", ")}`;
  const [rollout, ...others] = found.rollouts;
  if (rollout !== undefined && others.length === 0 && canonicalJson({ ...rollout }) === canonicalJson({ ...wanted })) {
    return undefined;
  }
  return `is on in Unleash for ${found.rollouts.map(({ percentage, constraints }) => rolloutText(percentage, constraints)).join(" and ") || "everybody"}`;
}

function rolloutText(percentage: number, constraints: Rollout["constraints"]): string {
  const whom = constraints.map(({ field, operator, values }) => `${field} ${operator} ${values.join(", ")}`);
  return [`${percentage} %`, ...whom].join(" of ");
}
