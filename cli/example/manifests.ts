import type { Catalogue } from "../../release/catalogue.ts";
import type { Files } from "../../release/files.ts";
import { prettyJson, sha256 } from "../../release/json.ts";
import { parseBytes } from "../../release/parse.ts";
import { ReleaseManifest } from "../../release/schema/manifest.ts";
import { chartOf } from "./charts.ts";

/** The manifests and stack files that have to change so that every manifest names the digest of its example chart. */
export async function withChartDigests(
  files: Files,
  catalogue: Catalogue,
  stackFiles: readonly string[],
): Promise<Map<string, Uint8Array>> {
  const changed = new Map<string, Uint8Array>();
  const digests = new Map<string, string>();
  for (const [name, module] of catalogue.modules) {
    for (const version of catalogue.versions(name)) {
      const path = catalogue.releasePath(name, version);
      const bytes = files.read(path) ?? new Uint8Array();
      const manifest = parseBytes(bytes, path, ReleaseManifest);
      if (manifest.chart === undefined) continue;
      const { digest } = await chartOf(name, module, manifest);
      if (digest === manifest.chart.digest) continue;
      const raw = JSON.parse(Buffer.from(bytes).toString("utf8"));
      const renewed = Buffer.from(prettyJson({ ...raw, chart: { ...raw.chart, digest } }));
      changed.set(path, renewed);
      digests.set(sha256(bytes), sha256(renewed));
    }
  }
  for (const path of stackFiles) {
    const text = Buffer.from(files.read(path) ?? new Uint8Array()).toString("utf8");
    const renewed = text.replace(/(?<=@sha256:)[0-9a-f]{64}/g, (digest) => digests.get(digest) ?? digest);
    if (renewed !== text) changed.set(path, Buffer.from(renewed));
  }
  return changed;
}
