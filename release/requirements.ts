import { compareChannels } from "./channels.ts";
import type { Condition, FormalityFile, Nature, Requirements } from "./schema/formality.ts";
import type { Release } from "./schema/manifest.ts";
import type { Module } from "./schema/module.ts";
import type { TrustedStack } from "./schema/trust.ts";

/** What formality is a function of. */
export interface Subject {
  readonly module: Module;
  readonly stack: TrustedStack;
  readonly release: Release;
  readonly nature: Nature;
  /** Whether the stack runs an earlier release of the module. */
  readonly follows: boolean;
}

/** All that is asked of one release for one stack, and by which rules. */
export interface Asked {
  readonly rules: readonly string[];
  readonly evidence: Requirements["evidence"];
  readonly votes: Requirements["votes"];
  readonly stages: Requirements["stages"];
  readonly soaks: readonly NonNullable<Requirements["soak"]>[];
  readonly notices: readonly NonNullable<Requirements["notice"]>[];
  readonly window: Requirements["window"];
  /** For how many days a vote counts. */
  readonly voteDays: number;
  /** The track that admits the change, or the one that does not. */
  readonly tracks: readonly { readonly name: string; readonly admits: readonly Nature[]; readonly admitted: boolean }[];
}

/** Whether a stack runs only what is blessed for it. */
export function asksForBlessing(formality: FormalityFile, stack: TrustedStack): boolean {
  return formality.blessed.includes(stack.class) || formality.blessedStacks.includes(stack.name);
}

/** Adds up what the rules ask; a settled practice for the service and stack takes their place. */
export function requirementsFor(formality: FormalityFile, subject: Subject): Asked {
  const { module, stack, nature } = subject;
  const concerns = (entry: { modules?: string[] | undefined; stacks: string[]; natures?: Nature[] | undefined }) =>
    (entry.modules?.includes(module.name) ?? true) &&
    entry.stacks.includes(stack.name) &&
    (entry.natures?.includes(nature) ?? true);
  const practice = formality.practice.filter(concerns);
  const rules =
    practice.length > 0 ? practice : formality.rules.filter(({ when }) => matches(when, formality, subject));
  const required = rules.map(({ require }) => require);
  // A track says what may follow what runs; a first installation follows nothing.
  const tracks = formality.tracks
    .filter((track) => subject.follows && concerns(track))
    .map(({ name, admits }) => ({ name, admits, admitted: admits.includes(nature) }));
  const claims = formality.channels
    .filter(({ channel }) => compareChannels(subject.release.manifest.channel, channel) >= 0)
    .flatMap(({ evidence }) => evidence);
  return {
    rules: rules.map(({ name }) => name),
    evidence: mergeEvidence(
      required
        .flatMap(({ evidence }) => evidence)
        .concat(claims)
        .flatMap(byOwner(module)),
    ),
    votes: mergeVotes(required.flatMap(({ votes }) => votes)),
    stages: required.flatMap(({ stages }) => stages),
    soaks: mergeBy(
      required.flatMap(({ soak }) => soak ?? []),
      ({ stack }) => stack,
      (a, b) => (a.hours >= b.hours ? a : b),
    ),
    notices: mergeBy(
      required.flatMap(({ notice }) => notice ?? []),
      ({ channel }) => channel,
      (a, b) => (a.hours >= b.hours ? a : b),
    ),
    window: WINDOWS[Math.max(0, ...required.map(({ window }) => WINDOWS.indexOf(window)))] ?? "none",
    voteDays: formality.voteDays,
    tracks,
  };
}

/** Where a sanity check is asked for, the word of its owner is, whoever else's too. */
function byOwner({ sanity }: Module) {
  return (asked: Requirements["evidence"][number]): Requirements["evidence"] =>
    asked.type !== "sanity-check" || sanity === undefined || asked.by === sanity.owner
      ? [asked]
      : [asked, { ...asked, by: sanity.owner }];
}

const WINDOWS = ["none", "if-disruption", "always"] as const;

function matches(when: Condition, formality: FormalityFile, { module, stack, release, nature }: Subject): boolean {
  const axes = formality.axes[module.name] ?? { userbase: "risk-averse" as const, impact: "high" as const };
  const has = <T>(list: readonly T[] | undefined, value: T) => list === undefined || list.includes(value);
  return (
    has(when.classes, stack.class) &&
    has(when.stacks, stack.name) &&
    has(when.purposes, module.purpose) &&
    has(when.modules, module.name) &&
    has(when.maturity, module.maturity) &&
    has(when.userbase, axes.userbase) &&
    has(when.impact, axes.impact) &&
    has(when.natures, nature) &&
    has(when.channels, release.manifest.channel) &&
    (when.frozen === undefined || when.frozen === module.frozen)
  );
}

/** One requirement per type, place and gate manager, with the narrower of two bounds. */
function mergeEvidence(list: Requirements["evidence"]): Requirements["evidence"] {
  return mergeBy(
    list,
    ({ type, in: place, by }) => `${type} ${place ?? ""} ${by}`,
    (a, b) => {
      const thresholds = { ...a.thresholds };
      for (const [metric, bound] of Object.entries(b.thresholds)) {
        const other = thresholds[metric] ?? {};
        const min = Math.max(bound.min ?? Number.NEGATIVE_INFINITY, other.min ?? Number.NEGATIVE_INFINITY);
        const max = Math.min(bound.max ?? Number.POSITIVE_INFINITY, other.max ?? Number.POSITIVE_INFINITY);
        thresholds[metric] = {
          ...(Number.isFinite(min) ? { min } : {}),
          ...(Number.isFinite(max) ? { max } : {}),
        };
      }
      return { ...a, thresholds };
    },
  );
}

function mergeVotes(list: Requirements["votes"]): Requirements["votes"] {
  return mergeBy(
    list,
    ({ role }) => role,
    (a, b) => (a.count >= b.count ? a : b),
  );
}

function mergeBy<T>(list: readonly T[], key: (item: T) => string, merge: (a: T, b: T) => T): T[] {
  const merged = new Map<string, T>();
  for (const item of list) {
    const before = merged.get(key(item));
    merged.set(key(item), before === undefined ? item : merge(before, item));
  }
  return [...merged.values()];
}
