import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Html, html } from "./html.ts";
import type { BoardModel } from "./model.ts";
import { calendar } from "./sections/calendar.ts";
import { canaries } from "./sections/canaries.ts";
import { differences } from "./sections/differences.ts";
import { ledger } from "./sections/ledger.ts";
import { matrix } from "./sections/matrix.ts";
import { releases } from "./sections/releases.ts";
import { waits } from "./sections/waits.ts";
import { shape } from "./sections/words.ts";
import { momentOf } from "./when.ts";

/** The sections, by the id that each has, in the order of the page; a public board tells no settings. */
const SECTIONS: readonly { id: string; title: string; render: (model: BoardModel) => Html; inside?: true }[] = [
  { id: "environments", title: "Environments", render: matrix },
  { id: "waiting", title: "Waiting for", render: waits },
  { id: "releases", title: "Releases", render: releases },
  { id: "calendar", title: "Calendar", render: calendar },
  { id: "canaries", title: "Canaries", render: canaries },
  { id: "ledger", title: "Ledger", render: ledger },
  { id: "differences", title: "Differences", render: differences, inside: true },
];

/** Parts of the style sheet, in order: what comes later wins. */
const STYLES = ["base", "head", "tables", "parts", "releases", "narrow"];

/** The board as one page that needs nothing else: styles and script stand in it, and nothing is loaded from anywhere. */
export function boardPage(model: BoardModel): string {
  const [style, script] = [STYLES.map((name) => asset(`style/${name}.css`)).join("\n"), asset("board.js")];
  // Even if something got past the escaping, it would not run, and could send nothing anywhere.
  const policy = `default-src 'none'; style-src '${hash(style)}'; script-src '${hash(script)}'; base-uri 'none'; form-action 'none'`;
  const sections = SECTIONS.filter(({ inside }) => !(inside && model.isPublic));
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${model.title} – release board</title>
<style>${new Html(style)}</style>
</head>
<body>
<a class="skip" href="#environments">Skip to the environments</a>
${header(model)}
<div class="bar"><div>
<nav aria-label="Sections"><ul>${sections.map(({ id, title }) => html`<li><a href="#${id}">${title}</a></li>`)}</ul></nav>
<div class="find" role="search"><input id="find" type="search" placeholder="Search…" aria-label="Search the board" aria-keyshortcuts="/" autocomplete="off" spellcheck="false"><output id="found" for="find" aria-live="polite"></output></div>
</div></div>
<main>
${model.report.stops.length === 0 ? undefined : html`<p class="stopped" role="alert">${shape("bad")}<b>The line is stopped.</b> ${model.report.stops.join("; ")}</p>`}${sections.map(({ render }) => render(model))}</main>
<footer>Made by <code>imprimatur board</code>. <kbd>/</kbd> searches, <kbd>Esc</kbd> clears, the arrow keys move in the table of environments.</footer>
<script type="module">${new Html(script)}</script>
</body>
</html>
`;
  return page.text;
}

function header({ title, report }: BoardModel): Html {
  const modules = new Set(report.stacks.flatMap(({ modules }) => modules.map(({ module }) => module)));
  const statuses = report.stacks.flatMap(({ modules }) => modules);
  const ahead = statuses.filter(({ candidate }) => candidate !== undefined).length;
  const refused = statuses.filter(
    ({ state, candidate }) =>
      state === "refused" || candidate?.requirements.some((requirement) => requirement.state === "refused"),
  ).length;
  const tally = [
    [report.stacks.length, "environments"],
    [modules.size, "modules"],
    [ahead, "on their way"],
    [refused, "refused"],
  ] as const;
  return html`<header class="head">
<svg class="seal" viewBox="0 0 48 48" fill="none" stroke="currentColor" aria-hidden="true"><circle cx="24" cy="24" r="22" stroke-width="1.5"/><circle cx="24" cy="24" r="17.5" stroke-width="1"/><path d="M16 24.5l5.5 6L32.5 18" stroke-width="3" stroke-linecap="round" stroke-linejoin="round"/></svg>
<div><h1>${title}</h1><p>What may run where, and on whose word. As of ${momentOf(report.at)}.</p></div>
<dl class="tally">${tally.map(([number, text]) => html`<div><dt>${text}</dt><dd>${number}</dd></div>`)}</dl>
</header>`;
}

function asset(name: string): string {
  return readFileSync(join(import.meta.dirname, name), "utf8");
}

function hash(text: string): string {
  return `sha256-${createHash("sha256").update(text).digest("base64")}`;
}
