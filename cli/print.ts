import { prettyJson } from "../release/json.ts";
import type { GlobalOptions } from "./context.ts";
import { createStyle, type Style, wantsColour } from "./render/style.ts";

/** Columns of what is no terminal. */
const WIDTH = 120;

/** Columns of the terminal, but no more than asked for; some terminals say that they have none. */
export function terminalWidth(most = Number.POSITIVE_INFINITY): number {
  return Math.min(most, process.stdout.columns || WIDTH);
}

type Text = string | readonly string[];

/** Prints a report: as JSON where that is asked for, else as a person reads it, by text or by lines. */
export function printReport<T>(
  report: T,
  { json = false, color }: Pick<GlobalOptions, "color"> & { readonly json?: boolean },
  render: (report: T, style: Style, width: number) => Text,
): void {
  const readable = () => {
    const style = createStyle(wantsColour(process.stdout, color));
    const text = render(report, style, terminalWidth());
    return typeof text === "string" ? text : `${text.join("\n")}\n`;
  };
  process.stdout.write(json ? prettyJson(report) : readable());
}
