import { z } from "zod";
import type { Action } from "../../release/actions.ts";
import { Instant, Name } from "../../release/schema/common.ts";
import type { Style } from "../render/style.ts";
import { plain } from "../render/text.ts";

/** What `actions list --json` prints (`schemas/actions.json`). */
export const ActionsReport = z
  .strictObject({
    at: Instant,
    actions: z.array(
      z.strictObject({
        id: z.string(),
        kind: z.enum(["action", "review"]),
        what: z.string(),
        owner: Name,
        since: Instant,
        due: Instant.optional(),
        overdue: z.boolean(),
        done: z.strictObject({ person: z.string(), at: Instant, note: z.string() }).optional(),
      }),
    ),
  })
  .meta({ title: "Imprimatur actions" });
export type ActionsReport = z.infer<typeof ActionsReport>;

/** Puts what is owed into plain data. */
export function actionsReport(actions: readonly Action[], now: Date): ActionsReport {
  return {
    at: now.toISOString(),
    actions: actions.map((action) => ({ ...action, overdue: isOverdue(action, now) })),
  };
}

function isOverdue({ done, due }: Action, now: Date): boolean {
  return done === undefined && due !== undefined && Date.parse(due) < now.getTime();
}

/** Two lines for each. */
export function actionLines({ actions }: ActionsReport, style: Style): string[] {
  return actions.flatMap(({ id, kind, what, owner, due, overdue, done }) => {
    const until = due === undefined ? "" : ` by ${due.slice(0, 10)}`;
    const state = done === undefined ? `${owner}${until}` : `done by ${done.person}: ${plain(done.note)}`;
    return [`${id}  ${kind}  ${overdue ? style.bad(`${state}, overdue`) : state}`, `  ${plain(what)}`];
  });
}
