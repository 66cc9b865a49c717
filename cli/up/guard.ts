import { stackUrn } from "../../engine/urn.ts";
import { type Consent, consentTo, type Guarded } from "../../release/consent.ts";
import { Refusal } from "../approve/outcome.ts";
import { whoMay } from "../approve/signing.ts";
import type { Target } from "./target.ts";

/**
 * The consent that an operation needs: in production, that of two people in two roles; elsewhere none.
 * @throws Refusal where it is missing
 */
export function checkConsent({ context, checked, project }: Target, operation: Guarded): Consent | undefined {
  const { name, class: environment } = checked.platform.stack;
  if (environment !== "prod") return undefined;
  const now = new Date();
  const { catalogue, files } = context;
  const urn = stackUrn({ project: project.name, stack: name });
  const consent = consentTo(operation, { stack: name, urn, now }, files, catalogue);
  if (consent !== undefined) return consent;
  const who = whoMay(catalogue.authority, "waive", "", now).join(", ") || "nobody yet";
  throw new Refusal(`to ${operation} ${name}, two people of two roles must have signed (who may: ${who})`, [
    `npx imprimatur waive --policy ${operation} --for ${name} --reason "…" --expires 1d, and the command that it gives for the second`,
  ]);
}
