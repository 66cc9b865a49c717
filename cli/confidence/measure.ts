import type { Prometheus } from "../../clients/prometheus.ts";
import { releaseConfidence, type SloCount } from "../../release/confidence.ts";
import { nearestHint, refuseInput } from "../../release/errors.ts";
import { readLedger, runIntervals } from "../../release/ledger.ts";
import type { Slo } from "../../release/schema/slos.ts";
import { type NamedRelease, releaseText } from "../candidate.ts";
import type { Context } from "../context.ts";
import type { ConfidenceReport } from "./report.ts";

/**
 * Counts the events of a release's objectives while it ran in a stack: its bake and its soak, every time that it ran.
 * @throws InputError where nothing is promised for the module, it never ran there, or Prometheus does not answer
 */
export async function measureConfidence(
  { catalogue, files }: Context,
  named: NamedRelease,
  stack: string,
  prometheus: Prometheus,
  at: Date,
): Promise<Omit<ConfidenceReport, "written">> {
  const { name } = named.module;
  const { manifest, manifestDigest } = named.release;
  const slos = catalogue.slos[name];
  if (slos === undefined) {
    const file = "catalog/trust/slos.yaml";
    const hint = nearestHint(name, Object.keys(catalogue.slos));
    refuseInput({ file, path: "slos", message: "promises nothing for this module", value: name, ...hint });
  }
  const ledger = readLedger(files, catalogue.stack(stack).name, catalogue.ring, catalogue.authority);
  const intervals = runIntervals(ledger, name, manifestDigest, at);
  if (intervals.length === 0) {
    const message = `${releaseText(named)} has never run there, by the ledger: there is nothing to count`;
    refuseInput({ file: "--in", path: "", message, value: stack });
  }
  const counts = await Promise.all(slos.map((slo) => countOf(slo, intervals, prometheus)));
  const { probability, slos: found } = releaseConfidence(counts);
  return {
    module: name,
    version: manifest.version,
    manifestDigest,
    stack,
    intervals: intervals.map(({ from, to }) => ({ from: from.toISOString(), to: to.toISOString() })),
    confidence: percent(probability),
    slos: found.map(({ slo, good, total, probability, met }) => ({
      name: slo.name,
      objective: slo.objective,
      good,
      total,
      confidence: percent(probability),
      met,
    })),
  };
}

async function countOf(
  slo: Slo,
  intervals: ReturnType<typeof runIntervals>,
  prometheus: Prometheus,
): Promise<SloCount> {
  const sum = async (query: string) => {
    const numbers = await Promise.all(
      intervals.map(({ from, to }) => {
        const seconds = Math.max(1, Math.round((to.getTime() - from.getTime()) / 1000));
        const text = query.replaceAll("$window", `${seconds}s`).replaceAll("$end", String(to.getTime() / 1000));
        return prometheus.number(text);
      }),
    );
    // No series: nothing has happened.
    return numbers.reduce<number>((total, number) => total + (number ?? 0), 0);
  };
  const [good, total] = await Promise.all([sum(slo.good), sum(slo.total)]);
  if (good > total * 1.01 + 1) {
    const message = `${slo.name} counts ${good} good events of ${total}: the queries do not fit each other`;
    refuseInput({ file: "catalog/trust/slos.yaml", path: "slos", message });
  }
  return { slo, good, total };
}

/** Never rounded up to certainty. */
function percent(probability: number): number {
  return Math.floor(probability * 10_000) / 100;
}
