import type { Authority } from "./authority.ts";
import type { Files } from "./files.ts";
import type { Item, Judgement } from "./judgement/item.ts";
import type { Ballot } from "./judgement/votes.ts";
import { ofKind, type Records, readRecords, type SignedRecord } from "./records.ts";
import type { KeyRing } from "./signing/key-ring.ts";

/** Where the go/no-gos stand, one folder a stack: each is about several releases at once. */
export const GONOGO = "catalog/gonogo";

/** The folder of the go/no-gos of a stack. */
export function gonogoFolder(stack: string): string {
  return `${GONOGO}/${stack}`;
}

/** One go/no-go: open until there is a decision. */
export interface Meeting {
  readonly opening: SignedRecord<"opening">;
  readonly decision?: SignedRecord<"decision">;
}

/** The go/no-gos of a stack, oldest first, and the files among them that prove nothing. */
export interface Meetings {
  readonly meetings: readonly Meeting[];
  readonly unusable: Records["unusable"];
}

/**
 * Reads the go/no-gos of a stack up to an instant. Only what somebody signed counts who may attest for each of its modules;
 * of two decisions on one opening, the first.
 */
export function readMeetings(files: Files, stack: string, ring: KeyRing, authority: Authority, now: Date): Meetings {
  const { records, unusable } = readRecords(files, gonogoFolder(stack), ring, { now });
  const counts = ({ predicate, person }: SignedRecord<"opening"> | SignedRecord<"decision">) =>
    predicate.stack === stack &&
    Date.parse(predicate.at) <= now.getTime() &&
    mayConvene(authority, person, Object.keys(predicate.releases), new Date(predicate.at));
  const decisions = ofKind(records, "decision").filter(counts).sort(byInstant);
  const meetings = ofKind(records, "opening")
    .filter(counts)
    .sort(byInstant)
    .map((opening): Meeting => {
      const decision = decisions.find(({ predicate }) => predicate.opening === opening.digest);
      return { opening, ...(decision === undefined ? {} : { decision }) };
    });
  return { meetings, unusable };
}

/** Whether a person may open a go/no-go and write down what it came to: whoever may attest for all that it is about. */
export function mayConvene(authority: Authority, person: string, modules: readonly string[], at: Date): boolean {
  return modules.every((module) => authority.may(person, "attest", module, at));
}

function byInstant(a: { predicate: { at: string } }, b: { predicate: { at: string } }): number {
  return Date.parse(a.predicate.at) - Date.parse(b.predicate.at);
}

/** How one release of a go/no-go stands. */
export interface Stand {
  /** `<module> <version>` */
  readonly name: string;
  /** Whether it has all that the stack asks for, or is blessed for it already. */
  readonly passed: boolean;
  readonly judgement: Judgement;
  readonly ballots: readonly Ballot[];
}

/** People who can give a voice that is missing in a role, and for which releases. */
export interface Awaited {
  readonly role: string;
  readonly people: readonly string[];
  readonly releases: readonly string[];
}

/** `open`: nothing is against it, and something is missing still. When time is up, that is a NO-GO. */
export type Verdict = "GO" | "NO-GO" | "open";

/** GO where every release has all that the stack asks for, which is when it can be blessed; NO-GO where one is refused. */
export function verdictOf(stands: readonly Stand[]): Verdict {
  const refused = ({ passed, judgement }: Stand) => !passed && judgement.items.some(({ state }) => state === "refused");
  if (stands.some(refused)) return "NO-GO";
  return stands.every(({ passed }) => passed) ? "GO" : "open";
}

/** What is in the way of each release: refusals first. */
export function againstOf(stands: readonly Stand[]): string[] {
  return stands.flatMap(({ name, judgement: { items } }) => {
    const of = (state: Item["state"]) => items.filter((item) => item.state === state);
    return [...of("refused"), ...of("missing")].map(({ text }) => `${name}: ${text}`);
  });
}

/** Whose voices are missing, by role: those who hold it and have not said GO in it. */
export function awaited(stands: readonly Stand[]): Awaited[] {
  const found = stands.flatMap(({ name, judgement, ballots }) =>
    judgement.items
      .filter(({ state }) => state === "missing")
      .flatMap(({ id, who = [] }) => {
        const role = roleOf(id);
        if (role === undefined) return [];
        const said = ballots.filter(({ predicate }) => predicate.role === role && predicate.verdict === "GO");
        return [{ role, name, people: who.filter((person) => !said.some((ballot) => ballot.person === person)) }];
      }),
  );
  return [...Map.groupBy(found, ({ role, people }) => `${role} ${people.join(" ")}`).values()].map((group) => ({
    role: group[0]?.role ?? "",
    people: group[0]?.people ?? [],
    releases: group.map(({ name }) => name),
  }));
}

/** The role whose voice a requirement is about: of `vote:<role>`, or of `stage:<number>:<role>`. */
function roleOf(id: string): string | undefined {
  return /^(?:vote|stage:\d+):(.+)$/.exec(id)?.[1];
}

/** Every vote that was counted, once each, though it may be for several of the releases. */
export function countedVotes(stands: readonly Stand[]): { readonly ballot: Ballot; readonly releases: string[] }[] {
  const all = stands.flatMap(({ name, ballots }) => ballots.map((ballot) => ({ ballot, name })));
  return [...Map.groupBy(all, ({ ballot }) => ballot.digest).values()].flatMap((group) => {
    const [first] = group;
    return first === undefined ? [] : [{ ballot: first.ballot, releases: group.map(({ name }) => name) }];
  });
}
