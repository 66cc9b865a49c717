import { z } from "zod";
import { isObject } from "../json.ts";
import type { ReleaseManifest } from "../schema/manifest.ts";
import type { Module } from "../schema/module.ts";
import type { CutParts } from "./manifest.ts";

/** YAML reads an unquoted 1.10 as a number; what is left of it is compared, so that the difference shows. */
const Text = z.union([z.string(), z.number()]).transform(String);

/** `Chart.yaml`, as far as a release has to agree with it. */
export const ChartFile = z.object({ name: z.string(), version: Text, appVersion: Text.optional() });

/** `Chart.yaml` of a deployment, which names the charts that it installs. */
export const DependentFile = z.object({
  dependencies: z.array(z.object({ name: z.string(), version: Text, repository: z.string().optional() })).default([]),
});

/** A file that has been read, under the name that messages give it. */
interface ReadFile<T> {
  readonly file: string;
  readonly content: T;
}

/** The files that are changed by hand with every release, and forgotten as easily. */
export interface ChartFiles {
  readonly chart?: ReadFile<z.output<typeof ChartFile>>;
  readonly values?: ReadFile<Readonly<Record<string, unknown>>>;
  readonly dependent?: ReadFile<z.output<typeof DependentFile>>;
}

/** Something in a file that is not what is cut. */
export interface Disagreement {
  readonly file: string;
  readonly path: string;
  /** What the file says; undefined where it says nothing. */
  readonly value: string | undefined;
  readonly expected: string;
}

/**
 * Everything in which the files and the release disagree: chart version, `appVersion`, the image that the values name, and
 * the version of the chart that the deployment depends on. None, where they agree.
 */
export function disagreements(
  module: Module,
  manifest: ReleaseManifest,
  parts: Pick<CutParts, "images">,
  files: ChartFiles,
): Disagreement[] {
  const expect = (file: string) => (path: string, value: unknown, expected: string | undefined) =>
    expected === undefined || value === expected ? [] : [{ file, path, value: shown(value), expected }];
  const { chart, values, dependent } = files;
  const name = manifest.chart?.repository.split("/").at(-1);
  const found: Disagreement[] = [];
  if (chart !== undefined) {
    const check = expect(chart.file);
    found.push(
      ...check("name", chart.content.name, name),
      ...check("version", chart.content.version, manifest.chart?.version),
      ...check("appVersion", chart.content.appVersion, manifest.appVersion),
    );
  }
  if (values !== undefined) {
    for (const [image, { repository, digest }] of Object.entries(manifest.images)) {
      const slot = module.images[image];
      if (slot?.path === undefined) continue;
      const tag = parts.images.get(image)?.tag ?? manifest.appVersion.replaceAll("+", "_");
      const wanted = { repository, digest, tag };
      found.push(...imageDisagreements(values, slot.path, slot.form, wanted));
    }
  }
  if (dependent !== undefined && name !== undefined) {
    const entries = dependent.content.dependencies.map((entry, index) => ({ ...entry, index }));
    const mine = entries.filter((entry) => entry.name === name);
    if (mine.length === 0) found.push({ file: dependent.file, path: "dependencies", value: undefined, expected: name });
    const check = expect(dependent.file);
    for (const { index, version, repository } of mine) {
      found.push(...check(`dependencies[${index}].version`, version, manifest.chart?.version));
      if (repository?.startsWith("oci://")) {
        const parent = `oci://${manifest.chart?.repository.slice(0, -name.length - 1)}`;
        found.push(...check(`dependencies[${index}].repository`, repository.replace(/\/$/, ""), parent));
      }
    }
  }
  return found;
}

interface WantedImage {
  readonly repository: string;
  readonly digest: string;
  readonly tag: string;
}

function imageDisagreements(
  { file, content }: ReadFile<Readonly<Record<string, unknown>>>,
  path: string,
  form: Module["images"][string]["form"],
  wanted: WantedImage,
): Disagreement[] {
  const at = path.split(".").reduce<unknown>((inner, key) => (isObject(inner) ? inner[key] : undefined), content);
  const differ = (where: string, value: unknown, expected: string) => [
    { file, path: where, value: shown(value), expected },
  ];
  if (form === "ref") {
    const allowed = refsOf(wanted);
    return allowed.includes(String(at)) ? [] : differ(path, at, allowed[0] as string);
  }
  if (!isObject(at)) return differ(path, at, `an object with repository and ${form === "digest" ? "digest" : "tag"}`);
  const { repository, tag, digest } = at;
  const wrong = repository === wanted.repository ? [] : differ(`${path}.repository`, repository, wanted.repository);
  if (form === "digest") {
    return digest === wanted.digest ? wrong : [...wrong, ...differ(`${path}.digest`, digest, wanted.digest)];
  }
  // An empty tag is Helm's way to say: the chart's appVersion.
  const given = tag === undefined || tag === null || tag === "" ? "" : String(tag);
  const agrees = ["", wanted.tag, `${wanted.tag}@${wanted.digest}`].includes(given);
  return agrees ? wrong : [...wrong, ...differ(`${path}.tag`, tag, wanted.tag)];
}

/** The ways to write an image as one string, the commonest first. */
function refsOf({ repository, digest, tag }: WantedImage): string[] {
  return [`${repository}:${tag}`, `${repository}@${digest}`, `${repository}:${tag}@${digest}`];
}

function shown(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  return typeof value === "object" ? JSON.stringify(value).slice(0, 120) : String(value);
}
