import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { PolicyComplianceFramework, ResourceValidationPolicy, Severity } from "@pulumi/policy";
import { Catalogue } from "../release/catalogue.ts";
import { InputError } from "../release/errors.ts";
import type { TrustedStack } from "../release/schema/trust.ts";
import { type Violation, violationText } from "../release/verdict.ts";
import { workingTree } from "../store/files.ts";

/** A resource as a rule sees it: plain data, values that cannot be known yet still as the engine's sentinels. */
export interface JudgedResource {
  readonly type: string;
  readonly name: string;
  readonly urn: string;
  readonly props: Readonly<Record<string, unknown>>;
}

/** What a rule judges by. */
export interface RuleContext {
  readonly catalogue: Catalogue;
  readonly stack: TrustedStack;
}

/** One policy: what it is called, what it is for, and the rule in release/ that it hands resources to. */
export interface Rule {
  readonly name: string;
  readonly description: string;
  readonly severity: Severity;
  readonly framework: PolicyComplianceFramework;
  /** How a refusal is mended, in general; each violation says it in particular. */
  readonly remediation: string;
  /** Whether a resource of this type concerns the rule at all. */
  readonly concerns: (type: string) => boolean;
  readonly judge: (resource: JudgedResource, context: RuleContext) => readonly Violation[];
}

const PACK_FOLDER = dirname(fileURLToPath(import.meta.url));
const catalogues = new Map<string, Catalogue>();

/** Turns a rule into a CrossGuard policy that fails closed. */
export function resourcePolicy(rule: Rule): ResourceValidationPolicy {
  return {
    name: rule.name,
    description: rule.description,
    enforcementLevel: "mandatory",
    severity: rule.severity,
    framework: rule.framework,
    remediationSteps: rule.remediation,
    configSchema: {
      properties: {
        catalogue: {
          type: "string",
          description: "Root of the checkout that holds catalog/; the one that the pack stands in by default",
        },
      },
    },
    validateResource: (args, report) => {
      if (!rule.concerns(args.type)) return;
      const { catalogue = ".." } = args.getConfig<{ catalogue?: string }>();
      const { type, name, urn } = args;
      for (const violation of judged(rule, { type, name, urn, props: raw(args.props) }, catalogue)) {
        report(violationText(violation), urn);
      }
    },
  };
}

function judged(rule: Rule, resource: JudgedResource, root: string): readonly Violation[] {
  try {
    const catalogue = catalogueAt(resolve(PACK_FOLDER, root));
    return rule.judge(resource, { catalogue, stack: catalogue.stack(stackOf(resource.urn)) });
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    // What cannot be read cannot be judged: refuse, and say what is wrong with it.
    return [
      { message: `cannot be judged: ${error.message}`, remedy: "mend the file that is named, then preview again" },
    ];
  }
}

/** The catalogue is read once for the life of the pack's process. */
function catalogueAt(root: string): Catalogue {
  const found = catalogues.get(root) ?? new Catalogue(workingTree(root));
  catalogues.set(root, found);
  return found;
}

/** `urn:pulumi:<stack>::<project>::…` */
function stackOf(urn: string): string {
  return urn.split("::")[0]?.slice("urn:pulumi:".length) ?? "";
}

/**
 * The properties behind the SDK's proxy. The proxy throws where a value is unknown, and the engine reports that
 * as advisory: it would fail open. Descriptors are not intercepted, so rules see the sentinels and refuse them.
 */
function raw(props: Record<string, unknown>): Record<string, unknown> {
  const descriptors = Object.entries(Object.getOwnPropertyDescriptors(props));
  return Object.fromEntries(descriptors.map(([key, descriptor]) => [key, descriptor.value]));
}
