import { nearestHint, refuseInput } from "../../release/errors.ts";
import type { Given } from "../../release/evidence/compose.ts";
import type { NamedRelease } from "../candidate.ts";
import { readRelease } from "../candidate.ts";
import type { Context } from "../context.ts";
import { collectProblems } from "../problems.ts";

/** Options of `attest`, as typed. */
export interface AttestOptions {
  readonly type?: string;
  readonly in?: string;
  readonly result?: string;
  readonly metric: readonly string[];
  readonly summary?: string;
  readonly file?: string;
  readonly format?: string;
  readonly image: readonly string[];
  readonly with: readonly string[];
  readonly bundle?: string;
  readonly json?: boolean;
}

const RESULTS = ["pass", "fail"] as const;

/** What was said by hand. @throws InputError with the nearest valid value */
export function readGiven(context: Context, options: AttestOptions): Given {
  const result = options.result === undefined ? undefined : readResult(options.result);
  const metrics = Object.fromEntries(collectProblems(options.metric, readMetric));
  const others = collectProblems(options.with, (text) => readMember(context, text));
  return {
    ...(result === undefined ? {} : { result }),
    metrics,
    ...(options.summary === undefined ? {} : { summary: options.summary.trim() }),
    ...(options.in === undefined ? {} : { in: readPlace(context, options.in) }),
    together: others.map(({ release }) => release.manifestDigest),
  };
}

function readResult(text: string): "pass" | "fail" {
  const found = RESULTS.find((result) => result === text);
  if (found === undefined) {
    const message = "must be pass or fail";
    refuseInput({ file: "--result", path: "", message, value: text, ...nearestHint(text, RESULTS) });
  }
  return found;
}

function readMetric(text: string): [name: string, value: number] {
  const [, name, number] = /^([\w][\w:./-]{0,99})=(-?\d{1,15}(?:\.\d{1,15})?)$/.exec(text) ?? [];
  if (name === undefined || number === undefined) {
    refuseInput({ file: "--metric", path: "", message: "must be name=number, such as failed=0", value: text });
  }
  return [name, Number(number)];
}

function readPlace({ catalogue }: Context, text: string): string {
  const places = ["ci", ...catalogue.stackNames];
  if (!places.includes(text)) {
    const message = `must be a stack, or ci; there are ${places.join(", ")}`;
    refuseInput({ file: "--in", path: "", message, value: text, ...nearestHint(text, places) });
  }
  return text;
}

function readMember(context: Context, text: string): NamedRelease {
  const [, module, version] = /^([^@]+)@([^@]+)$/.exec(text) ?? [];
  if (module === undefined || version === undefined) {
    refuseInput({ file: "--with", path: "", message: "must be <module>@<version>", value: text });
  }
  return readRelease(context, module, version);
}
