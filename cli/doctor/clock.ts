import { type Found, ok, problem, skipped, warning } from "./report.ts";

/** Seconds that a clock may be off; signatures and logins are refused far beyond it. */
const TOLERATED = 60;
const REFUSED = 300;
const TIMEOUT_MS = 5_000;

/**
 * Compares the clock with that of a server: the one that the repository came from, which is asked for its front page.
 * @param remote URL of the repository's origin, if it has one
 */
export async function checkClock(remote: string | undefined, now: () => number = Date.now): Promise<Found> {
  const url = originOf(remote);
  if (url === undefined) return skipped("the repository's origin is no web server that could be asked for the time");
  let date: string | null;
  const before = now();
  try {
    const answer = await fetch(url, { method: "HEAD", redirect: "manual", signal: AbortSignal.timeout(TIMEOUT_MS) });
    date = answer.headers.get("date");
  } catch {
    return skipped(`${url} cannot be reached, so there is nothing to compare with`);
  }
  if (date === null || Number.isNaN(Date.parse(date))) return skipped(`${url} does not say what time it is`);
  // A Date header has whole seconds.
  const middle = (before + now()) / 2;
  const off = Math.abs(Math.round((middle - Date.parse(date)) / 1000));
  const message = `${off} s from the clock of ${url}`;
  const next = "set the clock: let it be kept by NTP";
  if (off >= REFUSED) return problem(`${message}: votes and keys would count too early or too late`, next);
  return off >= TOLERATED ? warning(message, next) : ok(message);
}

function originOf(remote: string | undefined): string | undefined {
  try {
    const { protocol, origin } = new URL(remote ?? "");
    return protocol === "https:" || protocol === "http:" ? origin : undefined;
  } catch {
    return undefined;
  }
}
