import { type Html, html } from "../html.ts";
import type { BoardModel, OccurrenceView } from "../model.ts";
import { localDay, localTime, momentOf } from "../when.ts";
import { pill, section, type Tone } from "./words.ts";

/** The windows of the coming weeks, those that are open, and the freezes that hold. */
export function calendar({ report: { stacks }, calendar: occurrences }: BoardModel): Html {
  const open = stacks.flatMap(({ stack, windows }) =>
    windows.open.map(
      ({ window, end }) => html`<li>${pill("open", "ok")} <b>${window}</b> on ${stack}, until ${momentOf(end)}</li>`,
    ),
  );
  const frozen = stacks.flatMap(({ stack, windows }) =>
    windows.freezes.map(
      ({ name, until, reason }) =>
        html`<li>${pill("frozen", "due")} <b>${stack}</b> until ${momentOf(until)}: ${name}${reason === "" ? undefined : `, ${reason}`}</li>`,
    ),
  );
  const now = [...open, ...frozen];
  const body = html`${now.length === 0 ? undefined : html`<ul class="now-list">${now}</ul>`}${
    occurrences.length === 0
      ? html`<p class="empty">Nothing is to come.</p>`
      : html`<ol class="days">${occurrences.map(occurrence)}</ol>`
  }`;
  return section(
    "calendar",
    "Calendar",
    "Windows of the next four weeks, at the local time of each. A window is no downtime.",
    body,
  );
}

function occurrence(date: OccurrenceView): Html {
  const { kind, name, description, zone, start, end, stacks, modules, state } = date;
  // A freeze begins and ends on days of its own.
  const hours =
    kind === "freeze"
      ? html`until ${momentOf(end)}`
      : html`${localTime(start, zone)}–${localTime(end, zone)} <span class="quiet">${zone}</span>`;
  const mark =
    state === undefined ? pill(kind, kind === "freeze" ? "due" : "idle") : pill(state, TONES[state] ?? "idle");
  return html`<li data-find><span class="date">${localDay(start, zone)}</span><span>${hours}</span><span><b>${name}</b> ${mark} <span class="quiet">${description}</span><span class="ask">${stacks.join(", ")}${modules.length === 0 ? undefined : `: ${modules.join(", ")}`}</span></span></li>
`;
}

const TONES: Readonly<Record<string, Tone>> = { open: "ok", tentative: "wait", unacknowledged: "wait" };
