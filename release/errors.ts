import { distance } from "fastest-levenshtein";

/** One thing that is wrong with what a user gave us. */
export interface Problem {
  /** Where it stands: a file below the root of the checkout, or a command-line flag such as `--set`. */
  readonly file: string;
  /** The place in the file: a key path such as `config.imprimatur:modules.skaha[0]`. Empty for the file as a whole. */
  readonly path: string;
  /** What is wrong and, where it helps, what to write instead. */
  readonly message: string;
  /** 1-based line in the file, where it is known. */
  readonly line?: number;
  /** The offending value as it was written. Never a secret. */
  readonly value?: string;
  /** The valid value that comes nearest to the one given. */
  readonly nearest?: string;
  /** Every valid value, where none comes near and they are few. */
  readonly choices?: readonly string[];
}

/** Bad input: the command stops with exit code 2 and has written nothing. */
export class InputError extends Error {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super(problems.map(describeProblem).join("\n"));
    this.name = "InputError";
    this.problems = problems;
  }
}

/** Throws an {@link InputError} with a single problem. */
export function refuseInput(problem: Problem): never {
  throw new InputError([problem]);
}

/** `file:line path: message (got "value"; did you mean "nearest"?)`, in one line; or `…; choose from "this", "that")`. */
export function describeProblem(problem: Problem): string {
  const where = [problem.line === undefined ? problem.file : `${problem.file}:${problem.line}`, problem.path];
  const hints = [
    problem.value === undefined ? "" : `got ${JSON.stringify(problem.value)}`,
    problem.nearest === undefined ? "" : `did you mean ${JSON.stringify(problem.nearest)}?`,
    choicesText(problem),
  ].filter((hint) => hint !== "");
  const tail = hints.length > 0 ? ` (${hints.join("; ")})` : "";
  return `${where.filter((part) => part !== "").join(" ")}: ${problem.message}${tail}`;
}

function choicesText({ message, choices = [] }: Problem): string {
  // Many a message lists them itself.
  if (choices.length === 0 || choices.every((choice) => message.includes(choice))) return "";
  return `choose from ${choices.map((choice) => JSON.stringify(choice)).join(", ")}`;
}

/**
 * The candidate with the smallest edit distance to `value`, or undefined where none comes near: two letters may
 * differ, or half of the longer one. Ties go to the first in alphabetical order, so that a message never depends on the order of a
 * directory.
 */
export function nearest(value: string, candidates: Iterable<string>): string | undefined {
  const ranked = [...candidates].sort().map((candidate) => ({ candidate, gap: distance(value, candidate) }));
  return ranked
    .filter(({ candidate, gap }) => gap <= Math.max(2, Math.max(value.length, candidate.length) / 2))
    .sort((a, b) => a.gap - b.gap)[0]?.candidate;
}

/** More than these are no help. */
const FEW = 8;

/** What to spread into a {@link Problem}: the nearest candidate, or all where none comes near and they are few. */
export function nearestHint(value: string, candidates: Iterable<string>): Pick<Problem, "nearest" | "choices"> {
  const choices = [...new Set(candidates)];
  const found = nearest(value, choices);
  if (found !== undefined) return { nearest: found };
  return choices.length > 0 && choices.length <= FEW ? { choices } : {};
}

/** Maps every item, gathering the problems of all of them into one error. @throws InputError */
export function collect<A, B>(items: readonly A[], map: (item: A) => B): B[] {
  const problems: Problem[] = [];
  const results = items.flatMap((item) => {
    try {
      return [map(item)];
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      problems.push(...error.problems);
      return [];
    }
  });
  if (problems.length > 0) throw new InputError(problems);
  return results;
}
