import type { FreezeRecord, FrozenPackage, MANAGERS } from "./record.ts";

/** How a package differs from what was frozen. `rebuilt` has the same version, and other bytes. */
export const DRIFTS = ["added", "removed", "changed", "rebuilt"] as const;
export type DriftKind = (typeof DRIFTS)[number];

/** One difference between what was frozen and what was built. */
export interface Drift {
  readonly kind: DriftKind;
  /** The environment; undefined for the image as a whole. */
  readonly environment?: string;
  /** Who installs it; `image` for the base and the interpreter. */
  readonly manager: (typeof MANAGERS)[number] | "image";
  readonly name: string;
  readonly frozen?: string;
  readonly built?: string;
}

/** Every difference between what was frozen and what was built, in order of environment, manager and name. */
export function findDrift(frozen: FreezeRecord, built: FreezeRecord): Drift[] {
  const environments = [...new Set([...Object.keys(frozen.environments), ...Object.keys(built.environments)])].sort();
  const whole = { manager: "image" } as const;
  return [
    ...value({ ...whole, name: "base" }, frozen.base, built.base),
    ...value({ ...whole, name: "platform" }, frozen.platform, built.platform),
    ...packages({ manager: "deb" }, frozen.deb, built.deb),
    ...environments.flatMap((environment) => {
      const [before, after] = [frozen.environments[environment], built.environments[environment]];
      return [
        ...value({ ...whole, environment, name: "environment" }, before && environment, after && environment),
        ...value({ ...whole, environment, name: "interpreter" }, before?.interpreter, after?.interpreter),
        ...value({ ...whole, environment, name: "CAL_VERSION" }, before?.cal ?? undefined, after?.cal ?? undefined),
        ...(["conda", "pip", "npm"] as const).flatMap((manager) =>
          packages({ environment, manager }, before?.[manager] ?? [], after?.[manager] ?? []),
        ),
      ];
    }),
  ];
}

type Place = Pick<Drift, "environment" | "manager">;

function value(place: Place & { name: string }, frozen: string | undefined, built: string | undefined): Drift[] {
  if (frozen === built) return [];
  if (frozen === undefined) return [{ kind: "added", ...place, built: built as string }];
  if (built === undefined) return [{ kind: "removed", ...place, frozen }];
  return [{ kind: "changed", ...place, frozen, built }];
}

/** npm may have a package several times: then all its versions together are its version. */
function packages(place: Place, frozen: readonly FrozenPackage[], built: readonly FrozenPackage[]): Drift[] {
  const [before, after] = [byName(frozen), byName(built)];
  return [...new Set([...before.keys(), ...after.keys()])].sort().flatMap((name): Drift[] => {
    const [was, is] = [before.get(name), after.get(name)];
    const found = value({ ...place, name }, was && versions(was), is && versions(is));
    if (found.length > 0 || was === undefined || is === undefined || sameBytes(was, is)) return found;
    return [{ kind: "rebuilt", ...place, name, frozen: hashes(was), built: hashes(is) }];
  });
}

function byName(all: readonly FrozenPackage[]): Map<string, FrozenPackage[]> {
  return Map.groupBy(all, ({ name }) => name);
}

function versions(items: readonly FrozenPackage[]): string {
  return [...new Set(items.map(({ version }) => version))].sort().join(", ");
}

function hashes(items: readonly FrozenPackage[]): string {
  return [...new Set(items.flatMap((item) => item.hashes))].sort().join(", ");
}

/** A package may be frozen with the hashes of several files, of which one is built: any in common is the same. */
function sameBytes(was: readonly FrozenPackage[], is: readonly FrozenPackage[]): boolean {
  return was.every(({ version, hashes: before }) => {
    const after = is.filter((item) => item.version === version).flatMap((item) => item.hashes);
    const algorithms = new Set(before.map((hash) => hash.split(":")[0]));
    const comparable = after.filter((hash) => algorithms.has(hash.split(":")[0]));
    return comparable.length === 0 || comparable.some((hash) => before.includes(hash));
  });
}

/** One line for people. */
export function driftText({ kind, environment, manager, name, frozen, built }: Drift): string {
  const where = environment === undefined ? manager : `${environment} ${manager}`;
  const what = { added: `+ ${built}`, removed: `- ${frozen}`, changed: `${frozen} → ${built}`, rebuilt: "other bytes" };
  return `${kind.padEnd(8)} ${where}  ${name}  ${what[kind]}`;
}
