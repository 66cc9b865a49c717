import type { FoundManifest, RegistryClient } from "../../registry/client.ts";
import { RegistryError } from "../../registry/failure.ts";
import { InputError, type Problem } from "../../release/errors.ts";
import { Refusal } from "../approve/outcome.ts";
import type { Artifact } from "./artifacts.ts";
import { retried } from "./retry.ts";
import { type ManifestSource, partsOf, repositorySource } from "./source.ts";

/** An artifact, where it comes from, and what is missing at its destination. */
export interface Delivery {
  readonly artifact: Artifact;
  readonly source: ManifestSource;
  readonly manifest: FoundManifest;
  /** Whether the destination has the manifest and all that it lists. */
  readonly isPresent: boolean;
  readonly missingTags: readonly string[];
}

/**
 * Looks at both ends of every artifact before anything is changed.
 * @param open opens where an artifact is; nothing where what is there already need not be fetched again
 * @throws Refusal where a tag names another digest already
 * @throws InputError where something is not at its source, or a registry does not answer
 */
export async function checkDeliveries(
  client: RegistryClient,
  artifacts: readonly Artifact[],
  open: (artifact: Artifact, isPresent: boolean) => Promise<ManifestSource | undefined>,
): Promise<readonly Delivery[]> {
  const problems: Problem[] = [];
  const taken: string[] = [];
  const deliveries: Delivery[] = [];
  for (const artifact of artifacts) {
    const refuse = (where: string, message: string) => problems.push({ file: where, path: artifact.digest, message });
    try {
      const tags = await tagsAt(client, artifact);
      taken.push(...tags.filter(({ found }) => found !== undefined && found !== artifact.digest).map(takenText));
      const missingTags = tags.filter(({ found }) => found === undefined).map(({ tag }) => tag);
      const destination = repositorySource(client, artifact.target);
      const isPresent = await isComplete(destination, artifact.digest);
      // What has arrived needs its source no more, but for what has been signed there since.
      const source = (await open(artifact, isPresent)) ?? destination;
      const manifest = (await source.find(artifact)) ?? (isPresent ? await destination.find(artifact) : undefined);
      if (manifest === undefined)
        refuse(source.text, `has no such ${artifact.kind}: ${artifact.name} cannot be copied`);
      else if ((manifest.kind === "chart") !== (artifact.kind === "chart")) {
        refuse(source.text, `is of kind ${manifest.kind}, and ${artifact.name} is to be the ${artifact.kind}`);
      } else deliveries.push({ artifact, source, manifest, isPresent, missingTags });
    } catch (error) {
      if (error instanceof InputError) problems.push(...error.problems);
      else if (error instanceof RegistryError) refuse(artifact.target, error.message);
      else throw error;
    }
  }
  if (taken.length > 0) {
    const next = ["a tag that has been given stays: cut a release with a new version, or find out who gave the tag"];
    throw new Refusal(`${taken.join("; ")}. Nothing was copied`, next);
  }
  if (problems.length > 0) throw new InputError(problems);
  return deliveries;
}

/**
 * Holds the destination against the release manifest.
 * @throws InputError where a tag is missing or names other bytes, or a part of an index is not there
 */
export async function verifyDelivered(client: RegistryClient, { artifact }: Delivery): Promise<void> {
  const { target, digest } = artifact;
  const wrong = (await tagsAt(client, artifact)).filter(({ found }) => found !== digest);
  const problems: Problem[] = wrong.map(({ tag, found }) => {
    return {
      file: `${target}:${tag}`,
      path: "",
      message: `has ${found ?? "nothing"} after the copy, and must have ${digest}`,
    };
  });
  if (!(await isComplete(repositorySource(client, target), digest))) {
    problems.push({ file: target, path: digest, message: "is not there as a whole after the copy" });
  }
  if (problems.length > 0) throw new InputError(problems);
}

async function tagsAt(client: RegistryClient, { target: repository, tags }: Artifact) {
  const found = [];
  for (const tag of tags) {
    const manifest = await retried(() => client.find({ repository, tag }));
    found.push({ repository, tag, found: manifest?.digest });
  }
  return found;
}

async function isComplete(destination: ManifestSource, digest: string): Promise<boolean> {
  const manifest = await destination.find({ digest });
  if (manifest === undefined) return false;
  for (const part of partsOf(manifest)) {
    if ((await destination.find({ digest: part })) === undefined) return false;
  }
  return true;
}

function takenText({ repository, tag, found }: { repository: string; tag: string; found: string | undefined }): string {
  return `the tag ${repository}:${tag} names another digest already, ${found}`;
}
