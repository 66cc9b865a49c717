import { InputError, type Problem } from "../release/errors.ts";

/**
 * Maps every item and gathers the problems of all of them into one error, each problem once.
 * So a user sees all that is wrong at the first try, and a broken file that three stacks read is named once.
 * @throws InputError if any item had a problem
 */
export function collectProblems<A, B>(items: readonly A[], map: (item: A) => B): readonly B[] {
  const problems = new Map<string, Problem>();
  const results = items.flatMap((item) => {
    try {
      return [map(item)];
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      for (const problem of error.problems) problems.set(JSON.stringify(problem), problem);
      return [];
    }
  });
  if (problems.size > 0) throw new InputError([...problems.values()]);
  return results;
}
