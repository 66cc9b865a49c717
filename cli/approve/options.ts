import type { Command } from "commander";
import { missingDate } from "../../release/calendar/local.ts";
import { refuseInput } from "../../release/errors.ts";
import { Instant } from "../../release/schema/common.ts";
import type { AgainstOptions } from "../../store/checkout.ts";
import type { Context } from "../context.ts";

/** Options of every verb that judges. */
export interface JudgingOptions extends AgainstOptions {
  readonly at?: string;
}

/** Adds `--against` and `--trust` to a verb. */
export function withAgainstOptions(command: Command): Command {
  return command
    .option("--against <git ref>", "trust and records of this protected branch count, whatever the checkout says")
    .option("--trust <directory>", "take catalog/trust from another checkout");
}

/** Adds the options of {@link JudgingOptions} to a verb. */
export function withJudgingOptions(command: Command): Command {
  return withAgainstOptions(command).option("--at <instant>", "judge for this instant, RFC 3339 (default: now)");
}

/** The instant to judge at: the one asked for, else the reference platform's own, else now. @throws InputError */
export function judgingInstant({ catalogue }: Pick<Context, "catalogue">, at?: string, now = new Date()): Date {
  return at === undefined ? (catalogue.judgedAt ?? now) : readInstant("--at", at);
}

/** An instant that somebody typed; `expected` says what else it could have been. @throws InputError */
export function readInstant(flag: string, text: string, expected = "an instant"): Date {
  if (!Instant.safeParse(text).success) {
    const message =
      missingDate(text) ?? `must be ${expected} with its offset, as RFC 3339 writes it, such as 2026-07-24T15:00:00Z`;
    refuseInput({ file: flag, path: "", message, value: text });
  }
  return new Date(text);
}

/** The end of something that begins now: an instant, or `14d` for so many days. @throws InputError where it has passed */
export function readExpiry(flag: string, text: string, now: Date): Date {
  const [, count, unit] = /^(\d{1,4})([dh])$/.exec(text) ?? [];
  const span = Number(count) * (unit === "d" ? 86_400_000 : 3_600_000);
  const end =
    count === undefined ? readInstant(flag, text, "a span such as 14d, or an instant") : new Date(now.getTime() + span);
  if (end.getTime() <= now.getTime()) {
    refuseInput({ file: flag, path: "", message: "must be later than now", value: text });
  }
  return end;
}

/** That a text is the URL of a server; it is not repeated, since it may have a password in it. @throws InputError */
export function checkServerUrl(flag: string, url: string): void {
  if (["http:", "https:"].includes(URL.parse(url)?.protocol ?? "")) return;
  refuseInput({ file: flag, path: "", message: "must be the URL of a server, such as http://prometheus.example:9090" });
}

/** A reason is what others read later: it must say something. @throws InputError */
export function readReason(text: string): string {
  const reason = text.trim();
  if (reason === "" || reason === "…") {
    refuseInput({ file: "--reason", path: "", message: "must say why, in a few words", value: text });
  }
  return reason;
}
