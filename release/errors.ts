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

/** `file:line path: message (got "value"; did you mean "nearest"?)`, in one line. */
export function describeProblem(problem: Problem): string {
  const where = [problem.line === undefined ? problem.file : `${problem.file}:${problem.line}`, problem.path];
  const hints = [
    problem.value === undefined ? "" : `got ${JSON.stringify(problem.value)}`,
    problem.nearest === undefined ? "" : `did you mean ${JSON.stringify(problem.nearest)}?`,
  ].filter((hint) => hint !== "");
  const tail = hints.length > 0 ? ` (${hints.join("; ")})` : "";
  return `${where.filter((part) => part !== "").join(" ")}: ${problem.message}${tail}`;
}

/**
 * The candidate with the smallest edit distance to `value`, or undefined where there is none.
 * Ties go to the first in alphabetical order, so that a message never depends on the order of a directory.
 */
export function nearest(value: string, candidates: Iterable<string>): string | undefined {
  const ranked = [...candidates].sort().map((candidate) => ({ candidate, gap: distance(value, candidate) }));
  return ranked.sort((a, b) => a.gap - b.gap)[0]?.candidate;
}

/** `{ nearest }` to spread into a {@link Problem}; empty where nothing comes near. */
export function nearestHint(value: string, candidates: Iterable<string>): { nearest?: string } {
  const found = nearest(value, candidates);
  return found === undefined ? {} : { nearest: found };
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
