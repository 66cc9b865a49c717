import { collect } from "./errors.ts";
import type { Files } from "./files.ts";
import { parseFile } from "./parse.ts";
import type { CanaryDeclaration } from "./schema/canary.ts";
import { type Module, ModuleFile } from "./schema/module.ts";

const MODULES = "catalog/modules";

/** Names of the modules that a catalogue has files of. */
export function moduleNames(files: Files): string[] {
  const names = files.list(MODULES).filter((name) => name.endsWith(".yaml"));
  return names.map((name) => name.slice(0, -".yaml".length));
}

/** Every module of a catalogue, by name. @throws InputError that names every malformed file */
export function readModules(files: Files): ReadonlyMap<string, Module> {
  const modules = collect(moduleNames(files), (name): [string, Module] => {
    const parsed = parseFile(files, `${MODULES}/${name}.yaml`, ModuleFile);
    return [name, { ...parsed, name, namespace: parsed.namespace ?? name }];
  });
  return new Map(modules);
}

/** Modules with those properties that decide what is asked of them as the trusted checkout has them. */
export function asTrusted(modules: ReadonlyMap<string, Module>, trust: Files): ReadonlyMap<string, Module> {
  const known = new Set(trust.list(MODULES));
  const trusted = [...modules.values()].map((module): Module => {
    if (!known.has(`${module.name}.yaml`)) return { ...module, flags: flagsAsTrusted(module.flags, {}) };
    const file = parseFile(trust, `${MODULES}/${module.name}.yaml`, ModuleFile);
    const { purpose, maturity, versions, frozen, takes, sanity } = file;
    const flags = flagsAsTrusted(module.flags, file.flags);
    const canary = module.canary && watchedAs(module.canary, file);
    return { ...module, purpose, maturity, versions, frozen, takes, sanity, flags, ...(canary && { canary }) };
  });
  return new Map(trusted.map((module) => [module.name, module]));
}

/** How a canary is judged is trust; its ladder is signed for by those who vote on it. */
function watchedAs(canary: CanaryDeclaration, { canary: trusted }: ModuleFile): CanaryDeclaration {
  if (trusted === undefined) return canary;
  const { analysis: _, ...exposure } = canary;
  const { analysis, freshHours } = trusted;
  return { ...exposure, freshHours, ...(analysis === undefined ? {} : { analysis }) };
}

/** Nobody raises a feature's maturity, or picks who accepts it, in the change that switches it on. */
function flagsAsTrusted(flags: Module["flags"], trusted: Module["flags"]): Module["flags"] {
  const asTrusted = Object.entries(flags).map(([name, flag]) => {
    const known = trusted[name];
    return [name, known === undefined ? { ...flag, maturity: "alpha" } : { ...known, expires: flag.expires }] as const;
  });
  return Object.fromEntries(asTrusted) as Module["flags"];
}
