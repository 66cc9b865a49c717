import analyzerProto from "@pulumi/pulumi/proto/analyzer_pb.js";
import { z } from "zod";
import { nearestHint, type Problem } from "../release/errors.ts";
import { isObject, type JsonObject } from "../release/json.ts";
import { fromStruct } from "./wire.ts";

/** `remediate` changes resources on the real engine; where only judging is asked for, it weighs as much as `mandatory`. */
export type EnforcementLevel = "advisory" | "mandatory" | "remediate" | "disabled";

/** One policy's level and settings. */
export interface PolicySettings {
  readonly level: EnforcementLevel;
  readonly properties: JsonObject;
}

const { EnforcementLevel: Proto } = analyzerProto;
const LEVELS: Readonly<Record<EnforcementLevel, analyzerProto.EnforcementLevel>> = {
  advisory: Proto.ADVISORY,
  mandatory: Proto.MANDATORY,
  remediate: Proto.REMEDIATE,
  disabled: Proto.DISABLED,
};

export function levelToProto(level: EnforcementLevel): analyzerProto.EnforcementLevel {
  return LEVELS[level];
}

export function levelFromProto(value: analyzerProto.EnforcementLevel): EnforcementLevel {
  const found = Object.entries(LEVELS).find(([, proto]) => proto === value);
  // An unknown level is one that this code cannot weigh: it counts in full.
  return found === undefined ? "mandatory" : (found[0] as EnforcementLevel);
}

/**
 * The settings that every policy runs with, by the rules of the Pulumi CLI: defaults of the schema, then what the pack
 * itself sets, then what the user sets; `all` sets the level of every policy and yields to a policy's own entry. Unlike
 * the CLI, a name that no policy has is refused: a misspelt one would leave a policy weaker than was asked for.
 */
export function reconcile(
  info: analyzerProto.AnalyzerInfo,
  given: JsonObject,
): { readonly settings: ReadonlyMap<string, PolicySettings>; readonly problems: readonly Problem[] } {
  const policies = info.getPoliciesList();
  const names = policies.map((policy) => policy.getName());
  const problems: Problem[] = [];
  const refuse = (path: string, message: string, hints: Partial<Problem> = {}) =>
    problems.push({ file: `configuration of the policy pack ${info.getName()}`, path, message, ...hints });

  const settings = new Map<string, PolicySettings>();
  const apply = (name: string, level: EnforcementLevel | undefined, properties: JsonObject) => {
    const before = settings.get(name);
    if (before === undefined) return;
    settings.set(name, { level: level ?? before.level, properties: { ...before.properties, ...properties } });
  };

  for (const policy of policies) {
    const level = levelFromProto(policy.getEnforcementlevel());
    settings.set(policy.getName(), { level, properties: schemaDefaults(policy) });
  }
  for (const [name, config] of info.getInitialconfigMap().entries()) {
    const level = levelFromProto(config.getEnforcementlevel());
    for (const target of name === "all" ? names : [name]) apply(target, level, fromStruct(config.getProperties()));
  }
  const entries = Object.entries(given).sort(([a], [b]) => Number(b === "all") - Number(a === "all"));
  for (const [name, value] of entries) {
    if (name !== "all" && !names.includes(name)) {
      refuse(name, "the pack has no such policy", { value: name, ...nearestHint(name, names) });
      continue;
    }
    const { enforcementLevel, ...properties } =
      typeof value === "string" ? { enforcementLevel: value } : asObject(value);
    const level = Object.keys(LEVELS).find((known) => known === enforcementLevel) as EnforcementLevel | undefined;
    if (enforcementLevel !== undefined && level === undefined) {
      const hint = nearestHint(String(enforcementLevel), Object.keys(LEVELS));
      refuse(name, "there is no such enforcement level", { value: String(enforcementLevel), ...hint });
    }
    if (name === "all") for (const target of names) apply(target, level, {});
    else apply(name, level, properties);
  }
  for (const policy of policies) {
    const properties = settings.get(policy.getName())?.properties ?? {};
    for (const { path, message } of schemaIssues(policy, properties)) refuse(`${policy.getName()}${path}`, message);
  }
  return { settings, problems };
}

function asObject(value: unknown): JsonObject {
  return isObject(value) ? (value as JsonObject) : { enforcementLevel: value as never };
}

function schemaDefaults(policy: analyzerProto.PolicyInfo): JsonObject {
  const properties = fromStruct(policy.getConfigschema()?.getProperties());
  const defaults = Object.entries(properties).flatMap(([key, schema]) =>
    isObject(schema) && schema.default !== undefined ? [[key, schema.default]] : [],
  );
  return Object.fromEntries(defaults) as JsonObject;
}

function schemaIssues(policy: analyzerProto.PolicyInfo, properties: JsonObject): { path: string; message: string }[] {
  const schema = policy.getConfigschema();
  if (schema === undefined) return [];
  const parser = z.fromJSONSchema({
    type: "object",
    properties: fromStruct(schema.getProperties()) as Record<string, never>,
    required: schema.getRequiredList(),
  });
  const issues = parser.safeParse(properties).error?.issues ?? [];
  return issues.map(({ path, message }) => ({ path: path.map((part) => `.${String(part)}`).join(""), message }));
}
