import type { RequirementReport } from "../../approve/requirements.ts";
import { count, shortDigest } from "../../render/text.ts";
import { type Html, html } from "../html.ts";
import type { BoardModel, ModuleView, PlaceView, ReleaseView, VoteView } from "../model.ts";
import { dayOf } from "../when.ts";
import { stateWords } from "./matrix.ts";
import { pill, requirementTone, section, shape, type Tone } from "./words.ts";

/** Each release's way through its gates, module by module. */
export function releases({ modules, isPublic }: BoardModel): Html {
  const said = isPublic
    ? "and what each environment asks of them."
    : "what each environment asks of them, who said what, and why.";
  const lead = `The releases that are somewhere or on their way, the newest first: ${said}`;
  return section("releases", "Releases and their gates", lead, html`${modules.map(moduleBlock)}`);
}

function moduleBlock({ name, description, purpose, maturity, owners, releases }: ModuleView): Html {
  const open = releases
    .flatMap(({ places }) => places)
    .filter(({ kind, standing }) => kind === "candidate" && !standing.blessed);
  const way =
    open.length === 0 ? pill("nothing on its way", "ok") : pill(`${count(open.length, "step")} ahead`, "wait");
  return html`<details class="module" id="module-${name}" data-find>
<summary><span class="name">${name}</span> <span class="quiet">${description}</span> ${way}</summary>
<p class="facts">${purpose} · ${maturity}${owners.length === 0 ? undefined : ` · ${owners.join(", ")}`}</p>
${releases.map(releaseBlock)}</details>
`;
}

function releaseBlock({ id, version, channel, manifestDigest, places }: ReleaseView): Html {
  return html`<article class="release" id="${id}" aria-label="${version}">
<h3><b>${version}</b> ${pill(channel)} <code class="quiet" title="${manifestDigest}">${shortDigest(manifestDigest)}</code></h3>
<ol class="way">${places.map(placeBlock)}</ol>
</article>
`;
}

function placeBlock({ stack, kind, state, since, standing, votes }: PlaceView): Html {
  const { requirements } = standing;
  const open = requirements.filter((each) => each.state === "missing" || each.state === "refused");
  const met = requirements.filter((each) => !open.includes(each));
  const [tone, word]: readonly [Tone, string] =
    state === "candidate" ? candidateWords(standing, open) : stateWords({ state, standing });
  const met_ =
    met.length === 0
      ? undefined
      : html`<details class="met"><summary>${count(met.length, "gate")} passed</summary>${gateList(met)}</details>`;
  return html`<li><h4>${shape(tone)}<span class="stack">${stack}</span> <span class="word">${kind === "candidate" ? "next: " : ""}${word}${since === undefined ? undefined : html` since ${dayOf(since)}`}</span></h4>
${open.length === 0 ? undefined : gateList(open)}${met_}${votes.length === 0 ? undefined : voteList(votes)}</li>
`;
}

function candidateWords(
  { blessed, passed }: PlaceView["standing"],
  open: readonly RequirementReport[],
): readonly [Tone, string] {
  if (blessed) return ["due", "blessed, to be promoted"];
  if (passed) return ["due", "all there, to be blessed"];
  const refused = open.some(({ state }) => state === "refused");
  return [refused ? "bad" : "wait", `${count(open.length, "gate")} to go`];
}

function gateList(requirements: readonly RequirementReport[]): Html {
  return html`<ul class="gates">${requirements.map(gate)}</ul>`;
}

function gate({ state, text, who, command }: RequirementReport): Html {
  const [tone, word] = requirementTone(state);
  const open = state === "missing" || state === "refused";
  const asked = who
    .map(({ role, people }) => (role === undefined ? people.join(", ") : [role, ...people].join(": ")))
    .join("; ");
  return html`<li>${shape(tone)}<span><span class="word">${word}</span> ${text}${open && asked !== "" ? html`<span class="ask">${asked}</span>` : undefined}${open && command !== undefined ? html`<code>${command}</code>` : undefined}</span></li>`;
}

function voteList(votes: readonly VoteView[]): Html {
  const items = votes.map(
    ({ verdict, role, at, person, reason }) =>
      html`<li>${shape(verdict === "GO" ? "ok" : "bad")}<span><b>${verdict === "GO" ? "GO" : "NO GO"}</b> ${role}${person === undefined ? undefined : `, ${person}`} <span class="quiet">${dayOf(at)}</span>${reason === undefined ? undefined : html`<q>${reason}</q>`}</span></li>`,
  );
  return html`<ul class="votes" aria-label="Votes">${items}</ul>`;
}
