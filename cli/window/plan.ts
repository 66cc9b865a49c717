import { gonogoHindrance } from "../../release/calendar/decided.ts";
import { type ExpectedTime, expectedTime, minutesText, misfit } from "../../release/calendar/fit.ts";
import type { Hindrance, WindowStanding } from "../../release/calendar/steps.ts";
import { Gate } from "../../release/gate.ts";
import { runningIn, settledBy } from "../../release/ledger.ts";
import type { Context } from "../context.ts";
import { readStacks } from "../stacks.ts";
import { stackStates } from "./report.ts";

/** What a run of a window changes in one stack, and how long that takes at most. */
interface StackPlan {
  readonly changes: readonly {
    readonly module: string;
    readonly from?: string | undefined;
    readonly to: string;
    readonly manifestDigest: string;
    /** It ran there before: a way back, which needs nobody's GO. */
    readonly settled: boolean;
  }[];
  readonly expected: ExpectedTime;
}

/** What a stack's pins change of what it runs by its ledger. */
function planStack(context: Context, stack: string, now: Date): StackPlan {
  const { catalogue, files } = context;
  const ledger = new Gate(catalogue, files, now).ledger(stack);
  const modules = readStacks(context, [stack], []).flatMap(({ platform }) => [...platform.modules.values()]);
  const changed = modules.filter(
    ({ module, current }) => runningIn(ledger, module.name)?.to !== current.manifestDigest,
  );
  return {
    changes: changed.map(({ module, current }) => ({
      module: module.name,
      from: runningIn(ledger, module.name)?.version,
      to: current.manifest.version,
      manifestDigest: current.manifestDigest,
      settled: settledBy(ledger, current.manifestDigest) !== undefined,
    })),
    expected: expectedTime(
      ledger,
      changed.map(({ module }) => module),
    ),
  };
}

/** Why what changes in a stack cannot be rolled out, and back again, before the window is over; undefined where it can. */
export function misfitOf(context: Context, { occurrence }: WindowStanding, stack: string): string | undefined {
  const now = new Date();
  const { changes, expected } = planStack(context, stack, now);
  const tooLate = misfit(expected, now, occurrence.end);
  const names = changes.map(({ module }) => module).join(", ");
  return tooLate === undefined ? undefined : `${stack} (${names}) ${tooLate} of ${occurrence.window}`;
}

/** Why what changes in a stack may not go there, if nobody has decided on it who has to; undefined where it may. */
export function undecidedIn(context: Context, standing: WindowStanding, stack: string): Hindrance | undefined {
  const { catalogue, files } = context;
  const { occurrence, window } = standing;
  const now = new Date();
  const releases = planStack(context, stack, now)
    .changes.filter(({ module, settled }) => !settled && (window.modules?.includes(module) ?? true))
    .map(({ module, to, manifestDigest }) => ({ module, version: to, manifestDigest }));
  return gonogoHindrance(catalogue, files, { occurrence, stack, releases, now });
}

/** What a run would do, stack by stack in their order. */
export function planLines(context: Context, standing: WindowStanding): string[] {
  return stackStates(standing).map(({ stack, operator, state }) => {
    if (state === "applied" || state === "handed over") return `${stack}: ${state}`;
    if (operator !== undefined) return `${stack}: is handed over to ${operator}`;
    const { changes, expected } = planStack(context, stack, new Date());
    if (changes.length === 0) return `${stack}: no release changes`;
    const steps = changes.map(({ module, from, to }) => `${module} ${from ?? "none"} → ${to}`);
    const time = `${minutesText(expected.rollout)} and ${minutesText(expected.rollback)} back`;
    const against = undecidedIn(context, standing, stack);
    return `${stack}: ${steps.join(", ")}; ${time} at most${against === undefined ? "" : `; ${against.message}`}`;
  });
}
