import { hostOf, type RegistryClient } from "../../registry/client.ts";
import { refuseInput } from "../../release/errors.ts";
import type { Artifact } from "./artifacts.ts";
import { fetchFromDaemon, fetchHttpChart } from "./fetched.ts";
import { Layout } from "./layout.ts";
import { layoutSource, type ManifestSource, repositorySource } from "./source.ts";

/** Where `--from` and `--chart-from` say that artifacts are. */
export type Origin =
  | { readonly kind: "manifest" }
  | { readonly kind: "registry"; readonly url: string }
  | { readonly kind: "layout"; readonly directory: string }
  | { readonly kind: "daemon" }
  | { readonly kind: "http"; readonly url: string };

const DAEMON = "docker-daemon:";

/**
 * Reads `--from`: a registry with its path, `oci:<directory>` or `docker-daemon:`; without it, each artifact is where the
 * release manifest says. `--chart-from` also takes the URL of an HTTP chart repository.
 * @throws InputError
 */
export function readOrigin(flag: "--from" | "--chart-from", text: string | undefined): Origin {
  if (text === undefined) return { kind: "manifest" };
  if (text.startsWith("oci:") && text.length > "oci:".length && !text.startsWith("oci://")) {
    return { kind: "layout", directory: text.slice("oci:".length) };
  }
  if (flag === "--from" && text === DAEMON) return { kind: "daemon" };
  if (flag === "--chart-from" && /^https?:\/\//.test(text)) return { kind: "http", url: text };
  if (/^[a-z0-9.-]+(:\d+)?(\/[a-z0-9._-]+)*$/.test(text)) return { kind: "registry", url: text };
  const forms = flag === "--from" ? `${DAEMON} (for all images)` : "https://… (an HTTP chart repository)";
  const message = `must be a registry such as ghcr.io/team, oci:<directory> or ${forms}`;
  return refuseInput({ file: flag, path: "", message, value: text });
}

/** The registry that an artifact is read from, if it is one. */
export function sourceRepository(artifact: Artifact, origin: Origin): string | undefined {
  if (origin.kind === "manifest") return artifact.origin;
  if (origin.kind === "registry") return `${origin.url}/${artifact.path}`;
  // A daemon holds no charts: those are where the release manifest says.
  return origin.kind === "daemon" && artifact.kind === "chart" ? artifact.origin : undefined;
}

/** The registries that artifacts are read from. */
export function sourceHosts(artifacts: readonly Artifact[], origin: (artifact: Artifact) => Origin): readonly string[] {
  return artifacts.flatMap((artifact) => {
    const repository = sourceRepository(artifact, origin(artifact));
    return repository === undefined ? [] : [hostOf(repository)];
  });
}

/**
 * Opens where an artifact is. What is not in a registry is fetched first, as a whole; not where it has arrived already.
 * @param directory for what is fetched
 */
export async function openSource(
  artifact: Artifact,
  origin: Origin,
  client: RegistryClient,
  directory: string,
  isPresent: boolean,
): Promise<ManifestSource | undefined> {
  const repository = sourceRepository(artifact, origin);
  if (repository !== undefined) return repositorySource(client, repository);
  const { digest, name, version = "" } = artifact;
  switch (origin.kind) {
    case "layout":
      return layoutSource(new Layout(origin.directory), `oci:${origin.directory}`, directory);
    case "http": {
      if (isPresent) return undefined;
      const chart = { url: origin.url, name: artifact.origin.split("/").at(-1) ?? name, version, digest };
      return layoutSource(await fetchHttpChart(chart, directory), origin.url, directory);
    }
    default:
      if (isPresent) return undefined;
      return layoutSource(await fetchFromDaemon(artifact.origin, digest, directory), DAEMON, directory);
  }
}
