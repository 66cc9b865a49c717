import { hostOf, RegistryClient } from "../../registry/client.ts";
import { credentialsFor } from "../../registry/credentials.ts";
import { Gate, type Standing } from "../../release/gate.ts";
import { inTheWayOf } from "../approve/inTheWay.ts";
import { type JudgingOptions, judgingInstant, withJudgingOptions } from "../approve/options.ts";
import { type Done, Refusal, reportOutcome } from "../approve/outcome.ts";
import { requirementReport } from "../approve/requirements.ts";
import { type NamedRelease, readCandidates, readRelease, releaseText } from "../candidate.ts";
import { type Context, type GlobalOptions, openContext } from "../context.ts";
import { type Artifact, type Selection, selectArtifacts } from "../deliver/artifacts.ts";
import { deliver as deliverOne, planned } from "../deliver/deliver.ts";
import { writeLogins } from "../deliver/login.ts";
import { type Origin, openSource, readOrigin, sourceHosts } from "../deliver/origins.ts";
import { checkDeliveries } from "../deliver/preflight.ts";
import { createSteps } from "../deliver/progress.ts";
import type { DeliveredArtifact } from "../deliver/report.ts";
import { withTemporaryDirectory } from "../deliver/temporary.ts";
import { type CopyTool, findCopyTool, TOOL_NAMES } from "../deliver/tools.ts";
import { count } from "../render/text.ts";
import { type ExitCode, examples, runsVerb, type Verb } from "../verb.ts";

interface DeliverOptions extends JudgingOptions, GlobalOptions {
  readonly to: readonly string[];
  readonly for: string;
  readonly from?: string;
  readonly chartFrom?: string;
  readonly formalTag?: boolean;
  readonly with?: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

export const deliver: Verb = (program) => {
  const command = program
    .command("deliver")
    .description("Copy a blessed release by digest into the registry of an environment, with all that is signed for it")
    .argument("<module>", "the module")
    .argument("<version>", "the release")
    .requiredOption("--to <registry...>", "registries of the stack that it goes to, by name or URL")
    .requiredOption("--for <stack>", "the stack that pulls from there, and that it must be blessed for")
    .option("--from <where>", "a build registry, oci:<directory> or docker-daemon: (default: as the manifest says)")
    .option("--chart-from <where>", "the same for its chart; also the https:// URL of a chart repository")
    .option("--formal-tag", "also tag images with the version alone, once platform-test evidence is there")
    .option("--with <tool>", `what copies: ${TOOL_NAMES.join(", ")} (default: the first on PATH)`)
    .option("--dry-run", "check everything and show what would be copied");
  withJudgingOptions(command)
    .option("--json", "print the outcome as JSON (schemas/outcome.json)")
    .addHelpText(
      "after",
      examples(
        "deliver skaha 1.1.0 --for canfar-b --to canfar",
        "deliver roman-notebook roman-12.0.0 --for staging --to roman --from ghcr.io/team",
        "deliver roman-notebook roman-12.0.0 --for prod --to roman --formal-tag",
      ),
    )
    .action(runsVerb(run));
};

function run([module = "", version = ""]: readonly string[], options: DeliverOptions): Promise<ExitCode> {
  return reportOutcome("deliver", options, async () => {
    const context = openContext(options);
    const named = readRelease(context, module, version);
    const { platform, candidates } = readCandidates(context, options.for, [named]);
    const [candidate] = candidates;
    if (candidate === undefined) throw new Error("no candidate was read");
    const chartFrom = options.chartFrom === undefined ? undefined : readOrigin("--chart-from", options.chartFrom);
    const from = readOrigin("--from", options.from);
    const origin = ({ kind }: Artifact) => (kind === "chart" ? (chartFrom ?? from) : from);
    const selection = selectArtifacts(named, platform, options.to, options.formalTag === true);
    if (options.with !== undefined) findCopyTool(options.with);

    const at = judgingInstant(context, options.at);
    const standing = new Gate(context.catalogue, context.files, at).standing(candidate, platform.stack);
    refuseUnblessed(context, named, standing, platform.stack, at);
    if (options.formalTag) refuseUntested(context, named, standing, options.for, at);
    return transfer(named, selection, origin, options);
  });
}

async function transfer(
  named: NamedRelease,
  { artifacts, others }: Selection,
  origin: (artifact: Artifact) => Origin,
  options: DeliverOptions,
): Promise<Done> {
  const hosts = [...sourceHosts(artifacts, origin), ...artifacts.map(({ target }) => hostOf(target))];
  const credentials = credentialsFor(hosts);
  const client = new RegistryClient(credentials);
  const steps = createSteps(process.stderr);
  let tool: CopyTool | undefined;
  const delivered = await withTemporaryDirectory(async (directory) => {
    try {
      steps.step("looking at both ends");
      const open = (artifact: Artifact, isPresent: boolean) =>
        openSource(artifact, origin(artifact), client, directory, isPresent);
      const deliveries = await checkDeliveries(client, artifacts, open);
      if (options.dryRun) return deliveries.map(planned);
      const logins = writeLogins(directory, hosts, credentials);
      const findTool = () => {
        tool ??= findCopyTool(options.with);
        return tool;
      };
      const results: DeliveredArtifact[] = [];
      for (const delivery of deliveries) {
        results.push(await deliverOne(delivery, { client, tool: findTool, logins, steps }));
      }
      return results;
    } finally {
      steps.finish();
    }
  });
  const copied = delivered.filter(({ state }) => state === "copied").length;
  const verb = options.dryRun ? "can be delivered" : "is delivered";
  const by = tool === undefined ? "" : `, ${copied} copied with ${tool.name}`;
  return {
    headline: `✔ ${releaseText(named)} ${verb} to ${options.to.join(", ")}: ${count(delivered.length, "artifact")}${by}`,
    details: delivered.map(artifactLine),
    delivered,
    written: [],
    notes: [
      ...(others.length === 0 ? [] : [`not of ${options.to.join(", ")}, so left out: ${others.join(", ")}`]),
      ...(options.dryRun ? ["nothing was copied"] : []),
    ],
  };
}

function artifactLine({
  kind,
  name,
  from,
  repository,
  digest,
  tags,
  state,
  manifests = 1,
  referrers,
}: DeliveredArtifact) {
  const platforms = manifests > 1 ? `, ${count(manifests, "manifest")}` : "";
  const signed = referrers.length > 0 ? `, ${count(referrers.length, "referrer")}` : "";
  const source = from === repository ? "" : ` from ${from}`;
  return `  ${state.padEnd(8)} ${kind} ${name}  ${repository}@${digest}${source}  tagged ${tags.join(", ")}${platforms}${signed}`;
}

/** @throws Refusal with what is missing, where the release may not run in the stack */
function refuseUnblessed(
  context: Context,
  named: NamedRelease,
  standing: Standing,
  stack: Parameters<typeof inTheWayOf>[2],
  at: Date,
): void {
  const missing = inTheWayOf(context, standing, stack, named, at);
  if (missing.length === 0) return;
  const name = releaseText(named);
  throw new Refusal(`${name} is not blessed for ${stack.name}: nothing was copied`, [], {
    [`${name} for ${stack.name}`]: missing,
  });
}

/** @throws Refusal where the stack does not ask for a test on the platform, or there is none that counts */
function refuseUntested(context: Context, named: NamedRelease, { judgement }: Standing, stack: string, at: Date): void {
  const name = releaseText(named);
  const tests = judgement.items.filter(({ id }) => /^evidence:platform-test(@|$)/.test(id));
  if (tests.length === 0) {
    const reason = `${stack} asks for no platform-test of ${name}, so nothing proves what a formal tag says`;
    throw new Refusal(reason, ["deliver it --for the stack that asks for it: see catalog/trust/formality.yaml"]);
  }
  const open = tests.filter(({ state }) => state === "missing" || state === "refused");
  if (open.length === 0) return;
  const missing = open.map((item) => requirementReport(item, context.catalogue.authority, named.module.name, at));
  throw new Refusal(`${name} has not been tested on the platform: it gets no formal tag`, [], {
    [`${name} for ${stack}`]: missing,
  });
}
