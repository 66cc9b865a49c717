import { type Html, html } from "../html.ts";
import type { BoardModel, OccurrenceView } from "../model.ts";
import { localDay, localTime, momentOf } from "../when.ts";
import { pill, section } from "./words.ts";

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
      ? html`<p class="empty">No window is to come.</p>`
      : html`<ol class="days">${occurrences.map(occurrence)}</ol>`
  }`;
  return section(
    "calendar",
    "Calendar",
    "Windows of the next four weeks, at the local time of each. A window is no downtime.",
    body,
  );
}

function occurrence({ window, description, zone, start, end, stacks, modules }: OccurrenceView): Html {
  return html`<li data-find><span class="date">${localDay(start, zone)}</span><span>${localTime(start, zone)}–${localTime(end, zone)} <span class="quiet">${zone}</span></span><span><b>${window}</b> <span class="quiet">${description}</span><span class="ask">${stacks.join(", ")}${modules.length === 0 ? undefined : `: ${modules.join(", ")}`}</span></span></li>
`;
}
