import type { FoundManifest, RegistryClient } from "../../registry/client.ts";
import { RegistryError } from "../../registry/failure.ts";
import { refuseInput } from "../../release/errors.ts";
import { Refusal } from "../approve/outcome.ts";
import { type Delivery, verifyDelivered } from "./preflight.ts";
import type { Steps } from "./progress.ts";
import { type Copy, copyReferrers } from "./referrers.ts";
import type { DeliveredArtifact } from "./report.ts";
import { retried } from "./retry.ts";
import { runTool } from "./run.ts";
import { partsOf } from "./source.ts";
import type { CopyTool } from "./tools.ts";

/** What a delivery works with. */
export interface Workshop {
  readonly client: RegistryClient;
  /** Found when it is first needed: what has arrived already needs none. */
  readonly tool: () => CopyTool;
  /** Directory of the Docker configuration that the tool logs in with. */
  readonly logins: string;
  readonly steps: Steps;
}

/**
 * Copies one artifact, what refers to it and its tags, as far as they are not there yet, and checks the outcome. The
 * signatures go first, so that nobody finds the release's tag without them.
 * @throws InputError where something cannot be copied; what has arrived by then stays, and is not copied again
 */
export async function deliver(delivery: Delivery, workshop: Workshop): Promise<DeliveredArtifact> {
  const { artifact, source, manifest, isPresent, missingTags } = delivery;
  const { client, steps } = workshop;
  const { target: repository, digest } = artifact;
  const copy = copyWith(workshop);
  const [firstTag = ""] = artifact.tags;
  try {
    if (!isPresent) {
      steps.step(`${artifact.kind} ${artifact.name}: copying to ${repository}`);
      await copy(source, manifest, { repository, reference: { digest } });
    }
    steps.step(`${artifact.kind} ${artifact.name}: signatures and attestations`);
    const referrers = await copyReferrers(client, source, manifest, repository, copy);
    for (const tag of missingTags) await giveTag(client, repository, tag, manifest);
    steps.step(`${artifact.kind} ${artifact.name}: checking ${repository}:${firstTag}`);
    await verifyDelivered(client, delivery);
    const state = isPresent ? (missingTags.length > 0 ? "tagged" : "present") : "copied";
    return { ...describe(delivery), state, referrers: [...referrers] };
  } catch (error) {
    if (!(error instanceof RegistryError)) throw error;
    return refuseInput({ file: repository, path: digest, message: error.message });
  }
}

/** Looks once more: a copy takes its time, and somebody else may have given the tag meanwhile. */
async function giveTag(
  client: RegistryClient,
  repository: string,
  tag: string,
  manifest: FoundManifest,
): Promise<void> {
  const there = await retried(() => client.find({ repository, tag }));
  if (there === undefined) return retried(() => client.put(repository, tag, manifest));
  if (there.digest === manifest.digest) return;
  throw new Refusal(`the tag ${repository}:${tag} has just been given to another digest, ${there.digest}`);
}

/** What would be done, with nothing done. */
export function planned(delivery: Delivery): DeliveredArtifact {
  const isDone = delivery.isPresent && delivery.missingTags.length === 0;
  return { ...describe(delivery), state: isDone ? "present" : "planned", referrers: [] };
}

function describe({ artifact, source, manifest }: Delivery) {
  const { kind, name, digest, target: repository, tags } = artifact;
  const manifests = Math.max(1, partsOf(manifest).length);
  return { kind, name, from: source.text, repository, digest, tags: [...tags], manifests };
}

function copyWith({ tool, logins, steps }: Workshop): Copy {
  return async (source, manifest, target) => {
    const { name, copy } = tool();
    await runTool(name, copy(source.copySource(manifest), target, logins), {
      subject: `${target.repository}@${manifest.digest}`,
      env: { ...process.env, DOCKER_CONFIG: logins },
      onLine: steps.detail,
    });
  };
}
