import type { Phase } from "../engine/engine.ts";

/** Shows how far the stacks have come, on a stream that is not the one for results. */
export interface Progress {
  readonly report: (stack: string, phase: Phase) => void;
  /** Takes away what is shown, before results follow. */
  readonly finish: () => void;
}

const WORDS: Readonly<Record<Phase, string>> = { program: "running", policies: "judging", done: "done" };
export const ERASE_LINE = "\r\u001b[2K";

/** One line that is rewritten on a terminal, a line for each step with `CI=true`, nothing elsewhere. */
export function createProgress(stream: NodeJS.WriteStream, env = process.env): Progress {
  const inCi = env.CI === "true";
  if (!inCi && !stream.isTTY) return { report: () => undefined, finish: () => undefined };
  if (inCi) {
    return { report: (stack, phase) => void stream.write(`${stack}: ${WORDS[phase]}\n`), finish: () => undefined };
  }
  const phases = new Map<string, Phase>();
  return {
    report: (stack, phase) => {
      phases.set(stack, phase);
      const text = [...phases].map(([name, at]) => `${name} ${WORDS[at]}`).join(" · ");
      stream.write(`${ERASE_LINE}${text.slice(0, (stream.columns || 80) - 1)}`);
    },
    finish: () => void stream.write(ERASE_LINE),
  };
}
