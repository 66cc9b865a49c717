import { notOfFormat, type Reader, textOf } from "../findings.ts";

const FORMAT = "an lcov tracefile";

/** Totals that a record gives, by the names that the format has for them: found and hit. */
const TOTALS = { lines: ["LF", "LH"], branches: ["BRF", "BRH"], functions: ["FNF", "FNH"] } as const;

/**
 * Reads an lcov tracefile (geninfo format): lines, branches and functions that tests reached, in percent, rounded down to
 * hundredths, so that what is not reached never looks reached. What the code has none of is left out.
 * It passes as such: how much is enough is for thresholds to say.
 */
export const readLcov: Reader = (bytes, file) => {
  const sums = sumsOf(textOf(bytes, file, FORMAT), file);
  const metrics: Record<string, number> = {};
  for (const [metric, [found, hit]] of Object.entries(TOTALS)) {
    const [all, reached] = [sums.get(found) ?? 0, sums.get(hit) ?? 0];
    if (reached > all) notOfFormat(file, FORMAT, `${hit} is more than ${found}: ${reached} of ${all}`);
    if (all > 0) metrics[metric] = Math.floor((reached * 10_000) / all) / 100;
  }
  if (metrics.lines === undefined) notOfFormat(file, FORMAT, "it has no line that could be covered");
  const summary = Object.entries(metrics).map(([metric, share]) => `${share} % of ${metric}`);
  return { result: "pass", metrics, summary: `covered: ${summary.join(", ")}` };
};

/** Sums over all records. A record that gives no line totals has its lines counted one by one. */
function sumsOf(text: string, file: string): Map<string, number> {
  const sums = new Map<string, number>();
  let record: Map<string, number> | undefined;
  for (const line of text.split(/\r?\n/)) {
    const [, key = "", rest = ""] = /^([A-Z]+):(.*)$/.exec(line) ?? [];
    if (key === "SF") {
      if (record !== undefined) notOfFormat(file, FORMAT, "a record begins before the one ahead of it ends");
      record = new Map();
    } else if (line === "end_of_record") {
      if (record === undefined) notOfFormat(file, FORMAT, "a record ends that has not begun");
      for (const [name, amount] of totalsOf(record)) add(sums, name, amount);
      record = undefined;
    } else if (record !== undefined && /^(LF|LH|BRF|BRH|FNF|FNH)$/.test(key)) {
      if (!/^\d{1,9}$/.test(rest)) notOfFormat(file, FORMAT, `${line.slice(0, 40)} is no count`);
      add(record, key, Number(rest));
    } else if (record !== undefined && key === "DA") {
      add(record, COUNTED, 1);
      add(record, COUNTED_HIT, /^\d+,0*[1-9]/.test(rest) ? 1 : 0);
    }
  }
  if (record !== undefined) notOfFormat(file, FORMAT, "it is cut off: its last record has no end");
  return sums;
}

/** Lines that are listed one by one, which is what the totals of a record are made from. */
const [COUNTED, COUNTED_HIT] = ["DA", "DA hit"];

function totalsOf(record: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  if (record.has("LF")) return record;
  return new Map([...record, ["LF", record.get(COUNTED) ?? 0], ["LH", record.get(COUNTED_HIT) ?? 0]]);
}

function add(sums: Map<string, number>, key: string, amount: number): void {
  sums.set(key, (sums.get(key) ?? 0) + amount);
}
