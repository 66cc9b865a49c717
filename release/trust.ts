import { gatedStackName, gateStackName } from "./admission/names.ts";
import { Authority } from "./authority.ts";
import { checkCalendar } from "./calendar/check.ts";
import { nearestHint, refuseInput } from "./errors.ts";
import type { Files } from "./files.ts";
import { sha256 } from "./json.ts";
import { moduleNames } from "./modules.ts";
import { parseFile } from "./parse.ts";
import { CalendarFile } from "./schema/calendar.ts";
import { ChatFile } from "./schema/chat.ts";
import { FormalityFile } from "./schema/formality.ts";
import { PeopleFile } from "./schema/people.ts";
import { SlosFile } from "./schema/slos.ts";
import { ChannelsFile, StacksFile, type TrustedStack } from "./schema/trust.ts";
import { type KeyRing, keyRing } from "./signing/key-ring.ts";

const TRUST = "catalog/trust";

/** Where the trust files stand. */
export const STACKS_FILE = `${TRUST}/stacks.yaml`;
const CHANNELS_FILE = `${TRUST}/channels.yaml`;
const PEOPLE_FILE = `${TRUST}/people.yaml`;
/** The file whose digest a blessing names as its policy. */
const FORMALITY_FILE = `${TRUST}/formality.yaml`;
/** When changes are made, and when they are not. */
const CALENDAR_FILE = `${TRUST}/calendar.yaml`;
/** Where the platform is talked about. */
const CHAT_FILE = `${TRUST}/chat.yaml`;
/** What each module promises. */
const SLOS_FILE = `${TRUST}/slos.yaml`;
const TRUSTED_ROOT_FILE = `${TRUST}/trusted_root.json`;

/**
 * What decides: stacks, people, formality and the like, read from files when first asked for, and each file once.
 * Every member throws InputError where a file that it needs is malformed.
 */
export class Trust {
  readonly #trust: Files;
  readonly #catalogue: Files;
  #stacks: StacksFile | undefined;
  #channels: ChannelsFile | undefined;
  #authority: Authority | undefined;
  #formality: FormalityFile | undefined;
  #calendar: CalendarFile | undefined;
  #ring: KeyRing | undefined;

  /** `catalogue` may have modules that the checkout which trust comes from does not have yet, or no longer. */
  constructor(trust: Files, catalogue: Files = trust) {
    this.#trust = trust;
    this.#catalogue = catalogue;
  }

  /** Names of the stacks that trust knows, in the order that the file has: from the least formal on. */
  get stackNames(): readonly string[] {
    return Object.keys(this.#readStacks().stacks);
  }

  /** Names of the stacks that apply the admission gates of others, in the same order. */
  get gateNames(): readonly string[] {
    const { stacks } = this.#readStacks();
    return this.stackNames.filter((name) => stacks[name]?.gate !== undefined).map(gateStackName);
  }

  /**
   * What trust says of a stack. That of an admission gate is of the class and in the cluster of the stack that it gates.
   * @throws InputError that names the nearest stack
   */
  stack(name: string): TrustedStack {
    const { stacks } = this.#readStacks();
    const gates = gatedStackName(name);
    const gated = gates === undefined ? undefined : stacks[gates];
    if (gates !== undefined && gated?.gate !== undefined) {
      // What it has runs no module, so it mirrors nothing.
      const { mirrors: _, gate: __, ...rest } = gated;
      return { ...rest, name, gates };
    }
    const found = stacks[name];
    if (found === undefined) {
      refuseInput({
        file: STACKS_FILE,
        path: "stacks",
        message: "there is no such stack",
        value: name,
        ...nearestHint(name, [...Object.keys(stacks), ...this.gateNames]),
      });
    }
    return { ...found, name };
  }

  /** What the names of everything that is made on AWS begin with, where trust says it. */
  get naming(): Pick<StacksFile, "organization" | "platform"> {
    return this.#readStacks();
  }

  /** Which class admits which channel. */
  get channels(): ChannelsFile {
    this.#channels ??= parseFile(this.#trust, CHANNELS_FILE, ChannelsFile);
    return this.#channels;
  }

  /** Who may speak as what. */
  get authority(): Authority {
    this.#authority ??= new Authority(parseFile(this.#trust, PEOPLE_FILE, PeopleFile));
    return this.#authority;
  }

  /** What a change must pass. */
  get formality(): FormalityFile {
    this.#formality ??= parseFile(this.#trust, FORMALITY_FILE, FormalityFile);
    return this.#formality;
  }

  /** Windows and freezes; none of either where trust has no calendar. */
  get calendar(): CalendarFile {
    this.#calendar ??= this.#readCalendar();
    return this.#calendar;
  }

  /** Where the platform is talked about; undefined where trust names no place. */
  get chat(): ChatFile | undefined {
    return this.#trust.read(CHAT_FILE) === undefined ? undefined : parseFile(this.#trust, CHAT_FILE, ChatFile);
  }

  #readCalendar(): CalendarFile {
    if (this.#trust.read(CALENDAR_FILE) === undefined) return CalendarFile.parse({});
    const calendar = parseFile(this.#trust, CALENDAR_FILE, CalendarFile);
    const { authority, stackNames: stacks } = this;
    const modules = [...new Set([this.#trust, this.#catalogue].flatMap(moduleNames))];
    checkCalendar(calendar, { authority, stacks, modules }, CALENDAR_FILE);
    return calendar;
  }

  /** Service level objectives, by module; none where trust has no such file. */
  get slos(): SlosFile["slos"] {
    return this.#trust.read(SLOS_FILE) === undefined ? {} : parseFile(this.#trust, SLOS_FILE, SlosFile).slos;
  }

  /** SHA-256 of the formality file. */
  get formalityDigest(): string {
    return sha256(this.#trust.read(FORMALITY_FILE) ?? "");
  }

  /** Every key of everybody, and the trusted root for keyless ones where there is one. */
  get ring(): KeyRing {
    if (this.#ring === undefined) {
      const keys = Object.entries(this.authority.people).flatMap(([person, { keys }]) =>
        keys.map((key) => ({ person, key, file: PEOPLE_FILE })),
      );
      const root = this.#trust.read(TRUSTED_ROOT_FILE);
      this.#ring = keyRing(keys, root && { file: TRUSTED_ROOT_FILE, bytes: root });
    }
    return this.#ring;
  }

  /** The instant that a reference platform is judged at, where trust gives one. */
  get judgedAt(): Date | undefined {
    const { judgedAt } = this.#readStacks();
    return judgedAt === undefined ? undefined : new Date(judgedAt);
  }

  #readStacks(): StacksFile {
    this.#stacks ??= parseFile(this.#trust, STACKS_FILE, StacksFile);
    return this.#stacks;
  }
}
