import { z } from "zod";
import {
  judgeAccess,
  judgeLifecycle,
  judgeOrigins,
  judgePublicRepository,
  judgeRepository,
  listedRepositories,
  scansItself,
  scansRepository,
  unscanned,
} from "../release/rules/registryImmutable.ts";
import { combinedPolicy } from "./adapter.ts";
import { classesSetting } from "./classes.ts";
import { imagesOf } from "./images.ts";
import type { JudgedResource } from "./rule.ts";

const REPOSITORY = "aws:ecr/repository:Repository";
const PUBLIC_REPOSITORY = "aws:ecrpublic/repository:Repository";
const SCANNING = "aws:ecr/registryScanningConfiguration:RegistryScanningConfiguration";
const LIFECYCLE = "aws:ecr/lifecyclePolicy:LifecyclePolicy";
const ACCESS = new Set([
  "aws:ecr/repositoryPolicy:RepositoryPolicy",
  "aws:ecr/registryPolicy:RegistryPolicy",
  "aws:ecrpublic/repositoryPolicy:RepositoryPolicy",
]);
/** Ours, which say what a stack takes from a registry. */
const IMAGE = "imprimatur:release:BlessedImage";
const REGISTRY = "imprimatur:registry:OciRegistry";

/** What floats by nature, as ECR writes patterns of tags. */
const FLOATING = ["edge", "edge-*", "daily", "daily-*", "d_*", "recommended"];
/** A repository holds no more images by default. */
const MOST_IMAGES = 20_000;

export const registryImmutable = combinedPolicy({
  name: "registry-immutable",
  description:
    "Registries keep what they were given: immutable tags, scanned and encrypted images, released ones never expired; and every image comes from a repository that the catalogue lists.",
  severity: "high",
  framework: {
    name: "NIST SSDF",
    version: "1.1",
    reference: "PS.2.1, PS.3.1",
    specification: "The integrity of each release can be verified, and what is needed of it is kept.",
  },
  tags: ["NIST SSDF", "SLSA", "registries"],
  remediation:
    "Make tags immutable, keep rel-* by the first lifecycle rule, name who may pull, and list the repository.",
  settings: z.object({
    classes: classesSetting("staging", "prod"),
    exclusions: z.array(z.string()).default(FLOATING).describe("Patterns of tags that may be moved"),
    keep: z
      .int()
      .min(1)
      .default(MOST_IMAGES)
      .describe("How many released images a lifecycle rule must leave to count as keeping them"),
    repositories: z
      .array(z.string())
      .default([])
      .describe("Further repositories that images may come from, such as those of cluster add-ons"),
  }),
  concerns: (type) =>
    type.startsWith("kubernetes:") || type.startsWith("aws:ecr") || type === IMAGE || type === REGISTRY,
  judge: (resource, { catalogue, stack, settings }) => {
    if (!settings.classes.includes(stack.class)) return [];
    const { type, props } = resource;
    if (type === REPOSITORY) return judgeRepository(props, settings.exclusions);
    if (type === PUBLIC_REPOSITORY) return judgePublicRepository();
    if (type === LIFECYCLE) return judgeLifecycle(props, settings.keep);
    if (ACCESS.has(type)) return judgeAccess(props);
    const uses = usesOf(resource);
    return uses.length === 0 ? [] : judgeOrigins(uses, listedRepositories(catalogue, settings.repositories));
  },
  judgeStack: (resources, { stack, settings }) => {
    if (!settings.classes.includes(stack.class)) return [];
    const registries = resources.filter(({ type }) => type === SCANNING);
    return resources
      .filter(({ type, props }) => type === REPOSITORY && !scansItself(props))
      .filter(({ props }) => !registries.some((registry) => scansRepository(registry.props, props.name)))
      .map(({ urn }) => ({ ...unscanned(), urn }));
  },
});

function usesOf(resource: JudgedResource) {
  const { type, props } = resource;
  if (type === IMAGE) return [{ path: "repository", image: textOf(props.repository) }];
  if (type !== REGISTRY) return imagesOf(resource);
  const { repositories } = props;
  if (!Array.isArray(repositories)) return [{ path: "repositories", image: undefined }];
  return repositories.map((repository, index) => ({
    path: `repositories[${index}]`,
    image: asListed(textOf(repository), props),
  }));
}

/** What a mirror has, as the catalogue writes it. */
function asListed(repository: string | undefined, { url, mirrors }: JudgedResource["props"]): string | undefined {
  if (typeof url !== "string" || typeof mirrors !== "string" || !repository?.startsWith(`${url}/`)) return repository;
  return `${mirrors}${repository.slice(url.length)}`;
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
