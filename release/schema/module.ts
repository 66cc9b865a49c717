import { z } from "zod";
import { Name, Purpose, Repository, Values, ValuesPath } from "./common.ts";
import { FlagDeclaration, FlagName } from "./flags.ts";
import { SourceRefs } from "./sourceRefs.ts";
import { RouteTarget, SanityCheck, SCALE_DOWN, Strategy } from "./strategy.ts";

export const Maturity = z.enum(["development", "established", "mature"]);

/** Where a chart's values take an image, and in which form. */
const ImageSlot = z.strictObject({
  repository: Repository.describe("Where the image is pulled from; its digest comes from the release manifest"),
  path: ValuesPath.optional().describe("Where the chart's values take the image; left out where no chart takes it"),
  form: z
    .enum(["ref", "repo+tag", "digest"])
    .default("ref")
    .describe(
      "ref: one string repository@digest. repo+tag: an object {repository, tag: <version>@digest}. digest: an object {repository, digest}",
    ),
});

/** Settings through which a service is told which version of some content to download when it starts. */
const ContentSlot = z.strictObject({
  path: ValuesPath.describe("The object in the chart's values that holds the settings"),
  stable: z.string().describe("Setting that names the version for everybody, such as STABLE_VERSION"),
  canary: z.string().optional().describe("Setting that names the version for the canary population, or none"),
});

/** `catalog/modules/<module>.yaml`: what is released as one. */
export const ModuleFile = z
  .strictObject({
    description: z.string().min(1),
    purpose: Purpose,
    owners: z.array(z.string().min(1)).min(1).describe("Ids of people or teams in catalog/trust"),
    maturity: Maturity.describe("How settled it is and how many depend on it; formality rises with it"),
    source: z.url().optional().describe("The repository that it is built from"),
    git: SourceRefs.optional().describe("How its source repository names branches, tags and version files"),
    namespace: Name.optional().describe("Namespace it runs in; the module's name by default"),
    versions: z
      .enum(["semver", "release-commit", "mission", "dated"])
      .default("semver")
      .describe(
        "semver: 1.2.3. release-commit: <module>-<major>-<minor>-<release>-<commit>, kept as 1.2.3+commit. mission: roman-12.0.0. dated: w_2026_30, d_2026_07_24",
      ),
    chart: Repository.optional().describe("OCI repository of its Helm chart; left out for what has none"),
    images: z.record(Name, ImageSlot).default({}),
    content: z.record(Name, ContentSlot).default({}).describe("Modules whose content this one downloads at start"),
    dependsOn: z
      .record(Name, z.string().min(1))
      .default({})
      .describe("Modules that must be ready first, each with the range of versions that will do"),
    flags: z.record(FlagName, FlagDeclaration).default({}).describe("Features that can be switched, per stack"),
    flagsPath: ValuesPath.optional().describe(
      "The object in the chart's values that takes the flags as environment variables, such as deployment.skaha.env",
    ),
    flagsFrom: ValuesPath.optional().describe(
      "The list in the chart's values that takes ConfigMaps as environment variables (envFrom): the flags come in one",
    ),
    annotations: ValuesPath.optional().describe("Where the chart's values take annotations for its Pods"),
    values: Values.default({}).describe("Chart values that are the same in every stack"),
    strategy: Strategy.default("replace").describe(
      "replace: one Helm release, upgraded. slot: each release beside the one before, and traffic moves",
    ),
    route: RouteTarget.optional().describe("What gets the traffic; for the strategy slot, which needs it"),
    scaleDown: SCALE_DOWN.optional().describe(
      "Where the chart's values take the number of replicas: the previous slot gets 0. It keeps them by default",
    ),
    sanity: SanityCheck.optional().describe("A check in the cluster that decides whether a release gets traffic"),
    atomic: z
      .boolean()
      .default(true)
      .describe("Roll back by itself when an upgrade fails; false where a crash is to be seen first"),
    takes: z
      .strictObject({
        rollout: z.number().positive().default(5),
        rollback: z.number().positive().default(5),
      })
      .prefault({})
      .describe(
        "Minutes that it takes at most to roll out, and to roll back, until a ledger knows better; 5 is how long Helm waits",
      ),
    frozen: z.boolean().default(false).describe("Its images are built from a freeze record"),
    example: z.boolean().default(false).describe("Repositories or digests are made up for the reference platform"),
  })
  .superRefine((file, context) => {
    for (const [path, message] of strategyProblems(file)) context.addIssue({ code: "custom", path: [path], message });
  })
  .meta({ title: "Imprimatur module" });
export type ModuleFile = z.infer<typeof ModuleFile>;

/** What does not go together, by the setting that has to change. */
function strategyProblems({ strategy, route, scaleDown, sanity, chart, images }: StrategySettings): [string, string][] {
  const problems: [string, string][] = [];
  const slot = strategy === "slot";
  if (slot && chart === undefined)
    problems.push(["strategy", "is slot, and the module has no chart to install beside"]);
  if (slot && route === undefined) problems.push(["route", "must be given: traffic moves from one slot to the next"]);
  if (!slot && route !== undefined) problems.push(["route", "is for the strategy slot alone"]);
  if (!slot && scaleDown !== undefined) problems.push(["scaleDown", "is for the strategy slot alone"]);
  if (sanity !== undefined && chart === undefined) problems.push(["sanity", "has nothing to check without a chart"]);
  if (sanity !== undefined && !(sanity.image in images)) {
    problems.push(["sanity", `takes the image ${sanity.image}, which is none of the module's`]);
  }
  return problems;
}

type StrategySettings = Pick<ModuleFile, "strategy" | "route" | "scaleDown" | "sanity" | "chart" | "images">;

/** A module: its file, under the name that the file has. */
export interface Module extends ModuleFile {
  readonly name: string;
  readonly namespace: string;
}
