import { refuseInput } from "../../release/errors.ts";
import type { JsonObject } from "../../release/json.ts";
import { pulledFrom } from "../../release/registries.ts";
import { servingProblems } from "../../release/rollouts.ts";
import { IMAGE_INVENTORY } from "../../release/rules/chartInventory.ts";
import { Evidence, Inventory, RECORDS } from "../../release/schema/predicates.ts";
import { buildStatement } from "../../release/signing/statement.ts";
import { slotProblems, slotService } from "../../release/slots.ts";
import { valuesHash } from "../../release/values.ts";
import { Refusal } from "../approve/outcome.ts";
import { judgedAtNote } from "../approve/signing.ts";
import { checkStanding } from "../attest/standing.ts";
import {
  type NamedRelease,
  readCandidates,
  readRelease,
  releaseText,
  type StackCandidates,
  subjectOf,
} from "../candidate.ts";
import { type Context, type GlobalOptions, openContext } from "../context.ts";
import { type Rendering, renderChart } from "../inspect/helm.ts";
import { inspectImages } from "../inspect/images.ts";
import { type Inspection, inspectionLines } from "../inspect/report.ts";
import { printReport } from "../print.ts";
import { plain } from "../render/text.ts";
import { signChecked, writeRecord } from "../signedRecord.ts";
import { openSign, type SigningOptions, withSigningOptions } from "../signers.ts";
import { type ExitCode, examples, runsVerb, type Verb } from "../verb.ts";

interface Options extends SigningOptions, GlobalOptions {
  readonly for: string;
  readonly chart?: string;
  readonly kubeVersion: string;
  readonly sign?: boolean;
  readonly json?: boolean;
}

/** The version of Kubernetes that a chart is rendered for where none is given. */
const KUBERNETES = "1.36.0";

export const inspect: Verb = (program) => {
  const command = program
    .command("inspect")
    .description(
      "Render a release's chart as a stack would have it, list every image that it leads to, and sign the list",
    )
    .argument("<module>", "the module")
    .argument("<version>", "the release")
    .requiredOption("--for <stack>", "the stack whose values it is rendered with")
    .option("--chart <folder or oci://…>", "the chart (default: that of the release, by its digest)")
    .option("--kube-version <version>", "version of Kubernetes that it is rendered for", KUBERNETES)
    .option("--sign", "sign the list as evidence of the type image-inventory");
  withSigningOptions(command)
    .option("--json", "print it as JSON (schemas/inspection.json)")
    .addHelpText(
      "after",
      examples("inspect skaha 1.1.0 --for prod", "inspect skaha 1.1.0 --for prod --chart charts/skaha --sign"),
    )
    .action(runsVerb<Options>((args, options) => refusing(() => run(args, options))));
};

async function run([moduleName = "", version = ""]: readonly string[], options: Options): Promise<ExitCode> {
  const context = openContext(options);
  const named = readRelease(context, moduleName, version);
  const candidates = readCandidates(context, options.for, [named]);
  const sign = options.sign ? await openSign(options) : undefined;
  const { chart, values, request } = requestOf(named, candidates, options);
  const rendering = renderChart(request);
  checkChart(named, rendering, options);
  const images = inspectImages(rendering.images, context.catalogue);
  const inventory = Inventory.parse({
    configHash: candidates.candidates[0]?.configHash,
    valuesHash: valuesHash(named.module, values),
    chart: {
      ...rendering.chart,
      ...(options.chart === undefined ? { digest: chart.digest } : digestIn(options.chart)),
    },
    helm: rendering.helm,
    kubernetes: options.kubeVersion,
    images: images.map(({ image }) => image),
    release: request.name,
    objects: [...rendering.objects],
    asks: [...rendering.asks],
  });
  const problems = problemsOf(named.module, inventory, request.name);
  const result = problems.length === 0 && images.every(({ releases }) => releases.length > 0) ? "pass" : "fail";
  const base: Inspection = {
    module: named.module.name,
    version: named.release.manifest.version,
    stack: options.for,
    inventory,
    images,
    ...(problems.length === 0 ? {} : { problems }),
    result,
    written: [],
    notes: notesOf(inventory, options),
  };
  const done = sign === undefined ? base : await signInventory(context, named, base, sign);
  printReport(done, options, () => inspectionLines(done).map(plain));
  return result === "pass" ? 0 : 1;
}

/** Where somebody's word on it would not count, that is a refusal and no bad input. */
async function refusing(work: () => Promise<ExitCode>): Promise<ExitCode> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const lines = [`✘ refused: ${error.message}`, ...error.next.map((next) => `  next  ${next}`)];
    process.stdout.write(`${lines.map(plain).join("\n")}\n`);
    return 1;
  }
}

function requestOf(named: NamedRelease, { platform, stack }: StackCandidates, options: Options) {
  const { module, release } = named;
  const { chart } = release.manifest;
  const entry = platform.modules.get(module.name);
  if (chart === undefined || entry === undefined) {
    refuseInput({
      file: "<version>",
      path: "",
      message: `${releaseText(named)} has no chart, so there is nothing to render`,
    });
  }
  if (!/^v?\d+\.\d+(\.\d+)?$/.test(options.kubeVersion)) {
    refuseInput({
      file: "--kube-version",
      path: "",
      message: "must be a version such as 1.36.0",
      value: options.kubeVersion,
    });
  }
  const values: JsonObject = entry.values;
  const repository = pulledFrom(platform.settings["imprimatur:registries"], chart.repository);
  const source = options.chart ?? `oci://${repository}@${chart.digest}`;
  const request = {
    chart: source,
    name: entry.slots?.[0]?.name ?? module.name,
    namespace: module.namespace,
    values,
    kubernetes: options.kubeVersion,
  };
  return { chart, values, stack, request };
}

/** A copy of the chart that was named by hand has to be at least the one that the release says. */
function checkChart(named: NamedRelease, { chart }: Rendering, options: Options): void {
  const due = named.release.manifest.chart;
  const name = due?.repository.split("/").at(-1) ?? "";
  const digest = digestIn(options.chart ?? "").digest;
  if (chart.name === name && chart.version === due?.version && (digest ?? due?.digest) === due?.digest) return;
  const message = `is not the chart of ${releaseText(named)}`;
  const value = `${chart.name} ${chart.version}${digest === undefined ? "" : ` ${digest}`}`;
  refuseInput({ file: "--chart", path: "", message, value, nearest: `${name} ${due?.version} ${due?.digest}` });
}

function digestIn(chart: string): { digest?: string } {
  const [digest] = /sha256:[0-9a-f]{64}$/.exec(chart) ?? [];
  return digest === undefined ? {} : { digest };
}

/** Why the chart cannot be upgraded as the module's strategy says: beside itself or, where a crash is to be seen, serving. */
function problemsOf({ route, atomic }: NamedRelease["module"], inventory: Inventory, name: string): string[] {
  if (route !== undefined) return slotProblems(inventory, name, slotService(route.service, name));
  return atomic ? [] : servingProblems(inventory);
}

function notesOf({ asks, chart }: Inventory, { kubeVersion }: Options): string[] {
  return [
    ...(kubeVersion === KUBERNETES ? [`rendered for Kubernetes ${KUBERNETES}; --kube-version takes another`] : []),
    ...(chart.digest === undefined ? ["rendered from a copy that nothing ties to the chart's digest"] : []),
    ...(asks.includes("lookup") ? ["may look up objects in the cluster: what it does then is not known before"] : []),
    ...(asks.includes("capabilities") ? ["may decide by what the cluster's API can do"] : []),
  ];
}

async function signInventory(
  context: Context,
  named: NamedRelease,
  { inventory, images, problems = [], result, stack, notes, ...base }: Inspection,
  sign: Awaited<ReturnType<typeof openSign>>,
): Promise<Inspection> {
  const now = new Date();
  const unknown = images.filter(({ releases }) => releases.length === 0).map(({ image }) => image);
  const known =
    unknown.length === 0 ? `${images.length} images, all of releases` : `of no release: ${unknown.join(", ")}`;
  const summary = [known, ...problems].join("; ");
  const predicate = Evidence.parse({
    type: IMAGE_INVENTORY,
    in: stack,
    result,
    summary,
    inventory,
    at: now.toISOString(),
  });
  const { manifestDigest } = named.release;
  const subjects = [{ name: releaseText(named), sha256: manifestDigest.slice("sha256:".length) }];
  const bundle = await signChecked(context, sign, buildStatement(subjects, RECORDS.evidence.type, predicate));
  checkStanding(context, bundle.person, named.module.name, predicate, now);
  const written = writeRecord(context, IMAGE_INVENTORY, bundle, [subjectOf(named)]);
  return {
    ...base,
    inventory,
    images,
    ...(problems.length === 0 ? {} : { problems }),
    result,
    stack,
    written,
    person: bundle.person,
    notes: [...notes, ...judgedAtNote(context)],
  };
}
