import { nextAfter, type Occurrence, openAt } from "../../release/calendar/windows.ts";
import { refuseInput } from "../../release/errors.ts";
import { asksForBlessing } from "../../release/requirements.ts";
import { readExpiry } from "../approve/options.ts";
import type { Context } from "../context.ts";
import { findWindow } from "../window/find.ts";

/** What says where and when a go/no-go is held. */
export interface ScheduleOptions {
  readonly for?: string;
  readonly window?: string;
  readonly decides?: string;
}

/** Where a go/no-go is held, when it is decided, and for which date of a window if for any. */
export interface Schedule {
  readonly stack: string;
  readonly decides: Date;
  readonly occurrence?: Occurrence;
}

/**
 * Of a window it is the date that is open, or else the next; it is decided when that opens or, where it is open, at its end.
 * @throws InputError where the window is none of the stack's, or nothing says where or when
 */
export function readSchedule(context: Context, options: ScheduleOptions, now: Date): Schedule {
  const { window: name, decides } = options;
  const stack = options.for === undefined ? onlyStack(context, name) : context.catalogue.stack(options.for).name;
  const window = name === undefined ? undefined : findWindow(context, name, "--window");
  if (window?.stacks.includes(stack) === false) {
    refuseInput({ file: "--window", path: "", message: `is no window of ${stack}`, value: name ?? "" });
  }
  const occurrence = window && (openAt(name ?? "", window, now) ?? nextAfter(name ?? "", window, now));
  const carried = occurrence === undefined ? {} : { occurrence };
  if (decides !== undefined) return { stack, decides: readExpiry("--decides", decides, now), ...carried };
  if (occurrence === undefined) {
    refuseInput({
      file: "--decides",
      path: "",
      message: "say when it is decided, or name a --window that is still to open",
      nearest: new Date(now.getTime() + 3_600_000).toISOString(),
    });
  }
  return { stack, decides: occurrence.start > now ? occurrence.start : occurrence.end, occurrence };
}

/** The one stack that a go/no-go for a window can be about. */
function onlyStack(context: Context, name: string | undefined): string {
  if (name === undefined) {
    refuseInput({ file: "--for", path: "", message: "say which stack it is about, or name a --window" });
  }
  const { stacks, operators, gonogo } = findWindow(context, name, "--window");
  const { catalogue } = context;
  const own = stacks.filter((stack) => operators[stack] === undefined && catalogue.stackNames.includes(stack));
  const asked = gonogo.length > 0 ? gonogo : own;
  const able = asked.filter((stack) => asksForBlessing(catalogue.formality, catalogue.stack(stack)));
  const [only, ...others] = able;
  if (only !== undefined && others.length === 0) return only;
  const message =
    only === undefined ? `${name} has no stack that asks for a blessing` : `say which of ${able.join(", ")}`;
  refuseInput({ file: "--for", path: "", message });
}
