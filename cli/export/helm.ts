import { stringify } from "yaml";
import { sortKeys } from "../../release/json.ts";
import type { Platform, PlatformModule } from "../../release/platform.ts";
import { pulledFrom } from "../../release/registries.ts";
import { shellWord } from "../render/text.ts";

/** Helm's own default, which the program has too. */
const TIMEOUT = "5m";
/** As many revisions as the program keeps. */
const HISTORY = 10;

/**
 * A stack's releases for whoever runs plain Helm: by path, a values file for each module that has a chart, and `upgrade.sh`,
 * which installs them in the order that they need each other. The same stack always gives the same bytes.
 */
export function helmFiles(platform: Platform): ReadonlyMap<string, string> {
  const modules = [...platform.modules.values()];
  const charts = modules.filter(({ current }) => current.manifest.chart !== undefined);
  const files = charts.map((entry) => [valuesPath(entry), valuesText(entry)] as const);
  return new Map([...files, ["upgrade.sh", script(platform, modules)]]);
}

function valuesPath({ module }: PlatformModule): string {
  return `values/${module.name}.yaml`;
}

function valuesText({ module, current, values }: PlatformModule): string {
  const head = `# ${module.name} ${current.manifest.version}, manifest ${current.manifestDigest}. Written by imprimatur export: do not edit.`;
  // Helm reads YAML 1.1, where a bare "on" is true and "0755" a number.
  return `${head}\n${stringify(sortKeys(values), { version: "1.1", lineWidth: 0, aliasDuplicateObjects: false })}`;
}

function script(platform: Platform, modules: readonly PlatformModule[]): string {
  const { stack } = platform;
  return `${[
    "#!/bin/sh",
    `# The releases of ${stack.name}, each behind what it needs. Written by imprimatur export: do not edit.`,
    "# Charts are named by digest, for which Helm must be 3.20 or later. Further arguments go to every command:",
    "# ./upgrade.sh --kube-context <context> --dry-run=server",
    "set -eu",
    'cd "$(dirname "$0")"',
    ...modules.flatMap((entry) => ["", ...step(entry, platform)]),
  ].join("\n")}\n`;
}

function step(entry: PlatformModule, platform: Platform): readonly string[] {
  const { module, current, needs } = entry;
  const title = `# ${module.name} ${current.manifest.version}${needs.length > 0 ? `, which needs ${needs.join(", ")}` : ""}`;
  if (current.manifest.chart !== undefined) return [title, command(entry, platform)];
  const pulled = (repository: string) => pulledFrom(platform.settings["imprimatur:registries"], repository);
  const { images, content } = current.manifest;
  return [
    `${title}: has no chart`,
    ...Object.entries(images).map(([name, image]) => `#   image ${name}: ${pulled(image.repository)}@${image.digest}`),
    ...Object.entries(content).map(
      ([name, { repository, commit }]) => `#   content ${name}: ${repository} at ${commit}`,
    ),
  ];
}

function command(entry: PlatformModule, platform: Platform): string {
  const { module, current } = entry;
  const { repository = "", version = "", digest = "" } = current.manifest.chart ?? {};
  const chart = `oci://${pulledFrom(platform.settings["imprimatur:registries"], repository)}@${digest}`;
  const lines = [
    ["helm", "upgrade", "--install", module.name, chart],
    ["--version", version],
    ["--namespace", module.namespace, "--create-namespace"],
    ["--values", valuesPath(entry), "--reset-values"],
    module.atomic ? ["--atomic", "--cleanup-on-fail"] : ["--wait"],
    ["--timeout", TIMEOUT, "--history-max", String(HISTORY)],
  ];
  return [...lines.map((words) => words.map(shellWord).join(" ")), '"$@"'].join(" \\\n  ");
}
