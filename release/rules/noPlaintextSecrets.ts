import { credentialIn, isCredentialName, isReference } from "../credentials.ts";
import { isObject } from "../json.ts";
import { pathText } from "../parse.ts";
import { isUnknown } from "../unknown.ts";
import type { Violation } from "../verdict.ts";

type Fields = Readonly<Record<string, unknown>>;
type Path = readonly (string | number)[];

/** What a rule about secrets goes by, besides the inputs themselves. */
export interface SecretMarks {
  /** Whether the program marked the value at a path as secret, or something around it. */
  readonly isSecret: (path: Path) => boolean;
  /** Names that read like credentials and are none. */
  readonly exempt: readonly string[];
}

/** A Secret's data comes from something that the program marked as secret: else it stands in the plan, and in git. */
export function judgeSecretObject(object: unknown, marks: SecretMarks, path: Path = []): Violation[] {
  if (!isObject(object)) return [];
  if (Array.isArray(object.items)) {
    return object.items.flatMap((item, index) => judgeSecretObject(item, marks, [...path, "items", index]));
  }
  return ["data", "stringData"].flatMap((field) => {
    const at = [...path, field];
    const data = object[field];
    if (data === undefined || data === null || marks.isSecret(at)) return [];
    const keys = isObject(data) ? Object.keys(data).filter((key) => data[key] !== "") : undefined;
    const places =
      keys === undefined ? [at] : keys.map((key) => [...at, key]).filter((place) => !marks.isSecret(place));
    return places.map((place) => ({
      message: `${pathText(place)} of a Secret is not marked as secret, so it stands in plain text in plans and in the state`,
      remedy: "take it from config.requireSecret(…) or pulumi.secret(…), or let an external secret operator make it",
    }));
  });
}

/** A ConfigMap holds no credentials: everybody who may read the namespace may read it. */
export function judgeConfigMap(object: Fields, { exempt }: SecretMarks): Violation[] {
  return [object.data, object.binaryData].flatMap((data, index) => {
    const field = index === 0 ? "data" : "binaryData";
    if (!isObject(data)) return [];
    return Object.entries(data).flatMap(([key, value]) => {
      const named = isCredentialName(key, "environment") && !exempt.includes(key);
      const text = typeof value === "string" ? decoded(value, field === "binaryData") : "";
      const what = named && isPlain(value, []) ? "a credential, by its name" : credentialIn(text);
      if (what === undefined) return [];
      const message = `${pathText([field, key])} of a ConfigMap holds ${what}`;
      return [{ message, remedy: "keep it in a Secret, and mount or name that" }];
    });
  });
}

function decoded(text: string, binary: boolean): string {
  return binary ? Buffer.from(text, "base64").toString("latin1") : text;
}

/**
 * The environment of containers, wherever it stands: a variable that is named like a credential takes its value from a
 * Secret. A Pod's specification can be read by everybody who may read Pods, so marking it as secret is not enough.
 */
export function judgeEnvironment(value: unknown, exempt: readonly string[], path: Path = []): Violation[] {
  if (Array.isArray(value)) return value.flatMap((item, index) => judgeEnvironment(item, exempt, [...path, index]));
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const at = [...path, key];
    if (key !== "env" || !Array.isArray(inner)) return judgeEnvironment(inner, exempt, at);
    return inner.flatMap((variable, index) => judgeVariable(variable, exempt, [...at, index]));
  });
}

function judgeVariable(variable: unknown, exempt: readonly string[], path: Path): Violation[] {
  if (!isObject(variable) || typeof variable.name !== "string") return [];
  const { name, value } = variable;
  const named = isCredentialName(name, "environment") && !exempt.includes(name) && isPlain(value, []);
  const what = named ? "a credential, by its name" : typeof value === "string" ? credentialIn(value) : undefined;
  if (what === undefined) return [];
  return [
    {
      message: `the variable ${name} at ${pathText(path)} holds ${what}, as a plain value`,
      remedy: `valueFrom: { secretKeyRef: { name: <Secret>, key: <key> } }`,
    },
  ];
}

/** Chart values and other inputs: what is named like a credential, or looks like one, is marked as secret. */
export function judgeValues(value: unknown, marks: SecretMarks, path: Path): Violation[] {
  if (Array.isArray(value)) return value.flatMap((item, index) => judgeValues(item, marks, [...path, index]));
  if (isObject(value)) {
    // A variable as containers have it, in a list of them.
    const pair = typeof value.name === "string" && "value" in value ? judgePair(value, marks, path) : [];
    return [...pair, ...Object.entries(value).flatMap(([key, inner]) => judgeValues(inner, marks, [...path, key]))];
  }
  const key = String(path.findLast((step) => typeof step === "string") ?? "");
  const named = isCredentialName(key, "value") && !marks.exempt.includes(key) && isPlain(value, path);
  const what = named ? "a credential, by its name" : typeof value === "string" ? credentialIn(value) : undefined;
  return what === undefined || marks.isSecret(path) ? [] : [plainValue(path, what)];
}

function judgePair({ name, value }: Fields, marks: SecretMarks, path: Path): Violation[] {
  const at = [...path, "value"];
  const named = isCredentialName(String(name), "environment") && !marks.exempt.includes(String(name));
  return named && isPlain(value, at) && !marks.isSecret(at) ? [plainValue(at, "a credential, by its name")] : [];
}

function plainValue(path: Path, what: string): Violation {
  return {
    message: `${pathText(path)} holds ${what}, and is not marked as secret`,
    remedy: "name an existing Secret there, or take it from config.requireSecret(…)",
  };
}

/** Whether a value is there, and is itself what its name says: no switch, no reference, not left out. */
function isPlain(value: unknown, path: Path): boolean {
  if (isUnknown(value)) return true;
  if (typeof value === "number") return /pass(word|wd|phrase)$/i.test(String(path.at(-1) ?? ""));
  return typeof value === "string" && value !== "" && !isReference(value);
}
