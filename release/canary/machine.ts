/**
 * The sequence of a canary as a pure state machine: from a state and a command to the next state and the effects that lead
 * there, or to a refusal. It knows nothing of what moves the users, of files or of servers.
 */

/** Where a canary stands. Versions are any text that names a release. */
export interface CanaryState {
  /** What everybody gets who is not in the population. */
  readonly stable: string;
  /** What was stable before; null where there was nothing. */
  readonly before: string | null;
  /** What the population gets; null where there is none, and then the population gets the stable version as well. */
  readonly canary: string | null;
  /** In percent, as recorded. */
  readonly population: number;
}

/** `steady`: no canary. `started`: deployed, nobody gets it yet. `running`: some do. `owed`: gone, and the population is still above 0. */
export type Phase = "steady" | "started" | "running" | "owed";

export function phaseOf({ canary, population }: CanaryState): Phase {
  if (canary === null) return population > 0 ? "owed" : "steady";
  return population > 0 ? "running" : "started";
}

export type CanaryCommand =
  | { readonly step: "start" | "supersede" | "emergency"; readonly version: string }
  | { readonly step: "widen"; readonly to: number }
  | { readonly step: "promote" | "settle" }
  /** `leaves`: the population stays where it is, and is owed, because what moves it cannot be asked. */
  | { readonly step: "revert"; readonly leaves?: "population" };
type CanaryStepName = CanaryCommand["step"];

/** What the rules are applied with. */
export interface CanaryRules {
  /** Populations, rising. */
  readonly ladder: readonly number[];
  /** Whether the population is moved apart from the versions, and so outlives the canary. */
  readonly live: boolean;
  /** Whether a version may run in the stack. */
  readonly blessed: (version: string) => boolean;
  /** Whether a version was applied as the canary that it is now, so that users can get it. */
  readonly deployed: (version: string) => boolean;
  /** Whether what is known of a version, at the population that it has, speaks for giving it to more users. */
  readonly proven: (version: string) => boolean;
}

/**
 * What has to be done for a step, in this order. `population` moves users at once, `versions` writes the stack file, and
 * `record` appends to the ledger. A population rises only after it is recorded, and is recorded as lower only after it
 * has fallen: so wherever a command is interrupted, the population is never above what is recorded.
 */
export type CanaryEffect = "population" | "versions" | "record";

export interface Transition {
  readonly state: CanaryState;
  readonly effects: readonly CanaryEffect[];
}

/** Why a step cannot be made, and whether it is a rule that is against it or the step that has no meaning here. */
export interface StepRefusal {
  readonly refused: "unblessed" | "undeployed" | "unproven" | "ladder" | "phase";
  /** The version that lacks something, where one does. */
  readonly version?: string;
  readonly reason: string;
}

const REFUSED_PHASES: Readonly<Record<CanaryStepName, Partial<Record<Phase, string>>>> = {
  start: {
    started: "there is a canary already: `supersede` puts a new one in its place",
    running: "there is a canary already: `supersede` puts a new one in its place",
    owed: "the population of the last canary has still to go back to 0: `settle` does that",
  },
  widen: {
    steady: "there is no canary",
    owed: "there is no canary: the population is owed, and `settle` takes it to 0",
  },
  promote: {
    steady: "there is no canary",
    started: "nobody has got the canary yet: `widen` it first",
    owed: "it is promoted already: `settle` takes the population to 0",
  },
  revert: {
    steady: "there is no canary",
    owed: "it is promoted already: `npx imprimatur rollback` takes a stable release back",
  },
  supersede: {
    steady: "there is no canary: `start` one",
    owed: "there is no canary: `settle` takes the population to 0, then `start` one",
  },
  emergency: {},
  settle: {
    steady: "nothing is owed",
    started: "nothing is owed: nobody gets the canary",
    running: "there is a canary: `promote` or `revert` it",
  },
};

/** The state that a command leads to, or why it cannot be carried out. */
export function nextState(state: CanaryState, command: CanaryCommand, rules: CanaryRules): Transition | StepRefusal {
  const phase = phaseOf(state);
  const reason = REFUSED_PHASES[command.step][phase];
  if (reason !== undefined) return { refused: "phase", reason };
  switch (command.step) {
    case "start":
    case "supersede":
      return begun(state, command.version, rules);
    case "widen":
      return widened(state, command.to, rules);
    case "promote": {
      const version = state.canary ?? "";
      const unfit = unblessed([version], rules) ?? undeployed(version, rules) ?? unproven(version, rules);
      return unfit ?? replaced(state, version, rules);
    }
    case "emergency":
      if (command.version === state.stable && state.canary === null)
        return { refused: "phase", reason: `${command.version} is stable already` };
      return unblessed([command.version], rules) ?? replaced(state, command.version, rules);
    case "revert":
      // The last stable version is beside the canary, and serves already.
      if (command.leaves === "population" && rules.live) return { state: { ...state, canary: null }, effects: LEFT };
      return { state: { ...state, canary: null, population: 0 }, effects: lowering(state, rules) };
    case "settle":
      return { state: { ...state, population: 0 }, effects: ["population", "record"] };
  }
}

function begun(state: CanaryState, version: string, rules: CanaryRules): Transition | StepRefusal {
  if (version === state.stable) return { refused: "phase", reason: `${version} is stable already` };
  if (version === state.canary) return { refused: "phase", reason: `${version} is the canary already` };
  return (
    unblessed([state.stable, version], rules) ?? {
      state: { ...state, canary: version, population: 0 },
      effects: lowering(state, rules),
    }
  );
}

function widened(state: CanaryState, to: number, rules: CanaryRules): Transition | StepRefusal {
  const { population, stable } = state;
  const canary = state.canary ?? "";
  if (!rules.ladder.includes(to))
    return { refused: "ladder", reason: `${to} % is not on the ladder ${rules.ladder.join(", ")}` };
  const moves: CanaryEffect = rules.live ? "population" : "versions";
  if (to < population) return { state: { ...state, population: to }, effects: [moves, "record"] };
  // Recorded already: an interrupted command may not have moved the users yet.
  if (to === population) return unblessed([stable, canary], rules) ?? { state, effects: [moves] };
  const next = rules.ladder.find((rung) => rung > population);
  if (to !== next) return { refused: "ladder", reason: `the next rung after ${population} % is ${next} %` };
  const unfit = unblessed([stable, canary], rules) ?? undeployed(canary, rules);
  const open = unfit ?? (population === 0 ? undefined : unproven(canary, rules));
  return open ?? { state: { ...state, population: to }, effects: ["record", moves] };
}

/** What changes the versions, and leaves the population for later. */
const LEFT: readonly CanaryEffect[] = ["record", "versions"];

/** Another version becomes stable. The population outlives the canary where it is moved apart from the versions. */
function replaced(state: CanaryState, version: string, rules: CanaryRules): Transition {
  const before = version === state.stable ? state.before : state.stable;
  const next = { stable: version, before, canary: null };
  if (rules.live) return { state: { ...next, population: state.population }, effects: LEFT };
  return { state: { ...next, population: 0 }, effects: ["versions", "record"] };
}

/** What takes the population to 0 and changes the versions. */
function lowering({ population }: CanaryState, { live }: CanaryRules): readonly CanaryEffect[] {
  if (!live) return ["versions", "record"];
  return population > 0 ? ["population", "record", "versions"] : ["record", "versions"];
}

function unblessed(versions: readonly string[], { blessed }: CanaryRules): StepRefusal | undefined {
  const version = versions.find((candidate) => !blessed(candidate));
  return version === undefined
    ? undefined
    : { refused: "unblessed", version, reason: `${version} may not run in this stack` };
}

function undeployed(version: string, { deployed }: CanaryRules): StepRefusal | undefined {
  return deployed(version)
    ? undefined
    : {
        refused: "undeployed",
        version,
        reason: `${version} is not deployed: the ledger tells of no update that has applied this canary as it is now`,
      };
}

function unproven(version: string, { proven }: CanaryRules): StepRefusal | undefined {
  return proven(version)
    ? undefined
    : { refused: "unproven", version, reason: `nothing says that ${version} does well at the population that it has` };
}
