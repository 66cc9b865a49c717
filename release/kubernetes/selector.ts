import { isObject } from "../json.ts";
import { isUnknown } from "../unknown.ts";

/**
 * Whether a label selector selects an object with some labels, as Kubernetes reads it: an empty one selects all, a missing
 * one none. What cannot be known yet selects nothing.
 */
export function selects(selector: unknown, labels: unknown): boolean {
  if (!isObject(selector)) return false;
  const { matchLabels = {}, matchExpressions = [] } = selector;
  if (!isObject(matchLabels) || !Array.isArray(matchExpressions)) return false;
  const own = isObject(labels) ? labels : {};
  if (Object.values(own).some(isUnknown)) return false;
  return (
    Object.entries(matchLabels).every(([key, value]) => typeof value === "string" && own[key] === value) &&
    matchExpressions.every((expression) => isObject(expression) && holds(expression, own))
  );
}

function holds({ key, operator, values = [] }: Record<string, unknown>, labels: Record<string, unknown>): boolean {
  if (typeof key !== "string" || !Array.isArray(values)) return false;
  const value = labels[key];
  switch (operator) {
    case "In":
      return value !== undefined && values.includes(value);
    case "NotIn":
      return value === undefined || !values.includes(value);
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
    default:
      return false;
  }
}
