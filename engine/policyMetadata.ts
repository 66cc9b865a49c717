import analyzerProto from "@pulumi/pulumi/proto/analyzer_pb.js";
import { isObject } from "../release/json.ts";
import { fromStruct } from "./wire.ts";

/** What a policy says of itself, beyond its name and level. */
export interface PolicyMetadata {
  readonly name: string;
  readonly description: string;
  /** `low`, `medium`, `high` or `critical`; absent where the policy does not say. */
  readonly severity?: string;
  readonly framework?: {
    readonly name: string;
    readonly version: string;
    readonly reference: string;
    readonly specification: string;
  };
  readonly tags: readonly string[];
  /** How a violation is mended, in general. */
  readonly remediation: string;
  /** JSON Schema of each setting, by name, in order of name. */
  readonly settings: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

const SEVERITIES = new Map(
  (["LOW", "MEDIUM", "HIGH", "CRITICAL"] as const).map((name) => [
    analyzerProto.PolicySeverity[`POLICY_SEVERITY_${name}`],
    name.toLowerCase(),
  ]),
);

/** Reads what a pack tells an engine of one of its policies. */
export function readMetadata(policy: analyzerProto.PolicyInfo): PolicyMetadata {
  const severity = SEVERITIES.get(policy.getSeverity());
  const framework = policy.getFramework();
  const settings = Object.entries(fromStruct(policy.getConfigschema()?.getProperties()))
    .filter((entry): entry is [string, Record<string, never>] => isObject(entry[1]))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    name: policy.getName(),
    description: policy.getDescription(),
    ...(severity === undefined ? {} : { severity }),
    ...(framework === undefined
      ? {}
      : {
          framework: {
            name: framework.getName(),
            version: framework.getVersion(),
            reference: framework.getReference(),
            specification: framework.getSpecification(),
          },
        }),
    tags: policy.getTagsList(),
    remediation: policy.getRemediationSteps(),
    settings: Object.fromEntries(settings),
  };
}
