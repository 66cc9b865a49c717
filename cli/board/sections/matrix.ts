import { candidateText } from "../../status/render.ts";
import type { ModuleStatus, StackStatus } from "../../status/report.ts";
import { type Html, html } from "../html.ts";
import type { BoardModel, ModuleView } from "../model.ts";
import { dayOf } from "../when.ts";
import { pill, section, shape, type Tone } from "./words.ts";

/** More rows than these scroll by themselves, below headings that stay. */
const TALL = 15;

/** Environments by modules: what each runs, and what is about to come. */
export function matrix({ report: { stacks }, modules }: BoardModel): Html {
  // Roles are said outright: a phone shows the rows as blocks, and they are rows all the same.
  const table = html`<table role="grid" aria-label="Modules by environment" id="grid">
<thead role="rowgroup"><tr role="row"><th role="columnheader" scope="col">Module</th>${stacks.map(stackHead)}</tr></thead>
<tbody role="rowgroup">
${modules.map((module) => row(module, stacks))}</tbody>
</table>`;
  return section(
    "environments",
    "Environments",
    "What each environment pins of each module, and which release is on its way there.",
    html`<div class="scroll matrix${modules.length > TALL ? " tall" : ""}">${table}</div>`,
  );
}

function stackHead({ stack, class: kind, ledger, windows }: StackStatus): Html {
  const freeze = windows.freezes[0];
  return html`<th role="columnheader" scope="col"><span class="stack">${stack}</span>${stack === kind ? undefined : html` <span class="quiet">${kind}</span>`}
${ledger.broken === undefined ? undefined : html`<br>${pill("ledger broken", "bad")}`}${freeze === undefined ? undefined : html`<br>${pill("frozen", "due")} <span class="quiet">until ${dayOf(freeze.until)}</span>`}${windows.open.length === 0 ? undefined : html`<br>${pill("window open", "ok")}`}</th>`;
}

function row({ name, purpose, releases }: ModuleView, stacks: readonly StackStatus[]): Html {
  const idOf = (version: string | undefined) => releases.find((release) => release.version === version)?.id;
  const cells = stacks.map(({ stack, modules }) => {
    const status = modules.find(({ module }) => module === name);
    if (status === undefined) {
      return html`<td role="gridcell" data-stack="${stack}" class="none"><span class="quiet">not here</span></td>`;
    }
    return html`<td role="gridcell" data-stack="${stack}">${cell(status, idOf)}</td>`;
  });
  return html`<tr role="row" data-find><th role="rowheader" scope="row"><a href="#module-${name}">${name}</a>${purpose === "offered" ? html` <span class="quiet">offered</span>` : undefined}</th>${cells}</tr>
`;
}

function cell(status: ModuleStatus, idOf: (version: string | undefined) => string | undefined): Html {
  const { pinned, candidate, canary } = status;
  const [tone, word] = stateWords(status);
  const next = candidate && {
    text: candidateText(candidate),
    tone: candidateTone(candidate),
  };
  return html`<a href="#${idOf(candidate?.version) ?? idOf(pinned.version) ?? ""}"><span class="now">${shape(tone)}<b>${pinned.version}</b></span>
<span class="word">${word}${status.state === "running" && status.runs !== undefined ? html` · ${dayOf(status.runs.since)}` : undefined}</span>${
    status.confidence === undefined ? undefined : html`<span class="word">confidence ${status.confidence} %</span>`
  }${
    canary === undefined
      ? undefined
      : html`<span class="word">canary ${canary.canary ?? "none"}, ${canary.population} %</span>`
  }${next === undefined ? undefined : html`<span class="next">${shape(next.tone)}<span>${candidate?.version ?? ""}: ${next.text}</span></span>`}</a>`;
}

/** How a candidate stands, as a tone. */
function candidateTone({ blessed, passed, requirements }: NonNullable<ModuleStatus["candidate"]>): Tone {
  if (blessed || passed) return "due";
  return requirements.some(({ state }) => state === "refused") ? "bad" : "wait";
}

/** How what a stack pins stands there, as a tone and a word. */
export function stateWords({ state, standing }: Pick<ModuleStatus, "state" | "standing">): readonly [Tone, string] {
  if (state === "refused") return ["bad", "refused"];
  if (state === "to-apply") return ["due", "to be applied"];
  if (state === "unrecorded") return ["idle", "pinned"];
  return ["ok", standing.blessed ? "blessed" : "runs"];
}
