import type { Step } from "../../engine/update.ts";
import { ERASE_LINE } from "../progress.ts";
import { plain, resourceName } from "../render/text.ts";

/** What is no news: nothing is done to the resource. */
const QUIET = new Set(["same", "read", "refresh"]);

/** Shows what is being done to which resource, on a stream that is not the one for results. */
export interface StepProgress {
  readonly report: (step: Step) => void;
  /** Takes away what is shown, before results follow. */
  readonly finish: () => void;
}

/** One line that is rewritten on a terminal, a line for each change with `CI=true`, nothing elsewhere. */
export function createStepProgress(stack: string, stream: NodeJS.WriteStream, env = process.env): StepProgress {
  const text = ({ op, urn, state }: Step) =>
    plain(`${stack}: ${op} ${resourceName(urn)}${state === "begun" ? " …" : state === "failed" ? " FAILED" : ""}`);
  if (env.CI === "true") {
    return {
      report: (step) => {
        if (!QUIET.has(step.op)) stream.write(`${text(step)}\n`);
      },
      finish: () => undefined,
    };
  }
  if (!stream.isTTY) return { report: () => undefined, finish: () => undefined };
  let done = 0;
  return {
    report: (step) => {
      if (step.state !== "begun") done += 1;
      stream.write(`${ERASE_LINE}${`${done} done · ${text(step)}`.slice(0, (stream.columns || 80) - 1)}`);
    },
    finish: () => void stream.write(ERASE_LINE),
  };
}

/** `2 create, 1 update`; the counts of what changes nothing are left out. */
export function countsText(counts: Readonly<Record<string, number>>): string {
  const changed = Object.entries(counts).filter(([op, count]) => !QUIET.has(op) && count > 0);
  return changed.length === 0 ? "nothing" : changed.map(([op, count]) => `${count} ${op}`).join(", ");
}
