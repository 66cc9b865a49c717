import { z } from "zod";
import { configuredIn } from "../../release/configuration.ts";
import { isObject } from "../../release/json.ts";
import type { Platform, PlatformModule } from "../../release/platform.ts";
import { shortDigest } from "../render/text.ts";

/** What differs between environments (`schemas/environments.json`): a row for each setting that is not the same in all. */
export const EnvironmentsReport = z
  .strictObject({
    stacks: z.array(z.string()),
    rows: z.array(
      z.strictObject({
        /** What kind of setting it is. */
        section: z.enum(["environment", "cluster", "registries", "modules", "values", "flags", "quota"]),
        key: z.string(),
        /** By stack, as text; a stack that has no such setting is not in it. */
        values: z.record(z.string(), z.string()),
      }),
    ),
  })
  .meta({ title: "Imprimatur environments" });
export type EnvironmentsReport = z.infer<typeof EnvironmentsReport>;

type Section = EnvironmentsReport["rows"][number]["section"];
type Settings = ReadonlyMap<string, string>;

/** Compares stacks, setting by setting. What is the same in all of them is left out. */
export function findDifferences(platforms: readonly Platform[]): EnvironmentsReport {
  const stacks = platforms.map(({ stack }) => stack.name);
  const rows = SECTIONS.flatMap(([section, read]) => {
    const settings = platforms.map(read);
    const keys = [...new Set(settings.flatMap((each) => [...each.keys()]))].sort();
    return keys.flatMap((key) => {
      const entries = settings.flatMap((each, index) => {
        const value = each.get(key);
        return value === undefined ? [] : [[stacks[index] ?? "", value] as const];
      });
      const isSame = entries.length === stacks.length && new Set(entries.map(([, value]) => value)).size === 1;
      return isSame ? [] : [{ section, key, values: Object.fromEntries(entries) }];
    });
  });
  return { stacks, rows };
}

const SECTIONS: readonly (readonly [Section, (platform: Platform) => Settings])[] = [
  [
    "environment",
    ({ stack: { class: kind, account, region, clusterUid } }) => leaves({ class: kind, account, region, clusterUid }),
  ],
  ["cluster", ({ settings }) => leaves(settings["imprimatur:cluster"])],
  ["registries", ({ settings }) => leaves(settings["imprimatur:registries"])],
  ["modules", ({ modules }) => new Map([...modules].flatMap(([name, entry]) => pins(name, entry)))],
  [
    "values",
    (platform) =>
      leaves(
        Object.fromEntries(
          [...platform.modules].map(([name, { module }]) => [name, configuredIn(module, platform.settings)]),
        ),
      ),
  ],
  ["flags", ({ settings }) => leaves(settings["imprimatur:flags"])],
  [
    "quota",
    ({ settings }) => new Map(Object.entries(settings["imprimatur:quota"]).map(([key, value]) => [key, String(value)])),
  ],
];

function pins(name: string, { current, previous, floating }: PlatformModule): (readonly [string, string])[] {
  const text = ({ manifest, manifestDigest }: typeof current) => `${manifest.version}@${shortDigest(manifestDigest)}`;
  const current_ = `${text(current)} ${current.manifest.channel}${floating === undefined ? "" : ", floating"}`;
  return [[name, current_], ...(previous === undefined ? [] : [[`${name} (previous)`, text(previous)] as const])];
}

/** Every value that is no object, by its dotted path. */
function leaves(value: unknown, path = ""): Settings {
  if (value === undefined) return new Map();
  if (!isObject(value)) return new Map([[path, typeof value === "string" ? value : JSON.stringify(value)]]);
  const entries = Object.entries(value).flatMap(([key, inner]) => [
    ...leaves(inner, path === "" ? key : `${path}.${key}`),
  ]);
  return new Map(entries);
}
