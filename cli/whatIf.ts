import type { Catalogue } from "../release/catalogue.ts";
import { refuseInput } from "../release/errors.ts";
import { pinText, resolveTyped } from "../release/pins.ts";
import type { Release } from "../release/schema/manifest.ts";
import type { Module } from "../release/schema/module.ts";
import type { StackSettings } from "../release/schema/stack.ts";
import { collectProblems } from "./problems.ts";

/** One `--set`: a module, and the release that it is to have. */
export interface PinSet {
  readonly module: Module;
  readonly release: Release;
}

/**
 * Reads `module=version`, `module=channel` or `module=version@sha256:…`, each module once.
 * @throws InputError with every problem, and the nearest module or version
 */
export function readSets(catalogue: Catalogue, texts: readonly string[]): readonly PinSet[] {
  const seen = new Set<string>();
  return collectProblems(texts, (text) => {
    const [, name, version] = /^([^=]*)=(.*)$/s.exec(text) ?? [];
    if (name === undefined || version === undefined || name === "" || version === "") {
      refuseInput({
        file: "--set",
        path: "",
        message: "must be module=version, module=channel or a full pin",
        value: text,
      });
    }
    const place = { file: "--set", path: name };
    if (seen.has(name)) refuseInput({ ...place, message: "is set twice", value: text });
    seen.add(name);
    const module = catalogue.module(name, place);
    return { module, release: resolveTyped(catalogue, module, version, place) };
  });
}

/**
 * The settings of a stack as if the given releases were pinned: each becomes current, what was current becomes previous.
 * A module that the stack does not pin is added; one that has the release already stays as it is.
 */
export function applySets(
  catalogue: Catalogue,
  stack: StackSettings,
  settings: readonly PinSet[],
  file: string,
): StackSettings {
  const pins = { ...stack["imprimatur:modules"] };
  for (const { module, release } of settings) {
    const place = { file, path: `config.imprimatur:modules.${module.name}` };
    const old = pins[module.name];
    const current = typeof old === "string" ? pinText(resolveTyped(catalogue, module, old, place)) : old?.[0];
    if (current === pinText(release)) continue;
    pins[module.name] = current === undefined ? [pinText(release)] : [pinText(release), current];
  }
  return { ...stack, "imprimatur:modules": pins };
}
