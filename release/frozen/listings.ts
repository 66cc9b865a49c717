import { z } from "zod";
import { refuseInput } from "../errors.ts";
import { normalName } from "./names.ts";
import type { FrozenPackage } from "./record.ts";

/**
 * Readers of what package managers say is installed. Each throws InputError where the listing is not in its form: a
 * freeze that misses a package is worse than none.
 */

const PipReport = z.object({
  install: z.array(
    z.object({
      metadata: z.object({ name: z.string(), version: z.string() }),
      download_info: z.object({
        archive_info: z.object({ hashes: z.record(z.string(), z.string()).default({}) }).optional(),
      }),
    }),
  ),
});

const PipInspect = z.object({
  installed: z.array(
    z.object({ metadata: z.object({ name: z.string(), version: z.string() }), installer: z.string().optional() }),
  ),
});

/**
 * What `pip inspect` finds in an environment, with the hashes of `pip install --report`, which alone knows them. What conda
 * has installed is conda's. From which mirror a file came is left out: the hash says what it is, and a rebuild elsewhere
 * has another mirror.
 * Source: https://pip.pypa.io/en/stable/reference/inspect-report/ and …/installation-report/
 */
export function readPip(inspect: string, reports: readonly string[], file: string): FrozenPackage[] {
  const { installed } = readJson(inspect, PipInspect, file);
  const known = new Map(
    reports
      .flatMap((report) => readJson(report, PipReport, file).install)
      .map(({ metadata, download_info: { archive_info } }) => {
        const hashes = Object.entries(archive_info?.hashes ?? {}).map(([algorithm, hex]) => `${algorithm}:${hex}`);
        return [`${normalName(metadata.name)} ${metadata.version}`, hashes];
      }),
  );
  return installed
    .filter(({ installer }) => installer !== "conda")
    .map(({ metadata: { name, version } }) => {
      const normal = normalName(name);
      return { name: normal, version, hashes: known.get(`${normal} ${version}`) ?? [] };
    });
}

/**
 * `conda list --explicit`, with `--md5` or `--sha256`: a URL a line.
 * Source: https://docs.conda.io/projects/conda/en/stable/user-guide/tasks/manage-environments.html
 */
export function readCondaExplicit(text: string, file: string): FrozenPackage[] {
  const lines = linesOf(text).filter(({ line }) => !line.startsWith("#") && line !== "@EXPLICIT");
  return lines.map(({ line, number }) => {
    const [, url = "", name = "", version = "", hash = ""] =
      /^(\S+\/([^/\s]+)-([^-/\s]+)-[^-/\s]+\.(?:conda|tar\.bz2))(?:#(\S+))?$/.exec(line) ?? [];
    if (name === "") refuse(file, number, "is no URL of a conda package", line);
    return { name, version, hashes: hash === "" ? [] : [condaHash(hash, file, number)], url: withoutSecrets(url) };
  });
}

function condaHash(hash: string, file: string, line: number): string {
  const [, algorithm, hex = ""] = /^(?:(sha256):)?([0-9a-f]+)$/.exec(hash) ?? [];
  if (hex.length === 64) return `sha256:${hex}`;
  if (hex.length === 32 && algorithm === undefined) return `md5:${hex}`;
  return refuse(file, line, "has a hash that is neither MD5 nor SHA-256", hash);
}

const NpmLock = z.object({
  lockfileVersion: z.literal([2, 3]),
  packages: z.record(
    z.string(),
    z.object({
      version: z.string().optional(),
      resolved: z.string().optional(),
      integrity: z.string().optional(),
      link: z.boolean().optional(),
    }),
  ),
});

/** `package-lock.json`, versions 2 and 3. Source: https://docs.npmjs.com/cli/configuring-npm/package-lock-json */
export function readNpmLock(text: string, file: string): FrozenPackage[] {
  const { packages } = readJson(text, NpmLock, file);
  return Object.entries(packages).flatMap(([path, { version, resolved, integrity, link }]) => {
    if (path === "" || link || version === undefined) return [];
    const hashes = (integrity ?? "").split(/\s+/).flatMap((item) => integrityHash(item));
    const url = resolved === undefined ? {} : { url: withoutSecrets(resolved) };
    return [{ name: path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length), version, hashes, ...url }];
  });
}

/** Subresource integrity, `sha512-<base64>`, as hex. */
function integrityHash(integrity: string): string[] {
  const [, algorithm, base64] = /^(sha1|sha256|sha512)-([A-Za-z0-9+/]+=*)$/.exec(integrity) ?? [];
  if (algorithm === undefined || base64 === undefined) return [];
  return [`${algorithm}:${Buffer.from(base64, "base64").toString("hex")}`];
}

/** `dpkg-query -W -f '${Package}\t${Version}\t${Architecture}\n'`. */
export function readDpkg(text: string, file: string): FrozenPackage[] {
  return linesOf(text).map(({ line, number }) => {
    const [name = "", version = "", architecture = "", ...more] = line.split("\t");
    if (name === "" || version === "" || architecture === "" || more.length > 0) {
      refuse(file, number, "is not <package>, <version> and <architecture> between tabs", line);
    }
    // What is for all architectures has one name; the same library for two would have two.
    return { name: architecture === "all" ? name : `${name}:${architecture}`, version, hashes: [] };
  });
}

function linesOf(text: string): { readonly line: string; readonly number: number }[] {
  return text
    .split("\n")
    .map((line, index) => ({ line: line.trim(), number: index + 1 }))
    .filter(({ line }) => line !== "");
}

/** A freeze is committed for all to read; the index that it came from may have asked for a password. */
function withoutSecrets(url: string): string {
  return url.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/@\s]*@/i, "$1").replace(/[?#].*$/, "");
}

function readJson<T extends z.ZodType>(text: string, schema: T, file: string): z.output<T> {
  try {
    const { success, data, error } = schema.safeParse(JSON.parse(text));
    if (success) return data;
    const [issue] = error.issues;
    return refuseInput({ file, path: issue?.path.join(".") ?? "", message: issue?.message ?? "is malformed" });
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return refuseInput({ file, path: "", message: `is no JSON: ${error.message}` });
  }
}

function refuse(file: string, line: number, message: string, value: string): never {
  return refuseInput({ file, path: "", line, message, value });
}
