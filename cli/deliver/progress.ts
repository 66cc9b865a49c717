import { cut } from "../render/text.ts";

/** Shows what is being done, on a stream that is not the one for results. */
export interface Steps {
  /** A step begins. */
  readonly step: (text: string) => void;
  /** What the program at work says meanwhile; shown on a terminal only. */
  readonly detail: (text: string) => void;
  /** Takes away what is shown, before results follow. */
  readonly finish: () => void;
}

const ERASE_LINE = "\r\u001b[2K";

/** One line that is rewritten on a terminal, a line for each step with `CI=true`, nothing elsewhere. */
export function createSteps(stream: NodeJS.WriteStream, env = process.env): Steps {
  const nothing = () => undefined;
  if (env.CI === "true") return { step: (text) => void stream.write(`${text}\n`), detail: nothing, finish: nothing };
  if (!stream.isTTY) return { step: nothing, detail: nothing, finish: nothing };
  let current = "";
  const show = (text: string) => void stream.write(`${ERASE_LINE}${cut(text, (stream.columns || 80) - 1)}`);
  return {
    step: (text) => {
      current = text;
      show(text);
    },
    detail: (text) => show(`${current} · ${text}`),
    finish: () => void stream.write(ERASE_LINE),
  };
}
