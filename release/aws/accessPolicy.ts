import { isObject } from "../json.ts";
import { isUnknown } from "../unknown.ts";
import { parseDocument } from "./lifecycle.ts";

/** Condition keys that hold a statement to one's own accounts. */
const OWN = new Set(["aws:principalorgid", "aws:principalaccount"]);

/** What makes an AWS access policy public, in words; empty where nothing does. */
export function publicAccess(policy: unknown): string[] {
  const document = parseDocument(policy);
  const statements = document === undefined ? undefined : [document.Statement].flat();
  if (statements === undefined || statements.some((statement) => !isObject(statement))) {
    return [isUnknown(policy) ? "it cannot be known before an update" : "it is no access policy that can be read"];
  }
  return (statements as Record<string, unknown>[]).flatMap((statement, index) => {
    if (statement.Effect === "Deny") return [];
    const name = typeof statement.Sid === "string" ? statement.Sid : `${index + 1}`;
    if (statement.NotPrincipal !== undefined) return [`statement ${name} allows everybody but a few`];
    if (!isEverybody(statement.Principal) || isHeldToOwn(statement.Condition)) return [];
    return [`statement ${name} allows everybody (Principal "*")`];
  });
}

/** Whether a principal is everybody, or cannot be told. */
function isEverybody(principal: unknown): boolean {
  if (typeof principal === "string") return true;
  if (!isObject(principal)) return true;
  const values = Object.values(principal).flat();
  return values.length === 0 || values.some((value) => typeof value !== "string" || value === "*");
}

function isHeldToOwn(condition: unknown): boolean {
  const equals = isObject(condition) ? condition.StringEquals : undefined;
  return (
    isObject(equals) &&
    Object.entries(equals).some(([key, value]) => OWN.has(key.toLowerCase()) && ![value].flat().includes("*"))
  );
}
