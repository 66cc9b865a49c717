import { count } from "../../render/text.ts";
import { type Html, html } from "../html.ts";
import type { BoardModel } from "../model.ts";
import { dayOf } from "../when.ts";
import { section, shape } from "./words.ts";

/** Things of one role that are listed in full. */
const SHOWN = 40;

/** What waits for whom: those who hold up most come first. */
export function waits({ report, isPublic }: BoardModel): Html {
  const cards = report.waits.map(({ role, people, items }) => {
    const who = role ?? (people.length > 0 ? people.join(", ") : isPublic ? "Others" : "Nobody in particular");
    const holders = role === undefined || isPublic ? "" : people.length === 0 ? "nobody holds it" : people.join(", ");
    const list = items
      .slice(0, SHOWN)
      .map(
        ({ module, version, stack, text, command }) =>
          html`<li>${shape("wait")}<span><b>${module} ${version}</b> for ${stack}<span class="ask">${text}</span>${command === undefined ? undefined : html`<code>${command}</code>`}</span></li>`,
      );
    const rest = items.length - SHOWN;
    return html`<article class="card" data-find><h3>${who} <span class="quiet">${count(items.length, "thing")}</span></h3>
${holders === "" ? undefined : html`<p class="quiet">${holders}</p>`}<ul class="gates">${list}</ul>${rest > 0 ? html`<p class="quiet">and ${rest} more</p>` : undefined}</article>
`;
  });
  if (report.owed.length > 0) cards.push(owedCard(report.owed));
  const body =
    cards.length === 0
      ? html`<p class="empty">Nothing waits for anybody.</p>`
      : html`<div class="cards">${cards}</div>`;
  return section("waiting", "Waiting for", "Who can supply what releases still lack.", body);
}

/** What somebody has still to do, such as the review after an emergency. */
function owedCard(owed: BoardModel["report"]["owed"]): Html {
  const list = owed.map(
    ({ kind, what, owner, since, due }) =>
      html`<li>${shape("wait")}<span><b>${owner}</b> ${what}<span class="ask">${kind} since ${dayOf(since)}${due === undefined ? undefined : html`, until ${dayOf(due)}`}</span></span></li>`,
  );
  return html`<article class="card" data-find><h3>Owed <span class="quiet">${count(owed.length, "thing")}</span></h3><ul class="gates">${list}</ul></article>
`;
}
