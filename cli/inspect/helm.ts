import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parse } from "yaml";
import { refuseInput } from "../../release/errors.ts";
import { isObject, type JsonObject } from "../../release/json.ts";
import {
  asksOf,
  chartObjects,
  type RenderedImage,
  renderedImages,
  renderedObjects,
} from "../../release/kubernetes/rendered.ts";
import type { ChartObject } from "../../release/schema/predicates.ts";

/** A chart, rendered. */
export interface Rendering {
  readonly chart: { readonly name: string; readonly version: string };
  /** Version of Helm, such as `v3.22.0`. */
  readonly helm: string;
  readonly images: readonly RenderedImage[];
  readonly objects: readonly ChartObject[];
  readonly asks: readonly ("lookup" | "capabilities")[];
}

/** What a chart is rendered with. */
export interface RenderRequest {
  /** A folder, or an `oci://` reference. */
  readonly chart: string;
  readonly name: string;
  readonly namespace: string;
  readonly values: JsonObject;
  readonly kubernetes: string;
}

/**
 * Renders a chart with the `helm` on PATH, as an installation would, all hooks included.
 * @throws InputError where there is no helm, no such chart, or it does not render
 */
export function renderChart({ chart, name, namespace, values, kubernetes }: RenderRequest): Rendering {
  const helm = runHelm(["version", "--template", "{{.Version}}"]).trim();
  const scratch = mkdtempSync(join(tmpdir(), "imprimatur-chart-"));
  try {
    const folder = chart.startsWith("oci://") ? pull(chart, scratch) : localChart(chart);
    const args = ["template", name, folder, "--namespace", namespace, "--kube-version", kubernetes, "--values", "-"];
    const text = runHelm([...args, "--include-crds"], JSON.stringify(values));
    const objects = objectsOf(text, chart);
    const found = { images: renderedImages(objects), objects: chartObjects(objects), asks: asksIn(folder) };
    return { chart: readChart(folder, chart), helm, ...found };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function pull(chart: string, into: string): string {
  runHelm(["pull", chart, "--untar", "--untardir", into]);
  const [folder] = readdirSync(into).filter((entry) => statSync(join(into, entry)).isDirectory());
  if (folder === undefined) refuseInput({ file: "--chart", path: "", message: "is no chart", value: chart });
  return join(into, folder);
}

function localChart(chart: string): string {
  const folder = resolve(chart);
  if (!existsSync(join(folder, "Chart.yaml"))) {
    const message = "is neither the folder of a chart, with a Chart.yaml, nor an oci:// reference";
    refuseInput({ file: "--chart", path: "", message, value: chart });
  }
  return folder;
}

function readChart(folder: string, chart: string): Rendering["chart"] {
  const content: unknown = parse(readFileSync(join(folder, "Chart.yaml"), "utf8"));
  const { name, version } = isObject(content) ? content : {};
  if (typeof name === "string" && typeof version === "string") return { name, version };
  return refuseInput({ file: "--chart", path: "Chart.yaml", message: "has no name and version", value: chart });
}

function objectsOf(text: string, chart: string): ReturnType<typeof renderedObjects> {
  try {
    return renderedObjects(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return refuseInput({ file: "--chart", path: "", message: `renders to no YAML: ${error.message}`, value: chart });
  }
}

/** What templates of the chart and its subcharts ask the cluster. A packed subchart cannot be looked into: it may ask all. */
function asksIn(folder: string): Rendering["asks"] {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).map((path) => path.replaceAll("\\", "/"));
  if (files.some((path) => /(^|\/)charts\/[^/]+\.tgz$/.test(path))) return ["lookup", "capabilities"];
  const templates = files.filter((path) => /(^|\/)templates\//.test(path) && statSync(join(folder, path)).isFile());
  return asksOf(templates.map((path) => readFileSync(join(folder, path), "utf8")));
}

function runHelm(args: readonly string[], input = ""): string {
  try {
    return execFileSync("helm", args, { input, encoding: "utf8", maxBuffer: 256 * 1024 * 1024, stdio: "pipe" });
  } catch (error) {
    const { code, stderr } = error as NodeJS.ErrnoException & { stderr?: string };
    if (code === "ENOENT") {
      refuseInput({
        file: "helm",
        path: "",
        message: "is not on the PATH; https://helm.sh/docs/intro/install says how to get it",
      });
    }
    const lines = (stderr ?? "").split("\n");
    const reason = lines.find((line) => line.startsWith("Error: ")) ?? String(code);
    return refuseInput({ file: `helm ${args[0]}`, path: "", message: reason.replace("Error: ", "") });
  }
}
