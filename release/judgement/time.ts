import { soakHours } from "../ledger.ts";
import { ofKind } from "../records.ts";
import { type Dossier, releaseWords } from "./dossier.ts";
import type { Item } from "./item.ts";

/** How the time that a release has to run elsewhere first, and the notice ahead of it, stand. */
export function judgeTime(dossier: Dossier): Item[] {
  return [
    ...dossier.asked.soaks.map((soak) => judgeSoak(soak, dossier)),
    ...dossier.asked.notices.map((notice) => judgeNotice(notice, dossier)),
  ];
}

function judgeSoak({ stack, hours }: Dossier["asked"]["soaks"][number], dossier: Dossier): Item {
  const { ledgers, module, release, now } = dossier;
  const id = `soak:${stack}`;
  const ledger = ledgers.get(stack);
  if (ledger?.broken !== undefined) {
    return {
      id,
      state: "refused",
      text: `${stack}'s ledger is broken: ${ledger.broken.path} ${ledger.broken.message}`,
      records: [],
    };
  }
  const ran = soakHours(ledger, module.name, release.manifestDigest, now);
  const text = `${duration(ran)} of ${duration(hours)} in ${stack}`;
  if (ran >= hours) return { id, state: "met", text, records: [] };
  const next = ran > 0 ? {} : { command: `npx imprimatur promote ${releaseWords(dossier)} --to ${stack}` };
  return { id, state: "missing", text, ...next, records: [] };
}

function judgeNotice({ channel, hours, by }: Dossier["asked"]["notices"][number], dossier: Dossier): Item {
  const { records, authority, module, now, release, stack } = dossier;
  const id = `notice:${channel}`;
  const given = ofKind(records.records, "evidence").filter(
    ({ predicate, person, subjects }) =>
      predicate.type === "notice" &&
      predicate.in === stack.name &&
      predicate.result === "pass" &&
      predicate.summary.includes(channel) &&
      subjects.includes(release.manifestDigest) &&
      authority.holds(person, by, module.name, now),
  );
  const earliest = Math.min(...given.map(({ predicate }) => Date.parse(predicate.at)));
  const ago = (now.getTime() - earliest) / 3_600_000;
  if (ago >= hours) {
    return { id, state: "met", text: `announced in ${channel}`, records: given.map(({ digest }) => digest) };
  }
  const text =
    given.length > 0
      ? `announced in ${channel} ${duration(ago)} ago, ${duration(hours)} are asked for`
      : `not announced in ${channel}, ${duration(hours)} ahead`;
  const command = `npx imprimatur attest ${releaseWords(dossier)} --type notice --in ${stack.name} --summary "${channel}: …"`;
  return { id, state: "missing", text, who: [by], command, records: [] };
}

/** Whole days from two days on, else hours. Rounded down, so that what is not reached never looks reached. */
function duration(hours: number): string {
  const whole = Math.floor(Math.max(0, hours));
  return whole >= 48 ? `${Math.floor(whole / 24)} d` : `${whole} h`;
}
