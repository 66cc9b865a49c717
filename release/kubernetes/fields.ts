import { isObject } from "../json.ts";
import { isUnknown } from "../unknown.ts";

/** A field that is not as it must be. Its value is never shown: it may be a secret. */
export interface Lack {
  /** What must be, such as `spec.hostNetwork must be false or left out`. */
  readonly text: string;
  /** The line that mends it, such as `spec.hostNetwork: false`. */
  readonly line: string;
}

/** An object at a place, whose fields can be asked for. What is missing is an object without fields. */
export class Fields {
  readonly path: string;
  readonly #object: Readonly<Record<string, unknown>>;

  constructor(object: unknown, path: string) {
    this.#object = isObject(object) ? object : {};
    this.path = path;
  }

  /** The value of a field. */
  get(key: string): unknown {
    return this.#object[key];
  }

  /** Whether a field is there at all; one that is null is not. */
  has(key: string): boolean {
    return this.#object[key] !== undefined && this.#object[key] !== null;
  }

  /** The names of the fields that are there. */
  keys(): readonly string[] {
    return Object.keys(this.#object).filter((key) => this.has(key));
  }

  /** The object in a field. */
  in(key: string): Fields {
    return new Fields(this.#object[key], this.#at(key));
  }

  /** The objects of the list in a field. */
  each(key: string): Fields[] {
    const list = this.#object[key];
    return Array.isArray(list) ? list.map((item, index) => new Fields(item, `${this.#at(key)}[${index}]`)) : [];
  }

  /** What is lacking where a field is not as asked; what cannot be known yet is never as asked. */
  must(key: string, asked: (value: unknown) => boolean, rule: string, line: string): Lack[] {
    const value = this.#object[key] ?? undefined;
    const lack = (text: string) => [{ text: `${this.#at(key)} ${text}`, line: `${this.#at(key)}: ${line}` }];
    if (isUnknown(value)) return lack(`cannot be known before an update; it ${rule}`);
    return asked(value) ? [] : lack(rule);
  }

  /** What is lacking where a field that holds objects is something else, or cannot be known yet. */
  shaped(key: string, shape: "object" | "list"): Lack[] {
    const asked = (value: unknown) =>
      value === undefined || (shape === "list" ? Array.isArray(value) && value.every(isObject) : isObject(value));
    return this.must(key, asked, `must be ${shape === "list" ? "a list of objects" : "an object"}`, "<plain config>");
  }

  #at(key: string): string {
    return this.path === "" ? key : `${this.path}.${key}`;
  }
}

/** Whether a value is one of some, or left out. */
export function oneOf(...allowed: readonly unknown[]): (value: unknown) => boolean {
  return (value) => value === undefined || allowed.includes(value);
}
