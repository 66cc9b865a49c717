import { type CanaryCommand, type CanaryRules, type CanaryState, nextState, type Phase, phaseOf } from "./machine.ts";

const LADDER = [5, 100];
const YES = () => true;
const RULES: CanaryRules = { ladder: LADDER, live: true, blessed: YES, deployed: YES, proven: YES };

/** One state of each phase. */
const STATES: Readonly<Record<Phase, CanaryState>> = {
  steady: { stable: "a", before: "z", canary: null, population: 0 },
  started: { stable: "a", before: "z", canary: "b", population: 0 },
  running: { stable: "a", before: "z", canary: "b", population: 5 },
  owed: { stable: "b", before: "a", canary: null, population: 5 },
};

const COMMANDS: readonly CanaryCommand[] = [
  { step: "start", version: "c" },
  { step: "widen", to: 5 },
  { step: "widen", to: 100 },
  { step: "promote" },
  { step: "settle" },
  { step: "revert" },
  { step: "revert", leaves: "population" },
  { step: "supersede", version: "c" },
  { step: "emergency", version: "c" },
];

const NOTES: Readonly<Record<Phase, string>> = {
  steady: "everybody gets the stable version",
  started: "the next update deploys the canary, nobody gets it",
  running: "the population gets the canary",
  owed: "no canary, and the population is still above 0",
};

function nameOf(command: CanaryCommand): string {
  return "leaves" in command ? `${command.step} without Unleash` : command.step;
}

/** The state machine as a mermaid diagram: every step from every phase, as the machine itself answers. */
export function canaryDiagram(): string {
  const edges = Object.entries(STATES).flatMap(([from, state]) =>
    COMMANDS.flatMap((command) => {
      const next = nextState(state, command, RULES);
      return "state" in next ? [`    ${from} --> ${phaseOf(next.state)}: ${nameOf(command)}`] : [];
    }),
  );
  const notes = Object.entries(NOTES).map(([phase, text]) => `    ${phase}: ${phase}<br/>${text}`);
  return ["stateDiagram-v2", "    [*] --> steady", ...notes, ...new Set(edges)].join("\n");
}

const DRAWN = /^```mermaid\nstateDiagram-v2\n[\s\S]*?^```$/m;

/** A Markdown page with the diagram as it is now in the place of the one that it has; undefined where it has none. */
export function withDiagram(page: string): string | undefined {
  return DRAWN.test(page) ? page.replace(DRAWN, () => `\`\`\`mermaid\n${canaryDiagram()}\n\`\`\``) : undefined;
}
