import { localText } from "../../release/calendar/local.ts";
import { standingOf, type WindowStanding } from "../../release/calendar/steps.ts";
import { nextAfter, type Occurrence } from "../../release/calendar/windows.ts";
import type { Announcer } from "../announce.ts";
import { Refusal } from "../approve/outcome.ts";
import type { Context } from "../context.ts";
import type { Sign } from "../signers.ts";
import { readStacks } from "../stacks.ts";
import { dueNotice, sayEnd, sayNotice, sayStart } from "./announcements.ts";
import type { Apply } from "./apply.ts";
import { misfitOf, undecidedIn } from "./plan.ts";
import { stackStates } from "./report.ts";
import { type StepFacts, signStep } from "./step.ts";

/** What a run of a window goes by. */
export interface WindowTools {
  readonly sign: Sign;
  readonly announcer: Announcer;
  readonly apply: Apply;
}

/** What a run has come to. */
export interface RunResult {
  /** False where something has to be done before it can go on. */
  readonly finished: boolean;
  readonly headline: string;
  /** What was signed, below the root of the checkout. */
  readonly written: readonly string[];
  readonly next?: string;
}

/**
 * Takes a window as far as it goes now: gives the notice that is due; announces the start; applies its stacks one after
 * another, and waits at one that others operate until they have signed for it; announces the end.
 * What is done is on signed records, so that it can be run again at any time, by anybody who may, and goes on from there.
 * @throws Refusal where a rule is against it
 */
export function runWindow(context: Context, occurrence: Occurrence, tools: WindowTools): Promise<RunResult> {
  return new WindowRun(context, occurrence, tools).run();
}

class WindowRun {
  readonly #context: Context;
  readonly #occurrence: Occurrence;
  readonly #tools: WindowTools;
  readonly #written: string[] = [];

  constructor(context: Context, occurrence: Occurrence, tools: WindowTools) {
    this.#context = context;
    this.#occurrence = occurrence;
    this.#tools = tools;
  }

  async run(): Promise<RunResult> {
    const { window: name, start } = this.#occurrence;
    const standing = this.#standing();
    if (standing.state === "closed") return this.#finished(`${name} is done and closed`);
    // What is wrong with any of the stacks is found before anything is said or done.
    const own = standing.window.stacks.filter((stack) => standing.window.operators[stack] === undefined);
    if (own.length > 0) readStacks(this.#context, own, []);
    if (new Date() < start) return this.#ahead(standing);
    checkOpen(standing);
    for (const { stack, operator, state } of stackStates(standing)) {
      const against = operator === undefined && state !== "applied" && undecidedIn(this.#context, standing, stack);
      if (against) throw new Refusal(against.message, [against.remedy]);
    }
    if (!standing.announced) {
      await this.#sign({ step: "open" });
      await sayStart(this.#tools.announcer, standing);
    }
    for (const stack of standing.window.stacks) {
      const stopped = await this.#change(stack);
      if (stopped !== undefined) return stopped;
    }
    await this.#sign({ step: "close" });
    await sayEnd(this.#tools.announcer, standing);
    return this.#finished(`✔ ${name} is done: ${standing.window.stacks.join(", ")}`);
  }

  /** Before it opens there is only something to say. */
  async #ahead(standing: WindowStanding): Promise<RunResult> {
    const { occurrence, window } = standing;
    const notice = dueNotice(standing, new Date());
    if (notice !== undefined) {
      await this.#sign({ step: "notice", hours: notice.hours });
      await sayNotice(this.#tools.announcer, standing, notice.text);
    }
    const opens = `${occurrence.window} opens at ${localText(occurrence.start, window.zone)}`;
    return this.#finished(`${opens}; ${notice === undefined ? "no notice is due" : "notice was given"}`);
  }

  /** One stack, where that is still to do. Returns what stops the run, if anything does. */
  async #change(stack: string): Promise<RunResult | undefined> {
    const standing = this.#standing();
    const state = stackStates(standing).find((each) => each.stack === stack)?.state;
    if (state === "applied" || state === "handed over") return undefined;
    const { window, occurrence } = standing;
    const operator = window.operators[stack];
    if (operator !== undefined) {
      const list = operator.checklist.map((item) => `- ${item}`).join("\n");
      const text = `${stack} is yours now, ${operator.role}. When it is done, sign for it:\n${list}`;
      await this.#tools.announcer.say({ kind: "reminder", stack, text });
      const next = `npx imprimatur window done ${occurrence.window} ${stack} (${operator.role}), then run it again`;
      return this.#stopped(`${stack} waits for ${operator.role}`, next);
    }
    const tooLate = misfitOf(this.#context, standing, stack);
    if (tooLate !== undefined) {
      return this.#stopped(
        tooLate,
        "leave it for the next date; in an emergency, waive window-and-freeze and apply it by `npx imprimatur up`",
      );
    }
    await this.#tools.announcer.say({ kind: "deployment", stack, text: `${stack}: ${occurrence.window} is at it` });
    const code = await this.#tools.apply(stack);
    if (code === 0) {
      await this.#sign({ step: "applied", stack });
      return undefined;
    }
    await this.#sign({ step: "failed", stack, note: `ended with exit code ${code}` });
    const text = `${stack} could not be applied in ${occurrence.window}; what comes after it was not begun`;
    await this.#tools.announcer.say({ kind: "report", stack, text });
    return this.#stopped(text, `mend it, then run ${occurrence.window} again: it goes on with ${stack}`);
  }

  #standing(): WindowStanding {
    return standingOf(this.#context.catalogue, this.#context.files, this.#occurrence, new Date());
  }

  async #sign(facts: StepFacts): Promise<void> {
    const { path } = await signStep(this.#context, this.#tools.sign, this.#standing(), facts);
    this.#written.push(path);
  }

  #finished(headline: string): RunResult {
    return { finished: true, headline, written: this.#written };
  }

  #stopped(headline: string, next: string): RunResult {
    return { finished: false, headline, next, written: this.#written };
  }
}

/** @throws Refusal where nothing may be changed in a window now, or it is over */
export function checkOpen({ occurrence, window, state, hindrance }: WindowStanding): void {
  const { window: name, start, end } = occurrence;
  if (hindrance !== undefined) throw new Refusal(hindrance.message, [hindrance.remedy]);
  if (state === "planned") throw new Refusal(`${name} opens at ${localText(start, window.zone)}`);
  if (state !== "over") return;
  const next = nextAfter(name, window, end);
  const again = next === undefined ? "it has no other date" : `the next is ${localText(next.start, window.zone)}`;
  throw new Refusal(`${name} is over since ${localText(end, window.zone)}`, [
    `npx imprimatur window close ${name}; ${again}`,
  ]);
}
