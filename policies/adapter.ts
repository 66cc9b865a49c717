import type {
  PolicyConfigSchema,
  ReportViolation,
  ResourceValidationArgs,
  ResourceValidationPolicy,
  StackValidationPolicy,
} from "@pulumi/policy";
import { z } from "zod";
import { InputError } from "../release/errors.ts";
import { type Violation, violationText } from "../release/verdict.ts";
import { type Checkout, checkoutAt, isPreview } from "./context.ts";
import type { JudgedResource, ResourceRule, RuleContext, RuleText, StackRule } from "./rule.ts";
import { withWaivers } from "./waivers.ts";

/** The setting that every policy has. */
const CATALOGUE = z
  .string()
  .default("..")
  .describe("Root of the checkout that holds catalog/, from the pack's folder; the checkout of the pack by default");

/** Turns a rule into a CrossGuard policy that fails closed. */
export function resourcePolicy<S extends z.ZodObject>(rule: ResourceRule<S>): ResourceValidationPolicy {
  return {
    ...metadata(rule),
    validateResource: (args, report) => {
      if (!rule.concerns(args.type)) return;
      const resource = plainResource(args);
      judged(rule, args.urn, args.getConfig(), report, (context) =>
        rule.judge(resource, context).map((violation) => ({ urn: args.urn, ...violation })),
      );
    },
  };
}

/** As {@link resourcePolicy}, for a rule over the whole stack. */
export function stackPolicy<S extends z.ZodObject>(rule: StackRule<S>): StackValidationPolicy {
  return {
    ...metadata(rule),
    validateStack: (args, report) => {
      const urn = args.resources[0]?.urn;
      if (urn === undefined) return;
      const resources = args.resources.map((resource) => plainResource(resource));
      judged(rule, urn, args.getConfig(), report, (context) => rule.judgeStack(resources, context));
    },
  };
}

function metadata<S extends z.ZodObject>(rule: RuleText & { readonly settings: S }) {
  const { name, description, severity, framework, tags, remediation } = rule;
  const { properties, required } = z.toJSONSchema(rule.settings.extend({ catalogue: CATALOGUE }), { io: "input" });
  return {
    name,
    description,
    severity,
    framework,
    tags: [...tags],
    remediationSteps: remediation,
    url: `https://imprimatur.dev/docs/policies#${name}`,
    enforcementLevel: "mandatory" as const,
    configSchema: { properties, ...(required === undefined ? {} : { required }) } as PolicyConfigSchema,
  };
}

function judged<S extends z.ZodObject>(
  rule: RuleText & { readonly settings: S },
  urn: string,
  config: unknown,
  report: ReportViolation,
  judge: (context: RuleContext<z.output<S>>) => readonly Violation[],
): void {
  const violations = attempt(() => {
    const { catalogue: root, ...settings } = parseSettings(rule, config);
    const checkout = checkoutAt(root);
    const context = contextOf(checkout, urn, settings as z.output<S>);
    return withWaivers(rule.name, judge(context), context);
  });
  for (const { urn: place = urn, waived, ...violation } of violations) {
    if (waived === undefined) report(violationText(violation), place);
    else reportAdvice(report, `waived: ${waived}\n${violationText(violation)}`, place);
  }
}

function parseSettings<S extends z.ZodObject>(rule: { readonly name: string; readonly settings: S }, config: unknown) {
  const result = rule.settings.extend({ catalogue: CATALOGUE }).strict().safeParse(config);
  if (result.success) return result.data as z.output<S> & { catalogue: string };
  const problems = result.error.issues.map(({ path, message }) => ({
    file: "the configuration of the policy pack",
    path: [rule.name, ...path.map(String)].join("."),
    message,
  }));
  throw new InputError(problems);
}

function contextOf<Settings>(checkout: Checkout, urn: string, settings: Settings): RuleContext<Settings> {
  // `urn:pulumi:<stack>::<project>::…`
  const stackName = urn.split("::")[0]?.slice("urn:pulumi:".length) ?? "";
  return { ...checkout, stack: checkout.catalogue.stack(stackName), preview: isPreview, settings };
}

/** What cannot be read cannot be judged: it is refused, with what is wrong with it. */
function attempt(judge: () => readonly (Violation & { waived?: string })[]) {
  try {
    return judge();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const remedy = "mend what is named, then preview again";
    return [{ message: `cannot be judged: ${error.message}`, remedy } as Violation & { waived?: string }];
  }
}

/** The SDK also takes an object, with a level of its own for this violation; its types do not say so. */
function reportAdvice(report: ReportViolation, message: string, urn: string): void {
  (report as unknown as (violation: object) => void)({ message, urn, enforcementLevel: "advisory" });
}

type SdkResource = Pick<ResourceValidationArgs, "type" | "name" | "urn" | "props" | "opts"> & {
  readonly provider?: ResourceValidationArgs["provider"];
};

function plainResource({ type, name, urn, props, opts, provider }: SdkResource): JudgedResource {
  const { protect, ignoreChanges, parent } = opts;
  return {
    type,
    name,
    urn,
    props: raw(props),
    options: { protect, ignoreChanges, ...(parent === undefined || parent === "" ? {} : { parent }) },
    ...(provider === undefined ? {} : { provider: { type: provider.type, props: raw(provider.props) } }),
  };
}

/**
 * The properties behind the SDK's proxy. The proxy throws where a value is unknown, and the engine reports that
 * as advisory: it would fail open. Descriptors are not intercepted, so rules see the sentinels and refuse them.
 */
function raw(props: Record<string, unknown>): Record<string, unknown> {
  const descriptors = Object.entries(Object.getOwnPropertyDescriptors(props));
  return Object.fromEntries(descriptors.map(([key, descriptor]) => [key, descriptor.value]));
}
