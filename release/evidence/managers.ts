import type { FormalityFile } from "../schema/formality.ts";

/**
 * The gate managers of a type of evidence for a module: the roles whose word on it formality asks for, sorted.
 * Empty where no rule asks for the type; then anybody's who may attest is as good as another's.
 * @param place the stack that it was made in, or `ci`
 */
export function gateManagers(formality: FormalityFile, type: string, module: string, place: string): readonly string[] {
  const concerns = (modules: readonly string[] | undefined) => modules === undefined || modules.includes(module);
  const required = [
    ...formality.rules.filter(({ when }) => concerns(when.modules)),
    ...formality.practice.filter(({ modules }) => concerns(modules)),
  ].map(({ require }) => require);
  const asked = [
    ...required.flatMap(({ evidence }) => evidence),
    ...formality.channels.flatMap(({ evidence }) => evidence),
    ...required.flatMap(({ notice }) => (notice === undefined ? [] : [{ type: "notice", by: notice.by }])),
  ].filter(
    (requirement) => requirement.type === type && ("in" in requirement ? (requirement.in ?? place) : place) === place,
  );
  return [...new Set(asked.map(({ by }) => by))].sort();
}
