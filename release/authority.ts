import type { PeopleFile, Power } from "./schema/people.ts";

/** Who may speak as what, and when. */
export class Authority {
  readonly #trust: PeopleFile;

  constructor(trust: PeopleFile) {
    this.#trust = trust;
  }

  /** The people as trust lists them. */
  get people(): PeopleFile["people"] {
    return this.#trust.people;
  }

  /** Names of all roles. */
  get roles(): readonly string[] {
    return Object.keys(this.#trust.roles);
  }

  /** Whether a NOGO of this role outranks any count. */
  hasVeto(role: string): boolean {
    return this.#trust.roles[role]?.veto ?? false;
  }

  /**
   * Whether a person acts in a role for a module at an instant: as a member, or as the designate of one.
   * @param module undefined where it is enough to act in it for any module
   */
  holds(person: string, role: string, module: string | undefined, at: Date): boolean {
    if (this.#isMember(person, role, module, at)) return true;
    return this.#trust.delegations.some(
      (delegation) =>
        delegation.role === role &&
        delegation.to === person &&
        within(at, delegation.since, delegation.until) &&
        this.#isMember(delegation.from, role, module, at),
    );
  }

  /** Whether a person holds, for a module, any role that has a power. */
  may(person: string, power: Power, module: string, at: Date): boolean {
    return Object.entries(this.#trust.roles).some(
      ([role, { may }]) => may.includes(power) && this.holds(person, role, module, at),
    );
  }

  /** Everybody who acts in a role for a module, sorted: for messages. */
  holders(role: string, module: string | undefined, at: Date): string[] {
    return Object.keys(this.#trust.people)
      .filter((person) => this.holds(person, role, module, at))
      .sort();
  }

  #isMember(person: string, role: string, module: string | undefined, at: Date): boolean {
    return (this.#trust.roles[role]?.members ?? []).some(
      (member) =>
        member.person === person &&
        (module === undefined || member.modules === undefined || member.modules.includes(module)) &&
        within(at, member.from, member.until),
    );
  }
}

/** From an instant on (inclusive) until another (exclusive), either of which may be open. */
function within(at: Date, from: string | undefined, until: string | undefined): boolean {
  return (
    (from === undefined || at.getTime() >= Date.parse(from)) &&
    (until === undefined || at.getTime() < Date.parse(until))
  );
}
