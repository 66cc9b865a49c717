import { publicAccess } from "../aws/accessPolicy.ts";
import { lifecycleFaults, RELEASE_PREFIX } from "../aws/lifecycle.ts";
import type { Catalogue } from "../catalogue.ts";
import { nearest } from "../errors.ts";
import { parseImageRef } from "../imageRef.ts";
import { isObject } from "../json.ts";
import type { ImageUse } from "../kubernetes/podImages.ts";
import { fullRepository } from "../kubernetes/repository.ts";
import { isUnknown } from "../unknown.ts";
import type { Violation } from "../verdict.ts";

type Fields = Readonly<Record<string, unknown>>;

/**
 * An ECR repository: nobody moves its tags, and its images are encrypted with a KMS key.
 * @param exclusions patterns of tags that may move
 */
export function judgeRepository(props: Fields, exclusions: readonly string[]): Violation[] {
  return [...judgeMutability(props, exclusions), ...judgeEncryption(props)];
}

function judgeMutability(props: Fields, exclusions: readonly string[]): Violation[] {
  const { imageTagMutability: mutability, imageTagMutabilityExclusionFilters: filters } = props;
  if (mutability === "IMMUTABLE") return [];
  const remedy = `imageTagMutability: "IMMUTABLE", or "IMMUTABLE_WITH_EXCLUSION" for ${exclusions.join(", ")} alone`;
  if (mutability !== "IMMUTABLE_WITH_EXCLUSION") {
    const why = isUnknown(mutability)
      ? "whether its tags can be moved cannot be known before an update"
      : "its tags can be moved";
    return [{ message: `${why}: the same tag could name other bytes tomorrow`, remedy }];
  }
  if (!Array.isArray(filters)) return [{ message: "which of its tags can be moved cannot be told", remedy }];
  return filters.flatMap((item) => {
    const filter = isObject(item) ? item.filter : undefined;
    if (typeof filter === "string" && exclusions.includes(filter)) return [];
    const which =
      typeof filter === "string" && !isUnknown(filter)
        ? `tags ${filter} can be moved`
        : "which tags can be moved cannot be told";
    return [{ message: `${which}: only what floats by nature may`, remedy }];
  });
}

function judgeEncryption({ encryptionConfigurations: configurations }: Fields): Violation[] {
  const first: unknown = Array.isArray(configurations) ? configurations[0] : undefined;
  const type = isObject(first) ? first.encryptionType : undefined;
  if (type === "KMS" || type === "KMS_DSSE") return [];
  const why = [configurations, first, type].some(isUnknown) ? "cannot be known before an update to be" : "is not";
  return [
    {
      message: `it ${why} encrypted with a KMS key`,
      remedy: 'encryptionConfigurations: [{ encryptionType: "KMS", kmsKey: … }]',
    },
  ];
}

/** A public registry: anybody pulls from it, and its tags cannot be made immutable. */
export function judgePublicRepository(): Violation[] {
  return [
    {
      message: "ECR Public has no immutable tags, and anybody can pull from it",
      remedy: "aws.ecr.Repository, with a policy that lets in who needs it",
    },
  ];
}

/** A lifecycle policy cannot expire a released image. */
export function judgeLifecycle(props: Fields, keep: number): Violation[] {
  const rule = `{ rulePriority: 1, selection: { tagStatus: "tagged", tagPrefixList: ["${RELEASE_PREFIX}"], countType: "imageCountMoreThan", countNumber: ${keep} }, action: { type: "expire" } }`;
  return lifecycleFaults(props.policy, keep).map((fault) => ({
    message: `the lifecycle policy does not keep released images: ${fault}`,
    remedy: `put first: ${rule}`,
  }));
}

/** An access policy lets nobody in whom it does not name. */
export function judgeAccess(props: Fields): Violation[] {
  return publicAccess(props.policy).map((fault) => ({
    message: `the access policy may be public: ${fault}`,
    remedy: "name the roles that pull and push: Principal: { AWS: [<role ARNs>] }",
  }));
}

/** Whether a repository scans what is pushed to it, by its own setting. */
export function scansItself({ imageScanningConfiguration: scanning }: Fields): boolean {
  return isObject(scanning) && scanning.scanOnPush === true;
}

/** Whether a registry's scanning covers a repository of a name. */
export function scansRepository(registry: Fields, name: unknown): boolean {
  const rules = Array.isArray(registry.rules) ? registry.rules : [];
  return rules.some((rule) => {
    if (!isObject(rule) || !["SCAN_ON_PUSH", "CONTINUOUS_SCAN"].includes(String(rule.scanFrequency))) return false;
    const filters = Array.isArray(rule.repositoryFilters) ? rule.repositoryFilters : [];
    return filters.some((item) => isObject(item) && typeof item.filter === "string" && matches(item.filter, name));
  });
}

/** As ECR matches: `*` stands for anything, and a filter without one for every name that contains it. */
function matches(filter: string, name: unknown): boolean {
  if (filter === "*") return true;
  if (typeof name !== "string" || isUnknown(name)) return false;
  if (!filter.includes("*")) return name.includes(filter);
  const parts = filter.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`).test(name);
}

/** A repository that nothing scans. */
export function unscanned(): Violation {
  return {
    message: "its images are not scanned when they are pushed",
    remedy:
      "imageScanningConfiguration: { scanOnPush: true }, or enhanced scanning for the whole registry in this stack",
  };
}

/** Repositories that the catalogue lists, and further ones that the pack's configuration does, in full. */
export function listedRepositories(catalogue: Catalogue, further: readonly string[]): ReadonlySet<string> {
  const own = [...catalogue.modules.values()].flatMap(({ images }) =>
    Object.values(images).map(({ repository }) => repository),
  );
  return new Set([...own, ...further].map(fullRepository));
}

/** Every image comes from a repository that is listed. */
export function judgeOrigins(uses: readonly ImageUse[], listed: ReadonlySet<string>): Violation[] {
  return uses.flatMap(({ path, image, secret }) => {
    if (image === undefined) {
      return [
        {
          message: `where the image at ${path} comes from cannot be known before an update`,
          remedy: "write the whole reference as plain config",
        },
      ];
    }
    const ref = parseImageRef(image);
    const where = ref === undefined ? "" : fullRepository(ref.repository);
    if (listed.has(where)) return [];
    // What is no reference may be anything that was put there by mistake, a secret too: it is not repeated.
    const shown = where === "" || secret === true ? "a repository that is not shown here" : where;
    const near = shown === where ? nearest(where, listed) : undefined;
    return [
      {
        message: `the image at ${path} comes from ${shown}, which the catalogue does not list`,
        remedy: `list it under images: in catalog/modules/<module>.yaml${near === undefined ? "" : `, or take ${near}`}`,
      },
    ];
  });
}
