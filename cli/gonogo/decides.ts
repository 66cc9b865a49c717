import { nextAfter } from "../../release/calendar/windows.ts";
import { nearestHint, refuseInput } from "../../release/errors.ts";
import { readExpiry } from "../approve/options.ts";
import type { Context } from "../context.ts";

/**
 * When a go/no-go is decided: as asked for, or else when its window next opens.
 * @throws InputError where the window is none of the stack's, or neither says when
 */
export function readDecides(
  { catalogue }: Context,
  stack: string,
  { window: name, decides }: { readonly window?: string; readonly decides?: string },
  now: Date,
): Date {
  const { windows } = catalogue.calendar;
  const window = name === undefined ? undefined : windows[name];
  if (name !== undefined && window === undefined) {
    const message = "is no window of catalog/trust/calendar.yaml";
    refuseInput({ file: "--window", path: "", message, value: name, ...nearestHint(name, Object.keys(windows)) });
  }
  if (name !== undefined && window?.stacks.includes(stack) === false) {
    refuseInput({ file: "--window", path: "", message: `is no window of ${stack}`, value: name });
  }
  if (decides !== undefined) return readExpiry("--decides", decides, now);
  const next = name === undefined || window === undefined ? undefined : nextAfter(name, window, now);
  if (next !== undefined) return next.start;
  return refuseInput({
    file: "--decides",
    path: "",
    message: "say when it is decided, or name a --window that is still to open",
    nearest: new Date(now.getTime() + 3_600_000).toISOString(),
  });
}
