import type { Catalogue } from "../../release/catalogue.ts";
import { blessingMissing, isHopeless } from "../approve/inTheWay.ts";
import { inTheWay, type RequirementReport } from "../approve/requirements.ts";
import { whoMay } from "../approve/signing.ts";
import type { Context } from "../context.ts";
import type { ModuleStatus, StackStatus, Wait } from "./report.ts";

type Item = Wait["items"][number];

/** Everything that releases wait for, by who can supply it: those who hold up most come first. */
export function waitsFor(context: Context, stacks: readonly StackStatus[], at: Date): Wait[] {
  const groups = new Map<string, { role?: string; people: string[]; items: Item[] }>();
  for (const stack of stacks) {
    for (const module of stack.modules) {
      for (const { version, requirement } of openOf(context, stack, module, at)) {
        const { id, text, who, command } = requirement;
        const item = { module: module.module, version, stack: stack.stack, id, text, ...(command ? { command } : {}) };
        for (const { role = roleOf(id), people } of who.length === 0 ? [{ people: [] }] : who) {
          const key = `${role ?? ""} ${people.join(" ")}`;
          const group = groups.get(key) ?? { ...(role === undefined ? {} : { role }), people, items: [] };
          group.items.push(item);
          groups.set(key, group);
        }
      }
    }
  }
  return [...groups.values()].sort((a, b) => b.items.length - a.items.length);
}

/** What one module of a stack waits for: what it pins, and what is to come. */
function openOf(
  { catalogue }: Pick<Context, "catalogue">,
  { stack, asksForBlessing }: StackStatus,
  { module: name, state, pinned, standing, candidate }: ModuleStatus,
  at: Date,
): { version: string; requirement: RequirementReport }[] {
  if (!asksForBlessing) return [];
  const open = (version: string, requirements: readonly RequirementReport[]) =>
    requirements.map((requirement) => ({ version, requirement }));
  const blessing = (version: string) => {
    const named = namedRelease(catalogue, name, version);
    return named === undefined ? [] : [blessingMissing({ catalogue }, catalogue.stack(stack), named, at)];
  };
  const own = (version: string, { blessed, passed, requirements }: ModuleStatus["standing"]) => {
    if (blessed) return [];
    if (isHopeless(requirements)) return [];
    return open(version, passed ? blessing(version) : inTheWay(requirements));
  };
  const applied = state === "to-apply" ? open(pinned.version, [notApplied(catalogue, stack, name, at)]) : [];
  return [
    ...(standing.allowed ? applied : own(pinned.version, standing)),
    ...(candidate === undefined ? [] : own(candidate.version, candidate)),
  ];
}

function namedRelease(catalogue: Catalogue, name: string, version: string) {
  const [module, release] = [catalogue.modules.get(name), catalogue.release(name, version)];
  return module === undefined || release === undefined ? undefined : { module, release };
}

function notApplied({ authority }: Catalogue, stack: string, module: string, at: Date): RequirementReport {
  return {
    id: "up",
    state: "missing",
    text: "pinned and allowed, and not applied yet",
    who: [{ people: whoMay(authority, "record", module, at) }],
    command: `npx imprimatur up ${stack}`,
  };
}

/** The role that a vote or an acknowledgement is asked of. */
function roleOf(id: string): string | undefined {
  return /^(?:vote|stage:\d+):([^:]+)$/.exec(id)?.[1];
}
