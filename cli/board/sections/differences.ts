import { type Html, html } from "../html.ts";
import type { BoardModel } from "../model.ts";
import { table } from "./canaries.ts";
import { scroll, section } from "./words.ts";

/** Settings that are not the same in every environment. */
export function differences({ report: { stacks, differences: rows } }: BoardModel): Html {
  const names = stacks.map(({ stack }) => stack);
  const lines = rows.map(
    ({ section: kind, key, values }) =>
      html`<tr data-find><th scope="row"><span class="quiet">${kind}</span> ${key}</th>${names.map((name) => html`<td>${values[name] ?? "–"}</td>`)}</tr>
`,
  );
  const body =
    rows.length === 0
      ? html`<p class="empty">Nothing differs.</p>`
      : scroll("Differences between environments", table(["Setting", ...names], lines));
  return section("differences", "Differences", "What is the same everywhere is left out.", body);
}
