import { Prometheus } from "../../clients/prometheus.ts";
import { refuseInput } from "../../release/errors.ts";
import { checkServerUrl, judgingInstant } from "../approve/options.ts";
import { checkPower } from "../approve/signing.ts";
import { readRelease, subjectOf } from "../candidate.ts";
import { measureConfidence } from "../confidence/measure.ts";
import type { ConfidenceReport } from "../confidence/report.ts";
import { type GlobalOptions, openContext } from "../context.ts";
import { printReport } from "../print.ts";
import type { Style } from "../render/style.ts";
import { plain } from "../render/text.ts";
import { signRecord, writeRecord } from "../signedRecord.ts";
import { openSign, type SigningOptions, withSigningOptions } from "../signers.ts";
import { type ExitCode, examples, runsVerb, type Verb } from "../verb.ts";

interface ConfidenceOptions extends SigningOptions, GlobalOptions {
  readonly in: string;
  readonly prometheus?: string;
  readonly at?: string;
  readonly attest?: boolean;
  readonly json?: boolean;
}

export const confidence: Verb = (program) => {
  const command = program
    .command("confidence")
    .description("Say how sure it is that a release meets its service level objectives, by what Prometheus counted")
    .argument("<module>", "the module")
    .argument("<version>", "the release")
    .requiredOption("--in <stack>", "where it runs or ran: its bake and soak there are counted")
    .option("--prometheus <url>", "the server to ask (default: PROMETHEUS_URL; token: PROMETHEUS_TOKEN)")
    .option("--at <instant>", "count until this instant, RFC 3339 (default: now)")
    .option("--attest", "sign the figure and keep it as evidence of type release-confidence");
  withSigningOptions(command)
    .option("--json", "print it as JSON (schemas/confidence.json)")
    .addHelpText("after", examples("confidence skaha 1.1.0 --in staging --prometheus http://prometheus.example:9090"))
    .action(runsVerb(run));
};

/** Refused where an objective is not met by what was measured. */
async function run([module = "", version = ""]: readonly string[], options: ConfidenceOptions): Promise<ExitCode> {
  const context = openContext(options);
  const named = readRelease(context, module, version);
  const url = options.prometheus ?? process.env.PROMETHEUS_URL;
  if (url === undefined || url === "") {
    refuseInput({ file: "--prometheus", path: "", message: "name the server to ask, here or in PROMETHEUS_URL" });
  }
  checkServerUrl(options.prometheus === undefined ? "PROMETHEUS_URL" : "--prometheus", url);
  const sign = options.attest ? await openSign(options) : undefined;
  const at = judgingInstant(context, options.at);
  const measured = await measureConfidence(
    context,
    named,
    options.in,
    new Prometheus(url, process.env.PROMETHEUS_TOKEN),
    at,
  );
  const met = measured.slos.every((slo) => slo.met);
  const report: ConfidenceReport = { ...measured, written: [] };
  if (sign !== undefined) {
    const subjects = [subjectOf(named)];
    const now = new Date();
    const bundle = await signRecord(context, sign, "evidence", subjects, {
      type: "release-confidence",
      in: measured.stack,
      result: met ? "pass" : "fail",
      metrics: {
        confidence: measured.confidence,
        ...Object.fromEntries(measured.slos.map(({ name, confidence }) => [name, confidence])),
      },
      summary: measured.slos.map(sloText).join("; "),
      at: now.toISOString(),
    });
    checkPower(context.catalogue.authority, bundle.person, "attest", [named.module.name], now);
    report.written.push(...writeRecord(context, "release-confidence", bundle, subjects));
  }
  printReport(report, options, render);
  return met ? 0 : 1;
}

function render({ module, version, stack, confidence, slos, written }: ConfidenceReport, style: Style): string {
  const lines = [
    `${style.bold(plain(`${module} ${version}`))} in ${plain(stack)}   confidence ${confidence} %`,
    ...slos.map((slo) => `  ${slo.met ? style.good("✔") : style.bad("✘")} ${plain(sloText(slo))}`),
    ...written.map((path) => `  ${style.dim("signed")} ${path}`),
  ];
  return `${lines.join("\n")}\n`;
}

function sloText({ name, objective, good, total, confidence }: ConfidenceReport["slos"][number]): string {
  const share = total === 0 ? "nothing was counted" : `${Math.floor(good)} of ${Math.round(total)} good`;
  return `${name}: ${share}, ${objective * 100} % promised, confidence ${confidence} %`;
}
