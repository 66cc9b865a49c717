import { z } from "zod";
import { type Candidate, Gate } from "../../release/gate.ts";
import { canonicalJson } from "../../release/json.ts";
import { ofKind, type SignedRecord } from "../../release/records.ts";
import { asksForBlessing } from "../../release/requirements.ts";
import { Digest, EnvironmentClass, Instant, Name } from "../../release/schema/common.ts";
import type { TrustedStack } from "../../release/schema/trust.ts";
import { releaseText } from "../candidate.ts";
import type { Context } from "../context.ts";
import type { Style } from "../render/style.ts";
import { plain } from "../render/text.ts";
import { RequirementReport, requirementLines, requirementReport } from "./requirements.ts";

/** How a release stands for a stack (`schemas/requires.json`). */
export const StandingReport = z
  .strictObject({
    module: Name,
    version: z.string(),
    manifestDigest: Digest,
    stack: Name,
    class: EnvironmentClass,
    configHash: z.string(),
    at: Instant,
    asksForBlessing: z.boolean(),
    /** Whether a valid blessing is there. */
    blessed: z.boolean(),
    /** Whether it may run there: blessed, or in a stack that asks for no blessing and with nothing against it. */
    allowed: z.boolean(),
    /** Whether all that is asked for is there. */
    passed: z.boolean(),
    /** Names of the rules that ask. */
    rules: z.array(z.string()),
    requirements: z.array(RequirementReport),
    /** Waivers that lack the signature of a second person. */
    pendingWaivers: z.array(
      z.strictObject({ rule: z.string(), signedBy: Name, expires: Instant, command: z.string() }),
    ),
    next: z.string().optional(),
  })
  .meta({ title: "Imprimatur requires" });
export type StandingReport = z.infer<typeof StandingReport>;

/**
 * Judges a release for a stack and says so in words.
 * @param gate one for the same instant that other releases are judged by as well, so that nothing is read twice
 */
export function standingReport(
  context: Context,
  candidate: Candidate,
  stack: TrustedStack,
  at: Date,
  gate = new Gate(context.catalogue, context.files, at),
): StandingReport {
  const { catalogue } = context;
  const { allowed, blessing, judgement: standing } = gate.standing(candidate, stack);
  // What is blessed and applied is shown as of then: what rules would ask of it today matters no longer.
  const judgement = blessing === undefined ? gate.judge(candidate, stack) : standing;
  const { module, release, configHash } = candidate;
  const name = releaseText(candidate);
  const asks = asksForBlessing(catalogue.formality, stack);
  const next = nextStep(name, stack.name, asks, blessing !== undefined, judgement.passed);
  return {
    module: module.name,
    version: release.manifest.version,
    manifestDigest: release.manifestDigest,
    stack: stack.name,
    class: stack.class,
    configHash,
    at: at.toISOString(),
    asksForBlessing: asks,
    blessed: blessing !== undefined,
    allowed,
    passed: judgement.passed,
    rules: [...judgement.rules],
    requirements: judgement.items.map((item) => requirementReport(item, catalogue.authority, module.name, at)),
    pendingWaivers: pendingWaivers(context, candidate, stack, at, gate).map(({ predicate, person, path }) => ({
      rule: predicate.rule,
      signedBy: person,
      expires: predicate.expires,
      command: `npx imprimatur waive --sign ${path}`,
    })),
    ...(next === undefined ? {} : { next }),
  };
}

function nextStep(name: string, stack: string, asks: boolean, blessed: boolean, passed: boolean): string | undefined {
  if (blessed || (passed && !asks)) return `npx imprimatur promote ${name} --to ${stack}`;
  return passed ? `npx imprimatur bless ${name} --for ${stack}` : undefined;
}

/** Waivers that one person alone has signed: they lift nothing yet. */
function pendingWaivers(
  { catalogue }: Context,
  { module, release }: Candidate,
  stack: TrustedStack,
  at: Date,
  gate: Gate,
): SignedRecord<"waiver">[] {
  const open = ofKind(gate.records(module, release, stack), "waiver").filter(
    ({ predicate, subjects, person }) =>
      predicate.stack === stack.name &&
      subjects.includes(release.manifestDigest) &&
      at.getTime() < Date.parse(predicate.expires) &&
      catalogue.authority.may(person, "waive", module.name, new Date(predicate.at)),
  );
  const texts = Map.groupBy(open, ({ predicate }) => canonicalJson(predicate));
  return [...texts.values()].flatMap((group) => {
    const [first] = group;
    return first !== undefined && new Set(group.map(({ person }) => person)).size === 1 ? [first] : [];
  });
}

/** The report for a terminal: what is met in short, then what is in the way with who and how. */
export function renderStanding(report: StandingReport, style: Style): string {
  const { requirements, rules, pendingWaivers } = report;
  const met = requirements.filter(({ state }) => state === "met" || state === "waived");
  const open = requirements.filter(({ state }) => state === "missing" || state === "refused");
  const place = report.stack === report.class ? report.stack : `${report.stack} (${report.class})`;
  const lines = [
    `${style.bold(`${plain(report.module)} ${plain(report.version)}`)} for ${style.bold(place)}   ${verdictText(report, open, style)}`,
    ...(rules.length === 0 ? [] : [style.dim(`asked by ${rules.map(plain).join(" · ")}`)]),
    "",
    ...requirementLines([...met, ...open], style),
    ...pendingWaivers.flatMap(({ rule, signedBy, command }) => [
      `  ${style.warn("≈")} waiver of ${plain(rule)}: signed by ${signedBy}, one more person has to sign`,
      `      ${style.dim("next")}  ${plain(command)}`,
    ]),
    ...(report.next === undefined ? [] : ["", `next  ${plain(report.next)}`]),
  ];
  return `${lines.join("\n")}\n`;
}

function verdictText(report: StandingReport, open: readonly RequirementReport[], style: Style): string {
  const total = report.requirements.length;
  const refused = open.filter(({ state }) => state === "refused").length;
  const counts = [
    ...(refused > 0 ? [`${refused} refused`] : []),
    ...(open.length > refused ? [`${open.length - refused} missing`] : []),
  ].join(", ");
  if (report.blessed) return style.good("✔ blessed");
  if (report.passed) return style.good(report.asksForBlessing ? "✔ all there, to be blessed" : "✔ all there");
  const free = report.asksForBlessing || !report.allowed ? "" : "; this stack asks for no blessing";
  return style.bad(`✘ ${counts} of ${total}${free}`);
}
