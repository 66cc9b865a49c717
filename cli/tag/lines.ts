import type { Catalogue } from "../../release/catalogue.ts";
import { readLedger, runningIn } from "../../release/ledger.ts";
import type { Module } from "../../release/schema/module.ts";
import { isOfLine, releaseRefs } from "../../release/sourceRefs.ts";
import type { Context } from "../context.ts";

/** A line for each of a module's active lines of versions: its branch, its newest release and where that line runs. */
export function activeLines({ catalogue, files }: Context, module: Module): string[] {
  const { authority, ring } = catalogue;
  const running = catalogue.stackNames.flatMap((stack) => {
    const version = runningIn(readLedger(files, stack, ring, authority), module.name)?.version;
    return version === undefined ? [] : [{ stack, version }];
  });
  const active = Object.entries(module.git?.active ?? {}).sort(([a], [b]) =>
    a.localeCompare(b, "en", { numeric: true }),
  );
  return active.map(([line, branch]) => {
    const newest = newestOf(catalogue, module, line);
    const runs = running.filter(({ version }) => isOfLine(module.versions, version, line));
    const where = runs.map(({ stack, version }) => `${stack} runs ${version}`).join(", ") || "runs nowhere";
    return `  ${line}  patched from ${branch}, newest ${newest ?? "none"}; ${where}`;
  });
}

function newestOf(catalogue: Catalogue, module: Module, line: string): string | undefined {
  const release = catalogue
    .releases(module.name)
    .findLast(({ manifest }) => isOfLine(module.versions, manifest.version, line));
  if (release === undefined) return undefined;
  const [tag] = releaseRefs(module, release.manifest).tags;
  return `${release.manifest.version} (tag ${tag?.name ?? "none"})`;
}
