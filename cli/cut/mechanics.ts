import { join } from "node:path";
import { z } from "zod";
import type { CutParts } from "../../release/cut/manifest.ts";
import { ChartFile, type ChartFiles, DependentFile, disagreements } from "../../release/cut/mechanics.ts";
import { refuseInput } from "../../release/errors.ts";
import { parseBytes } from "../../release/parse.ts";
import type { ReleaseManifest } from "../../release/schema/manifest.ts";
import type { Module } from "../../release/schema/module.ts";
import { Refusal } from "../approve/outcome.ts";
import { readToolFile } from "../attest/file.ts";
import type { CutOptions } from "./options.ts";

const MAX_YAML_BYTES = 4 * 1024 * 1024;

/** Reads the files that have to agree with what is cut. @throws InputError naming the file */
export function readChartFiles(module: Module, { chartDir, dependsOnFile }: CutOptions): ChartFiles {
  const flag = chartDir === undefined ? "--depends-on-file" : "--chart-dir";
  if (module.chart === undefined && (chartDir ?? dependsOnFile) !== undefined) {
    refuseInput({ file: flag, path: "", message: `${module.name} declares no chart` });
  }
  const read = <T extends z.ZodType>(file: string, schema: T) => {
    const content = parseBytes(readToolFile(file, MAX_YAML_BYTES), file, schema);
    return { file, content };
  };
  return {
    ...(chartDir !== undefined && {
      chart: read(join(chartDir, "Chart.yaml"), ChartFile),
      values: read(join(chartDir, "values.yaml"), z.record(z.string(), z.unknown())),
    }),
    ...(dependsOnFile !== undefined && { dependent: read(dependsOnFile, DependentFile) }),
  };
}

/** @throws Refusal naming every file and value that is not what is cut */
export function checkMechanics(
  module: Module,
  manifest: ReleaseManifest,
  parts: Pick<CutParts, "images">,
  files: ChartFiles,
): void {
  const found = disagreements(module, manifest, parts, files);
  if (found.length === 0) return;
  const next = found.map(({ file, path, value, expected }) => {
    const says = value === undefined ? "says nothing" : `says ${value}`;
    return `${file} ${path} ${says}: make it ${expected}, or cut what it says`;
  });
  throw new Refusal("files and release do not agree", next);
}
