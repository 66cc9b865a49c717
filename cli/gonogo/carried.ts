import type { Occurrence } from "../../release/calendar/windows.ts";
import { isHopeless } from "../approve/inTheWay.ts";
import { type NamedRelease, readRelease } from "../candidate.ts";
import type { Context } from "../context.ts";
import { collectStatus } from "../status/collect.ts";

/**
 * What a window carries into one of its stacks, as `status` has it: of each of its modules the newer release of the stack
 * that releases come from or, where there is none, what is pinned and does not run yet. What no vote can help is left out.
 */
export function carriedBy(context: Context, { window: name }: Occurrence, stack: string, now: Date): NamedRelease[] {
  const window = context.catalogue.calendar.windows[name];
  const { report } = collectStatus(context, [stack], now);
  const modules = report.stacks.flatMap((each) => each.modules);
  return modules
    .filter(({ module }) => window?.modules?.includes(module) ?? true)
    .flatMap(({ module, candidate, pinned, runs, standing }) => {
      if (candidate !== undefined && !isHopeless(candidate.requirements)) {
        return [readRelease(context, module, candidate.version)];
      }
      const isNew = runs?.manifestDigest !== pinned.manifestDigest && !isHopeless(standing.requirements);
      return isNew ? [readRelease(context, module, pinned.version)] : [];
    });
}
