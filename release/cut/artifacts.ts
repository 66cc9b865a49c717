import { nearestHint, refuseInput } from "../errors.ts";
import { type ImageRef, parseImageRef } from "../imageRef.ts";
import { Commit, Digest } from "../schema/common.ts";
import type { ReleaseManifest } from "../schema/manifest.ts";
import type { Module } from "../schema/module.ts";

/** A part of a release under its name, as somebody typed it. */
export type Named<T> = readonly [name: string, part: T];
export type Content = ReleaseManifest["content"][string];

const NAMED = /^(?:([a-z][a-z0-9-]{0,62})=)?(.+)$/s;

/** Reads `--chart ref@digest` or `ref:version`. @throws InputError, also where the module declares another repository */
export function readChart(module: Module, text: string): ImageRef {
  const place = { file: "--chart", path: "", value: text };
  const ref = parseImageRef(text);
  if (ref === undefined) return refuseInput({ ...place, message: "must be <repository>:<version>@sha256:<digest>" });
  if (module.chart === undefined) refuseInput({ ...place, message: `${module.name} declares no chart` });
  if (ref.repository !== module.chart) {
    refuseInput({ ...place, message: `is not the chart that ${module.name} declares`, nearest: module.chart });
  }
  return ref;
}

/** Reads `--image name=ref@digest`; the name is the module's where it is left out. @throws InputError */
export function readImage(module: Module, text: string): Named<ImageRef> {
  const [, name = module.name, rest = ""] = NAMED.exec(text) ?? [];
  const place = { file: "--image", path: name };
  const ref = parseImageRef(rest);
  const slot = Object.hasOwn(module.images, name) ? module.images[name] : undefined;
  if (slot === undefined) {
    const names = Object.keys(module.images);
    const message = `is no image of ${module.name}, which declares ${names.length > 0 ? names.join(", ") : "none"}`;
    refuseInput({ ...place, message, value: name, ...nearestHint(name, names) });
  }
  if (ref === undefined) {
    return refuseInput({ ...place, message: "must be name=<repository>:<tag>@sha256:<digest>", value: text });
  }
  if (ref.repository !== slot.repository) {
    const message = `is not the repository that ${module.name} declares for it`;
    refuseInput({ ...place, message, value: ref.repository, nearest: slot.repository });
  }
  return [name, ref];
}

/** Reads `--content repo@commit:sha256`; the name is the module's where it is left out. @throws InputError */
export function readContent(module: Module, text: string): Named<Content> {
  const [, name = module.name, rest = ""] = NAMED.exec(text) ?? [];
  const place = { file: "--content", path: name };
  const [, repository, commit, hex] = /^(.+)@([^@:]+):(?:sha256:)?([^@:]+)$/s.exec(rest) ?? [];
  const digest = `sha256:${hex}`;
  if (repository === undefined || !Commit.safeParse(commit).success || !Digest.safeParse(digest).success) {
    const message = "must be <repository>@<full commit id>:<SHA-256 of the content>";
    refuseInput({ ...place, message, value: text });
  }
  if (module.source !== undefined && repository !== module.source) {
    const message = `is not the source that ${module.name} declares`;
    refuseInput({ ...place, message, value: repository, nearest: module.source });
  }
  return [name, { repository, commit: commit ?? "", digest }];
}

/** Reads `--freeze mission=…,common=…,cal=…[,record=sha256:…]`. @throws InputError */
export function readFreeze(text: string): NonNullable<ReleaseManifest["freeze"]> {
  const place = { file: "--freeze", path: "" };
  const known = ["mission", "common", "cal", "record"];
  const parts = new Map<string, string>();
  for (const part of text.split(",")) {
    const [, key = "", value = ""] = /^([^=]+)=(.+)$/.exec(part) ?? [];
    if (!known.includes(key) || parts.has(key)) {
      const message = "must be mission=…,common=…,cal=… and, where there is one, record=sha256:…, each once";
      refuseInput({ ...place, message, value: part, ...nearestHint(key, known) });
    }
    parts.set(key, value);
  }
  const need = (key: string) => parts.get(key) ?? refuseInput({ ...place, message: `lacks ${key}=…`, value: text });
  const record = parts.get("record");
  if (record !== undefined && !Digest.safeParse(record).success) {
    refuseInput({ ...place, path: "record", message: "must be sha256:<64 lower-case hex digits>", value: record });
  }
  return {
    mission: need("mission"),
    common: need("common"),
    cal: need("cal"),
    ...(record === undefined ? {} : { record }),
  };
}
