import { styleText } from "node:util";
import type { Operation } from "../../release/planDiff.ts";

/** Colours for a terminal, or none. */
export interface Style {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly warn: (text: string) => string;
  readonly op: (operation: Operation, text: string) => string;
}

/** How each operation is marked. */
export const MARKS: Readonly<Record<Operation, string>> = {
  create: "+",
  update: "~",
  replace: "±",
  delete: "-",
  same: "=",
};

const COLOURS = { create: "green", update: "yellow", replace: "magenta", delete: "red", same: "dim" } as const;

/** A style that colours, or one that leaves text as it is. */
export function createStyle(coloured: boolean): Style {
  const paint = (format: Parameters<typeof styleText>[0]) => (text: string) =>
    // Whether the stream takes colours has been decided already, for this one and for all.
    coloured && text !== "" ? styleText(format, text, { validateStream: false }) : text;
  return {
    bold: paint("bold"),
    dim: paint("dim"),
    good: paint("green"),
    bad: paint(["red", "bold"]),
    warn: paint("yellow"),
    op: (operation, text) => paint(COLOURS[operation])(text),
  };
}

/** Whether a stream gets colours: only a terminal does, and neither with `--no-color` nor with NO_COLOR set. */
export function wantsColour(stream: { readonly isTTY?: boolean }, allowed: boolean, env = process.env): boolean {
  return allowed && stream.isTTY === true && (env.NO_COLOR ?? "") === "" && env.TERM !== "dumb";
}
