import { Prometheus } from "../../clients/prometheus.ts";
import {
  type Analysis,
  judgeCanaryNumbers,
  queryText,
  type Reading,
  windowSeconds,
} from "../../release/canary/analysis.ts";
import { phaseOf } from "../../release/canary/machine.ts";
import { refuseInput } from "../../release/errors.ts";
import type { CanaryAnalysis } from "../../release/schema/canary.ts";
import { checkServerUrl, judgingInstant } from "../approve/options.ts";
import { type Done, Refusal } from "../approve/outcome.ts";
import { judgedAtNote } from "../approve/signing.ts";
import { checkStanding } from "../attest/standing.ts";
import { subjectOf } from "../candidate.ts";
import { openNewestContext } from "../context.ts";
import { signRecord, writeRecord } from "../signedRecord.ts";
import { openSign } from "../signers.ts";
import { type Canary, nextSteps, openCanary, releaseOf, stepCommand, verdictCommand } from "./open.ts";
import type { StepOptions } from "./step.ts";

export interface AnalyseOptions extends StepOptions {
  readonly prometheus?: string;
}

/** The type of evidence that an analysis is signed as. */
const TYPE = "canary-analysis";

/**
 * Measures a canary against the stable version beside it, and signs the finding, good or bad.
 * @throws Refusal where there is not enough data: that is no finding
 */
export async function analyse(module: string, options: AnalyseOptions): Promise<Done & { readonly passed: boolean }> {
  const context = openNewestContext(options);
  const canary = await openCanary(context, module, options.stack, judgingInstant(context, options.at));
  const { state, entry, platform } = canary;
  if (state.canary === null || phaseOf(state) !== "running") {
    throw new Refusal(`nobody gets a canary of ${module} in ${platform.stack.name}`, nextSteps(canary));
  }
  const file = `catalog/modules/${module}.yaml`;
  const config = entry.module.canary?.analysis;
  if (config === undefined) {
    const message = "names no queries: a person looks, and signs with `npx imprimatur attest --type verdict`";
    refuseInput({ file, path: "canary.analysis", message });
  }
  const { verdict, findings, metrics, summary } = await measure(
    canary,
    state.canary,
    config,
    openPrometheus(canary, options),
  );
  const name = `${module} ${state.canary} in ${platform.stack.name} at ${state.population} %`;
  if (verdict === "not enough data") {
    const looks = verdictCommand(canary, state.canary);
    throw new Refusal(`not enough data on ${name}: ${summary}`, [stepCommand(canary, "analyse"), looks]);
  }
  const details = findings.map(({ verdict, text }) => `  ${verdict === "pass" ? "✔" : "✘"} ${text}`);
  const headline = `${verdict}: ${name}`;
  const passed = verdict === "pass";
  if (options.dryRun) return { passed, headline: `${headline}; nothing was signed`, details, written: [] };

  const sign = await openSign(options);
  const now = new Date();
  const named = { module: entry.module, release: releaseOf(canary, state.canary) };
  const predicate = { type: TYPE, in: platform.stack.name, result: verdict, metrics, summary, at: now.toISOString() };
  const bundle = await signRecord(context, sign, "evidence", [subjectOf(named)], predicate);
  checkStanding(context, bundle.person, module, { type: TYPE, in: platform.stack.name }, now);
  const written = writeRecord(context, TYPE, bundle, [subjectOf(named)]);
  return {
    passed,
    headline: `${headline}, signed by ${bundle.person}`,
    details,
    written,
    person: bundle.person,
    notes: judgedAtNote(context),
  };
}

async function measure(
  { state, since, at }: Canary,
  version: string,
  config: CanaryAnalysis,
  prometheus: Prometheus,
): Promise<Analysis> {
  const seconds = windowSeconds(config, since ?? at, new Date());
  const read = async (query: string): Promise<Reading> => {
    const [canary, stable] = await Promise.all(
      [version, state.stable].map((one) => prometheus.number(queryText(query, one, seconds))),
    );
    return { canary, stable };
  };
  const checks = Object.entries(config.checks).map(async ([name, { query }]) => [name, await read(query)] as const);
  const measured = {
    samples: await read(config.samples),
    checks: Object.fromEntries(await Promise.all(checks)),
  };
  return judgeCanaryNumbers(config, measured, state.population);
}

/** @throws InputError where no Prometheus is named */
function openPrometheus({ platform }: Canary, { prometheus }: AnalyseOptions): Prometheus {
  const { PROMETHEUS_URL, PROMETHEUS_TOKEN } = process.env;
  const url = prometheus ?? platform.settings["imprimatur:prometheus"]?.url ?? PROMETHEUS_URL;
  if (url === undefined || url === "") {
    const message = "names no Prometheus: say where it is here, or with --prometheus or PROMETHEUS_URL";
    refuseInput({ file: `Pulumi.${platform.stack.name}.yaml`, path: "config.imprimatur:prometheus", message });
  }
  if (url === prometheus) checkServerUrl("--prometheus", url);
  return new Prometheus(url, PROMETHEUS_TOKEN === "" ? undefined : PROMETHEUS_TOKEN);
}
