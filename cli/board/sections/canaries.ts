import { type Html, html } from "../html.ts";
import type { BoardModel } from "../model.ts";
import { dayOf } from "../when.ts";
import { pill, scroll, section } from "./words.ts";

/** Canaries that are on, and the flags of each environment. */
export function canaries({ report: { stacks } }: BoardModel): Html {
  const own = stacks.flatMap(({ stack, modules }) =>
    modules.flatMap(({ module, canary }) => (canary === undefined ? [] : [{ stack, module, canary }])),
  );
  const flags = stacks.flatMap(({ stack, modules }) =>
    modules.flatMap(({ module, flags }) => flags.map((flag) => ({ stack, module, ...flag }))),
  );
  const canaryRows = own.map(
    ({ stack, module, canary }) =>
      html`<tr data-find><th scope="row">${module}</th><td>${stack}</td><td>${canary.stable}</td><td>${canary.canary ?? "none"}</td><td>${canary.population} %${canary.owed ? html` ${pill("owed back to 0", "due")}` : undefined}</td><td>${canary.step}, ${dayOf(canary.since)}</td></tr>
`,
  );
  const flagRows = flags.map(
    ({ stack, module, flag, setting, maturity, expires, stale }) =>
      html`<tr data-find><th scope="row">${flag}</th><td>${module}</td><td>${stack}</td><td>${settingWords(setting)}</td><td>${maturity}</td><td>${expires}${stale.map((text) => html`<br>${pill("look after", "due")} <span class="quiet">${text}</span>`)}</td></tr>
`,
  );
  const body = html`${
    own.length === 0
      ? html`<p class="empty">No canary is on.</p>`
      : scroll("Canaries", table(["Module", "Environment", "Stable", "Canary", "Population", "Step"], canaryRows))
  }${flags.length === 0 ? undefined : scroll("Flags", table(["Flag", "Module", "Environment", "Setting", "Maturity", "Expires"], flagRows))}`;
  return section("canaries", "Canaries and flags", "What only some users get.", body);
}

function settingWords(setting: string): string {
  return { true: "on", false: "off" }[setting] ?? setting.replace(":", " ");
}

/** A table with a heading for each column. */
export function table(heads: readonly string[], rows: readonly Html[]): Html {
  return html`<table class="list"><thead><tr>${heads.map((head) => html`<th scope="col">${head}</th>`)}</tr></thead><tbody>
${rows}</tbody></table>`;
}
