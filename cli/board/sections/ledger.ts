import { count } from "../../render/text.ts";
import { type Html, html } from "../html.ts";
import type { BoardModel, LedgerView } from "../model.ts";
import { momentOf } from "../when.ts";
import { table } from "./canaries.ts";
import { pill, scroll, section, type Tone } from "./words.ts";

type Entry = LedgerView["entries"][number];

const TONES: Readonly<Record<Entry["outcome"], Tone>> = { succeeded: "ok", failed: "bad", "rolled-back": "due" };

/** What was applied where, the newest first. */
export function ledger({ ledgers, isPublic, report: { stacks } }: BoardModel): Html {
  const blocks = ledgers.map(({ stack, total, entries }) => {
    const broken = stacks.find((each) => each.stack === stack)?.ledger.broken;
    const warning =
      broken === undefined
        ? undefined
        : html`<p>${pill("broken", "bad")} Nothing counts from here on${broken.path === "" ? "." : `: ${broken.path} ${broken.message}`}</p>`;
    const heads = ["Entry", "When", "What", "Window", "Outcome", ...(isPublic ? [] : ["By", "Approved by"])];
    const rows = entries.map((entry) => entryRow(entry, isPublic));
    const shown = total > entries.length ? `, the newest ${entries.length} of them here` : "";
    return html`<details class="module"${total === 0 ? undefined : html` open`}><summary><span class="name">${stack}</span> <span class="quiet">${count(total, "entry").replace("entrys", "entries")}${shown}</span></summary>
${warning}${total === 0 ? html`<p class="empty">Nothing has been recorded.</p>` : scroll(`Ledger of ${stack}`, table(heads, rows))}</details>
`;
  });
  return section(
    "ledger",
    "Ledger",
    "What was applied, when and by whom: signed, each entry bound to the one before.",
    html`${blocks}`,
  );
}

function entryRow(entry: Entry, isPublic: boolean): Html {
  const { seq, at, action, outcome, window, person, approvers, reason } = entry;
  const people = [...new Set(approvers.map(({ person, role }) => `${person} (${role})`))].join(", ");
  return html`<tr data-find><th scope="row">${seq}</th><td>${momentOf(at)}</td><td>${pill(action)} ${what(entry)}${reason === undefined ? undefined : html`<q>${reason}</q>`}</td><td>${window ?? "–"}</td><td>${pill(outcome.replace("-", " "), TONES[outcome])}</td>${isPublic ? undefined : html`<td>${person ?? "–"}</td><td>${people === "" ? "–" : people}</td>`}</tr>
`;
}

function what({ changes, canary, flags }: Entry): string {
  return [
    ...changes.map(({ module, version, to }) => (to === null ? `${module} taken away` : `${module} ${version}`)),
    ...(canary === undefined
      ? []
      : [`canary of ${canary.module}: ${canary.step}, ${canary.canary ?? "none"} for ${canary.population} %`]),
    ...flags.map(({ flag, from, to }) => `${flag} ${JSON.stringify(from)} → ${JSON.stringify(to)}`),
  ].join(", ");
}
