import { z } from "zod";
import { type Expiry, expiries } from "../release/expiries.ts";
import { Instant } from "../release/schema/common.ts";
import type { Context } from "./context.ts";
import { collectProblems } from "./problems.ts";
import type { Style } from "./render/style.ts";
import { count, plain } from "./render/text.ts";
import { readStacks } from "./stacks.ts";

/** What has run out, and what soon will (`schemas/expiring.json`). */
export const ExpiringReport = z
  .strictObject({
    at: Instant,
    until: Instant.describe("How far it looks ahead"),
    expired: z.boolean().describe("Something has run out"),
    items: z.array(
      z.strictObject({
        kind: z.enum(["vote", "waiver", "flag", "key", "delegation"]),
        what: z.string(),
        file: z.string(),
        expires: Instant,
        state: z.enum(["expired", "soon"]),
        next: z.string(),
      }),
    ),
  })
  .meta({ title: "Imprimatur expiring" });
export type ExpiringReport = z.infer<typeof ExpiringReport>;

/**
 * Looks for what runs out within a time before or after an instant.
 * @param within milliseconds
 * @throws InputError where a stack file or trust is malformed
 */
export function findExpiring(context: Context, now: Date, within: number): ExpiringReport {
  const { catalogue, files } = context;
  const stacks = catalogue.stackNames.filter((name) => files.read(`Pulumi.${name}.yaml`) !== undefined);
  const platforms = collectProblems(stacks, (name) => readStacks(context, [name], [])).flat();
  const pinned = new Map(
    platforms.map(({ platform }) => [
      platform.stack.name,
      new Set([...platform.modules.values()].map(({ current }) => current.manifestDigest)),
    ]),
  );
  const found = expiries({ catalogue, files, pinned, now, within });
  const items = found.map((expiry) => toItem(expiry, now));
  return {
    at: now.toISOString(),
    until: new Date(now.getTime() + within).toISOString(),
    expired: items.some(({ state }) => state === "expired"),
    items,
  };
}

function toItem({ expires, ...rest }: Expiry, now: Date): ExpiringReport["items"][number] {
  const state = expires.getTime() <= now.getTime() ? "expired" : "soon";
  return { ...rest, expires: expires.toISOString(), state };
}

/** The report for a terminal. */
export function renderExpiring({ items, at, until }: ExpiringReport, style: Style): string {
  if (items.length === 0) return `${style.good("✔")} nothing runs out until ${until}\n`;
  const lines = items.flatMap(({ state, what, expires, file, next }) => [
    `${state === "expired" ? style.bad("✘") : style.warn("⚠")} ${plain(what)} ${state === "expired" ? "ran" : "runs"} out at ${expires}`,
    `    ${style.dim("where")} ${plain(file)}`,
    `    ${style.dim("next")}  ${plain(next)}`,
  ]);
  const expired = items.filter(({ state }) => state === "expired").length;
  lines.push(`${count(expired, "thing")} expired, ${items.length - expired} soon, as of ${at}`);
  return `${lines.join("\n")}\n`;
}
