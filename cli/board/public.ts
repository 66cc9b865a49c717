import type { RequirementReport } from "../approve/requirements.ts";
import type { ModuleStatus } from "../status/report.ts";
import type { BoardModel, LedgerView } from "./model.ts";

type Standing = ModuleStatus["standing"];

/**
 * A board for everybody: who decided and why stays inside. What is left is listed here field by field, so that something
 * new in the model is not shown before somebody says so.
 */
export function publicBoard({ title, report, modules, ledgers, calendar }: BoardModel): BoardModel {
  return {
    title,
    isPublic: true,
    report: {
      at: report.at,
      differences: [],
      stops: report.stops.map(() => ""),
      owed: [],
      waits: report.waits.map(({ role, items }) => ({
        ...(role === undefined ? {} : { role }),
        people: [],
        items: items.map(({ module, version, stack, id }) => ({ module, version, stack, id, text: wordsOf(id) })),
      })),
      stacks: report.stacks.map(({ stack, class: kind, asksForBlessing, ledger, modules: statuses, windows }) => ({
        stack,
        class: kind,
        asksForBlessing,
        ledger: { entries: ledger.entries, ...(ledger.broken ? { broken: { path: "", message: "" } } : {}) },
        modules: statuses.map(publicStatus),
        windows: { ...windows, freezes: windows.freezes.map((freeze) => ({ ...freeze, reason: "" })) },
      })),
    },
    modules: modules.map(({ name, description, purpose, maturity, releases }) => ({
      name,
      description,
      purpose,
      maturity,
      owners: [],
      releases: releases.map((release) => ({
        ...release,
        places: release.places.map(({ stack, kind, state, since, standing, votes }) => ({
          stack,
          kind,
          state,
          ...(since === undefined ? {} : { since }),
          standing: publicStanding(standing),
          votes: votes.map(({ verdict, role, at }) => ({ verdict, role, at })),
        })),
      })),
    })),
    ledgers: ledgers.map(({ stack, total, entries }) => ({ stack, total, entries: entries.map(publicEntry) })),
    // The description of a freeze is its reason.
    calendar: calendar.map((date) => (date.kind === "freeze" ? { ...date, description: "" } : date)),
  };
}

function publicStatus(status: ModuleStatus): ModuleStatus {
  const { module, purpose, state, pinned, previous, runs, standing, candidate, canary, flags, confidence } = status;
  return {
    module,
    purpose,
    state,
    pinned,
    ...(previous === undefined ? {} : { previous }),
    ...(runs === undefined ? {} : { runs }),
    standing: publicStanding(standing),
    ...(candidate === undefined ? {} : { candidate: publicCandidate(candidate) }),
    ...(canary === undefined ? {} : { canary }),
    flags: flags.map((flag) => ({ ...flag, stale: [] })),
    ...(confidence === undefined ? {} : { confidence }),
  };
}

function publicCandidate(candidate: NonNullable<ModuleStatus["candidate"]>): ModuleStatus["candidate"] {
  const { version, manifestDigest, channel, from } = candidate;
  return { version, manifestDigest, channel, from, ...publicStanding(candidate) };
}

function publicStanding({ allowed, blessed, passed, requirements }: Standing): Standing {
  return { allowed, blessed, passed, requirements: requirements.map(publicRequirement) };
}

/** The text of a requirement names people, and quotes what they said. */
function publicRequirement({ id, state, who }: RequirementReport): RequirementReport {
  const roles = who.flatMap(({ role }) => (role === undefined ? [] : [{ role, people: [] }]));
  const veto = /^veto:([^:]+):/.exec(id)?.[1];
  return { id: veto === undefined ? id : `veto:${veto}`, state, text: wordsOf(id), who: roles };
}

function publicEntry(entry: LedgerView["entries"][number]): LedgerView["entries"][number] {
  const {
    stack,
    seq,
    previous,
    action,
    changes,
    canary,
    canaries,
    flags,
    outcome,
    planDigest,
    window,
    at,
    durationSeconds,
  } = entry;
  const steps = { ...(canary === undefined ? {} : { canary }), ...(window === undefined ? {} : { window }) };
  const approvers = entry.approvers.map(({ role }) => ({ role }));
  const kept = { stack, seq, previous, action, changes, canaries, flags, outcome, planDigest, at, durationSeconds };
  return { ...kept, ...steps, approvers, waivers: [] };
}

/** `load-test in staging` of `evidence:load-test@staging`: what is asked for, from a requirement's name alone. */
function wordsOf(id: string): string {
  const [kind = "", name = "", last = ""] = id.split(":");
  if (kind === "evidence") return name.replace("@", " in ");
  if (kind === "vote") return `vote of ${name}`;
  if (kind === "stage") return `stage ${name}, ${last}`;
  if (kind === "veto") return `veto of ${name}`;
  if (kind === "unusable") return "a record that cannot be read";
  return kind.replaceAll("-", " ") + (name === "" ? "" : ` ${name}`);
}
