import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { isPlainHttp } from "../../registry/client.ts";
import { nearestHint, refuseInput } from "../../release/errors.ts";

/** One manifest with everything below it, where it is now. */
export type CopySource =
  | { readonly repository: string; readonly digest: string }
  /** An OCI image layout whose index names this manifest and nothing else. */
  | { readonly layout: string; readonly digest: string };

/** Where it goes: under a tag, or with no name but its digest. */
export interface CopyTarget {
  readonly repository: string;
  readonly reference: { readonly tag: string } | { readonly digest: string };
}

/** A program that copies between registries without changing a byte. */
export interface CopyTool {
  readonly name: string;
  /** Arguments of one copy. @param logins directory of a Docker configuration, which is also DOCKER_CONFIG */
  readonly copy: (from: CopySource, to: CopyTarget, logins: string) => readonly string[];
}

const skopeo: CopyTool = {
  name: "skopeo",
  copy: (from, to, logins) => [
    "copy",
    "--all",
    "--preserve-digests",
    "--authfile",
    join(logins, "config.json"),
    ...(isPlain(from) ? ["--src-tls-verify=false"] : []),
    ...(isPlainHttp(to.repository) ? ["--dest-tls-verify=false"] : []),
    "layout" in from ? `oci:${from.layout}` : `docker://${from.repository}@${from.digest}`,
    `docker://${targetText(to)}`,
  ],
};

const crane: CopyTool = {
  name: "crane",
  copy: (from, to) => {
    const source = "layout" in from ? ["push", from.layout] : ["copy", `${from.repository}@${from.digest}`];
    return [...source, targetText(to), ...(isPlain(from) || isPlainHttp(to.repository) ? ["--insecure"] : [])];
  },
};

const oras: CopyTool = {
  name: "oras",
  copy: (from, to) => [
    "cp",
    "--no-tty",
    ...(isPlain(from) ? ["--from-plain-http"] : []),
    ...(isPlainHttp(to.repository) ? ["--to-plain-http"] : []),
    ...("layout" in from ? ["--from-oci-layout"] : []),
    `${"layout" in from ? from.layout : from.repository}@${from.digest}`,
    // Without a tag it goes under its digest alone.
    "tag" in to.reference ? targetText(to) : to.repository,
  ],
};

const TOOLS: readonly CopyTool[] = [skopeo, crane, oras];

/** Their names, the preferred one first. */
export const TOOL_NAMES = TOOLS.map(({ name }) => name);

/**
 * The tool that was asked for, or else the first that is on PATH.
 * @throws InputError that says what to install, where there is none
 */
export function findCopyTool(wanted: string | undefined, env = process.env): CopyTool {
  const place = { file: "--with", path: "" };
  const asked = wanted === undefined ? TOOLS : TOOLS.filter(({ name }) => name === wanted);
  if (wanted !== undefined && asked.length === 0) {
    const message = `must be one of ${TOOL_NAMES.join(", ")}`;
    refuseInput({ ...place, message, value: wanted, ...nearestHint(wanted, TOOL_NAMES) });
  }
  const found = asked.find(({ name }) => isOnPath(name, env));
  if (found !== undefined) return found;
  const names = asked.map(({ name }) => name).join(", ");
  const message = `nothing that copies between registries is on PATH: install ${names.replace(/, ([^,]+)$/, " or $1")} (Debian: apt install skopeo)`;
  return refuseInput({ ...place, message });
}

/** Whether a program can be started by its name. */
export function isOnPath(name: string, env = process.env): boolean {
  return (env.PATH ?? "").split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return folder !== "";
    } catch {
      return false;
    }
  });
}

function isPlain(from: CopySource): boolean {
  return "repository" in from && isPlainHttp(from.repository);
}

function targetText({ repository, reference }: CopyTarget): string {
  return "tag" in reference ? `${repository}:${reference.tag}` : `${repository}@${reference.digest}`;
}
