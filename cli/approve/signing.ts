import type { Authority } from "../../release/authority.ts";
import { type Files, overlay } from "../../release/files.ts";
import { recordFileName, recordFolder } from "../../release/records.ts";
import type { Power } from "../../release/schema/people.ts";
import type { ReleaseSubject } from "../../release/statements.ts";
import type { Context } from "../context.ts";
import type { SignedBundle } from "../signedRecord.ts";
import { Refusal } from "./outcome.ts";

/** Everybody who has a power over a module, sorted. */
export function whoMay(authority: Authority, power: Power, module: string, at: Date): string[] {
  return Object.keys(authority.people)
    .filter((person) => authority.may(person, power, module, at))
    .sort();
}

/**
 * @param modules those that the power is needed for; `""` where it must not be limited to any
 * @throws Refusal where what a person signs would not count for want of a power, naming who has it
 */
export function checkPower(authority: Authority, person: string, power: Power, modules: readonly string[], at: Date) {
  for (const module of modules) {
    if (authority.may(person, power, module, at)) continue;
    const others = whoMay(authority, power, module, at);
    const next = others.length === 0 ? `give a role that may ${power} to somebody` : `ask ${others.join(" or ")}`;
    const scope = module === "" ? "all modules" : module;
    throw new Refusal(`${person} holds no role that may ${power} for ${scope}`, [next]);
  }
}

/** @throws Refusal where a person does not act in a role, naming who does */
export function checkRole(authority: Authority, person: string, role: string, modules: readonly string[], at: Date) {
  for (const module of modules) {
    if (authority.holds(person, role, module, at)) continue;
    const others = authority.holders(role, module, at);
    const next =
      others.length === 0
        ? `nobody is ${role} for ${module}: give somebody the role in catalog/trust/people.yaml`
        : `${others.join(", ")} can, or a designate: see delegations in catalog/trust/people.yaml`;
    throw new Refusal(`${person} is not ${role} for ${module}, so the vote would not count`, [next]);
  }
}

/** The checkout's files as they will be once a record is written: for judging it beforehand. */
export function filesWith(
  { files }: Pick<Context, "files">,
  label: string,
  { bytes, digest }: SignedBundle,
  subjects: readonly ReleaseSubject[],
): Files {
  const paths = subjects.map(
    ({ module, version }) => `${recordFolder(module, version)}/${recordFileName(label, digest)}`,
  );
  return overlay(files, new Map(paths.map((path) => [path, bytes])));
}

/** What to know where a platform is judged at an instant of its own: today's word is not heard there. */
export function judgedAtNote({ catalogue }: Context): string[] {
  const at = catalogue.judgedAt?.toISOString();
  return at === undefined
    ? []
    : [
        `this platform is judged as of ${at} (judgedAt in catalog/trust/stacks.yaml); what is signed now counts with --at`,
      ];
}
