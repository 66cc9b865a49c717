import { hostOf, RegistryClient } from "../../registry/client.ts";
import { credentialsFor } from "../../registry/credentials.ts";
import { RegistryError } from "../../registry/failure.ts";
import type { Artifact } from "../../release/cut/manifest.ts";
import { InputError, type Problem } from "../../release/errors.ts";
import type { ImageRef } from "../../release/imageRef.ts";
import type { CutRequest } from "./options.ts";

/** Chart and images of a release, each with its digest. */
export interface Artifacts {
  readonly chart?: Artifact;
  readonly images: ReadonlyMap<string, Artifact>;
}

/** Takes the digests as they were typed. @throws Error where one is missing, which has been checked before */
export function typedArtifacts({ chart, images }: CutRequest): Artifacts {
  const typed = (ref: ImageRef): Artifact => {
    if (ref.digest === undefined) throw new Error(`${ref.repository} has no digest`);
    return { ...ref, digest: ref.digest };
  };
  return {
    ...(chart && { chart: typed(chart) }),
    images: new Map([...images].map(([name, ref]) => [name, typed(ref)])),
  };
}

/**
 * Looks chart and images up where they are, so that every digest is one that the registry has, of what it is said to be.
 * @throws InputError with whatever could not be found
 */
export async function resolveArtifacts(request: CutRequest, env = process.env): Promise<Artifacts> {
  const { chart, images } = request;
  const wanted = [
    ...(chart === undefined ? [] : [{ flag: "--chart", name: "", ref: chart, isChart: true }]),
    ...[...images].map(([name, ref]) => ({ flag: "--image", name, ref, isChart: false })),
  ];
  const client = new RegistryClient(
    credentialsFor(
      wanted.map(({ ref }) => hostOf(ref.repository)),
      env,
    ),
  );
  const problems: Problem[] = [];
  const found: { name: string; isChart: boolean; artifact: Artifact }[] = [];
  for (const { flag, name, ref, isChart } of wanted) {
    const refuse = (message: string) => problems.push({ file: flag, path: name, message, value: textOf(ref) });
    try {
      const { digest, kind } = await client.resolve(ref);
      if (isChart !== (kind === "chart")) refuse(isChart ? `is no Helm chart, but an ${kind}` : "is a Helm chart");
      found.push({ name, isChart, artifact: { ...ref, digest } });
    } catch (error) {
      if (!(error instanceof RegistryError)) throw error;
      refuse(error.message);
    }
  }
  if (problems.length > 0) throw new InputError(problems);
  const resolvedChart = found.find((entry) => entry.isChart)?.artifact;
  return {
    ...(resolvedChart && { chart: resolvedChart }),
    images: new Map(found.filter((entry) => !entry.isChart).map(({ name, artifact }) => [name, artifact])),
  };
}

function textOf({ repository, tag, digest }: ImageRef): string {
  return `${repository}${tag === undefined ? "" : `:${tag}`}${digest === undefined ? "" : `@${digest}`}`;
}
