import type { RequirementReport } from "../../approve/requirements.ts";
import { type Html, html } from "../html.ts";

/** How things stand, as the page shows it: a shape, a colour and a word, so that none of them is needed alone. */
export type Tone = "ok" | "wait" | "bad" | "idle" | "due";

/** The shape of a tone; whoever cannot see it reads the word that stands beside it. */
export function shape(tone: Tone): Html {
  return html`<span class="shape ${tone}" aria-hidden="true"></span>`;
}

/** A short word in a frame. */
export function pill(text: string, tone: Tone = "idle"): Html {
  return html`<span class="pill ${tone}">${text}</span>`;
}

const STATES: Readonly<Record<RequirementReport["state"], readonly [Tone, string]>> = {
  met: ["ok", "met"],
  waived: ["due", "waived"],
  missing: ["wait", "missing"],
  refused: ["bad", "refused"],
};

/** The tone of a requirement, and its word. */
export function requirementTone(state: RequirementReport["state"]): readonly [Tone, string] {
  return STATES[state];
}

/** A part of the page, which the navigation leads to. */
export function section(id: string, title: string, lead: string, body: Html): Html {
  return html`<section id="${id}" aria-labelledby="${id}-title">
<h2 id="${id}-title">${title}</h2>
<p class="lead">${lead}</p>
${body}
</section>
`;
}

/** What is wider than the page, to be scrolled; it can be reached with the keyboard. */
export function scroll(label: string, body: Html): Html {
  return html`<div class="scroll" role="region" aria-label="${label}" tabindex="0">${body}</div>`;
}
