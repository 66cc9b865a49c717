/**
 * Draws the picture of a refused preview that the README shows, from what the command prints on a terminal. Run
 * `node bench/previewPicture.ts`; it needs `script` (Debian: bsdutils) for the terminal.
 */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";

const ROOT = join(import.meta.dirname, "..");
const COLUMNS = 100;
/** Pixels: of a character, a line, and around all of it. */
const [WIDTH, HEIGHT, EDGE] = [7.8, 17, 16];
/** The SGR codes that the command writes. */
const COLOURS: Readonly<Record<string, string>> = {
  "2": "#8b949e",
  "31": "#ff7b72",
  "32": "#7ee787",
  "33": "#e3b341",
  "35": "#d2a8ff",
};
const PLAIN = "#e6edf3";

const command = `stty cols ${COLUMNS}; ${process.execPath} cli/main.ts preview prod --set skaha=1.1.0 --engine offline 2>/dev/null`;
const { stdout } = spawnSync("script", ["--quiet", "--command", command, "/dev/null"], { cwd: ROOT, encoding: "utf8" });
const lines = stdout.trimEnd().split(/\r?\n/);

let colour: string | undefined;
let bold = false;
const texts = lines.map(
  (line, index) => `<text y="${30 + index * HEIGHT}" xml:space="preserve">${spansOf(line)}</text>`,
);
const longest = Math.max(...lines.map((line) => [...stripVTControlCharacters(line)].length));
const size = { width: Math.ceil(longest * WIDTH + 2 * EDGE), height: 30 + lines.length * HEIGHT };
const label = "A preview in which production refuses a release that is not blessed";
const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${size.width}" height="${size.height}" viewBox="0 0 ${size.width} ${size.height}" role="img" aria-label="${label}"><rect width="100%" height="100%" rx="8" fill="#0d1117"/><g font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,monospace" font-size="13">${texts.join("")}</g></svg>\n`;
writeFileSync(join(ROOT, "docs/preview.svg"), svg);

function spansOf(line: string): string {
  let column = 0;
  // The escape character is what a terminal reads as the beginning of a code.
  return line
    .split("\u001b[")
    .flatMap((part, index) => spanOf(part, index > 0))
    .join("");

  function spanOf(part: string, isCode: boolean): string[] {
    const text = isCode ? part.slice(part.indexOf("m") + 1) : part;
    if (isCode) paint(part.slice(0, part.indexOf("m")));
    const x = (EDGE + column * WIDTH).toFixed(1);
    column += [...text].length;
    const weight = bold ? ' font-weight="bold"' : "";
    return text === "" ? [] : [`<tspan x="${x}" fill="${colour ?? PLAIN}"${weight}>${escaped(text)}</tspan>`];
  }
}

function paint(code: string): void {
  if (code === "1") bold = true;
  else if (code === "22" || code === "39" || code === "0") [colour, bold] = [undefined, code === "39" && bold];
  else colour = COLOURS[code] ?? PLAIN;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
