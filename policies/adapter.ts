import type {
  PolicyConfigSchema,
  ReportViolation,
  ResourceValidationArgs,
  ResourceValidationPolicy,
  StackValidationPolicy,
} from "@pulumi/policy";
import { z } from "zod";
import { InputError } from "../release/errors.ts";
import { WAIVED } from "../release/policyWaivers.ts";
import { violationText } from "../release/verdict.ts";
import { type Checkout, checkoutAt, isPreview } from "./context.ts";
import type { Finding, JudgedResource, ResourceRule, RuleContext, RuleText, StackRule } from "./rule.ts";
import { secretTest } from "./secretValues.ts";
import { type Waivable, withWaivers } from "./waivers.ts";

/** The setting that every policy has. */
const CATALOGUE = z
  .string()
  .default("..")
  .describe("Root of the checkout that holds catalog/, from the pack's folder; the checkout of the pack by default");

/** Turns a rule into a CrossGuard policy that fails closed. */
export function resourcePolicy<S extends z.ZodObject>(rule: ResourceRule<S>): ResourceValidationPolicy {
  const readSettings = settingsReader(rule);
  return {
    ...metadata(rule),
    validateResource: (args, report) => {
      if (!rule.concerns(args.type)) return;
      const resource = plainResource(args);
      const settings = () => readSettings(args.getConfig());
      judged(rule.name, args.urn, settings, report, (context) =>
        rule.judge(resource, context).map((violation) => ({ urn: args.urn, ...violation })),
      );
    },
  };
}

/** As {@link resourcePolicy}, for a rule over the whole stack. */
export function stackPolicy<S extends z.ZodObject>(rule: StackRule<S>): StackValidationPolicy {
  const readSettings = settingsReader(rule);
  return {
    ...metadata(rule),
    validateStack: (args, report) => {
      const urn = args.resources[0]?.urn;
      if (urn === undefined) return;
      const settings = () => readSettings(args.getConfig());
      const resources = args.resources.map((resource) => plainResource(resource));
      judged(rule.name, urn, settings, report, (context) => rule.judgeStack(resources, context));
    },
  };
}

/** A rule that judges each resource by itself and then all of them together: one policy to the user. */
export function combinedPolicy<S extends z.ZodObject>(
  rule: ResourceRule<S> & StackRule<S>,
): ResourceValidationPolicy & StackValidationPolicy {
  return { ...stackPolicy(rule), ...resourcePolicy(rule) };
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

type SettingsOf<S extends z.ZodObject> = z.output<S> & { readonly catalogue: string };

function judged<S extends z.ZodObject>(
  name: string,
  urn: string,
  readSettings: () => SettingsOf<S>,
  report: ReportViolation,
  judge: (context: RuleContext<z.output<S>>) => readonly Finding[],
): void {
  const violations = attempt(() => {
    const settings = readSettings();
    const context = contextOf(checkoutAt(settings.catalogue), urn, settings);
    return withWaivers(name, judge(context), context);
  });
  for (const { urn: place = urn, waived, advice, ...violation } of violations) {
    if (waived !== undefined) reportAdvice(report, `${WAIVED}${waived}\n${violationText(violation)}`, place);
    else if (advice) reportAdvice(report, violationText(violation), place);
    else report(violationText(violation), place);
  }
}

/** Every resource is judged with the same settings, and to check them takes longer than most rules do: they are kept. */
function settingsReader<S extends z.ZodObject>(rule: { readonly name: string; readonly settings: S }) {
  const schema = rule.settings.extend({ catalogue: CATALOGUE }).strict();
  const known = new Map<string, SettingsOf<S>>();
  return (config: unknown): SettingsOf<S> => {
    const text = JSON.stringify(config);
    const settings = known.get(text) ?? parseSettings(rule.name, schema.safeParse(config));
    known.set(text, settings as SettingsOf<S>);
    return settings as SettingsOf<S>;
  };
}

function parseSettings<T>(name: string, result: z.ZodSafeParseResult<T>): T {
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ path, message }) => ({
    file: "the configuration of the policy pack",
    path: [name, ...path.map(String)].join("."),
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
function attempt(judge: () => readonly Waivable[]): readonly Waivable[] {
  try {
    return judge();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const remedy = "mend what is named, then preview again";
    return [{ message: `cannot be judged: ${error.message}`, remedy }];
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
    isSecret: secretTest(props),
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
