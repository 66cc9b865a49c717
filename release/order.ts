/**
 * Puts names so that each stands behind all that it needs; ties are alphabetical, so the order is always the same.
 * @returns waves: everything in a wave needs only what stands in earlier ones
 * @throws CycleError naming one cycle
 */
export function waves(needs: ReadonlyMap<string, readonly string[]>): readonly (readonly string[])[] {
  const result: string[][] = [];
  const placed = new Set<string>();
  while (placed.size < needs.size) {
    const ready = [...needs.keys()]
      .filter((name) => !placed.has(name) && (needs.get(name) ?? []).every((need) => placed.has(need)))
      .sort();
    if (ready.length === 0) throw new CycleError(findCycle(needs, placed));
    for (const name of ready) placed.add(name);
    result.push(ready);
  }
  return result;
}

/** Things that need each other. `cycle` begins and ends with the same name. */
export class CycleError extends Error {
  readonly cycle: readonly string[];

  constructor(cycle: readonly string[]) {
    super(`${cycle.join(" -> ")} go round in a circle`);
    this.name = "CycleError";
    this.cycle = cycle;
  }
}

function findCycle(needs: ReadonlyMap<string, readonly string[]>, placed: ReadonlySet<string>): string[] {
  const open = [...needs.keys()].filter((name) => !placed.has(name)).sort();
  const path: string[] = [];
  let at = open[0];
  while (at !== undefined && !path.includes(at)) {
    path.push(at);
    // Nothing of what is left is ready, so each name still has a need that is not placed.
    at = (needs.get(at) ?? []).filter((need) => !placed.has(need)).sort()[0];
  }
  return at === undefined ? path : [...path.slice(path.indexOf(at)), at];
}
