/**
 * The files that a rule judges, as an argument: a working tree, another checkout, or a commit of a git repository.
 * Paths are relative to the root of the checkout, with forward slashes, and never leave it.
 */
export interface Files {
  /** The bytes of a file, or undefined where there is none. */
  read(path: string): Uint8Array | undefined;
  /** Names of the entries directly below a directory, sorted; empty where there is no such directory. */
  list(directory: string): readonly string[];
}

/** Files held in memory: for tests, and for judging what has not been written yet. Later layers win. */
export function overlay(base: Files, changes: ReadonlyMap<string, Uint8Array>): Files {
  return {
    read: (path) => changes.get(path) ?? base.read(path),
    list: (directory) => {
      const prefix = `${directory}/`;
      const added = [...changes.keys()]
        .filter((path) => path.startsWith(prefix))
        .map((path) => path.slice(prefix.length).split("/")[0] ?? "");
      return [...new Set([...base.list(directory), ...added])].sort();
    },
  };
}

/** Files from a plain record of texts. */
export function memoryFiles(texts: Readonly<Record<string, string>>): Files {
  const encoder = new TextEncoder();
  const bytes = new Map(Object.entries(texts).map(([path, text]) => [path, encoder.encode(text)]));
  return overlay({ read: () => undefined, list: () => [] }, bytes);
}
