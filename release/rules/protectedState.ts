import { isObject } from "../json.ts";
import { pathsThatHideImages } from "../kubernetes/ignoredImages.ts";
import type { ImageUse } from "../kubernetes/podImages.ts";
import { isUnknown } from "../unknown.ts";
import type { Violation } from "../verdict.ts";

type Fields = Readonly<Record<string, unknown>>;

/** Resources whose loss takes data, or a name that others rely on, with it. A type ends with `*` for all that begin so. */
export const STATEFUL_TYPES: readonly string[] = [
  "kubernetes:core/v1:Namespace",
  "kubernetes:core/v1:PersistentVolume",
  "kubernetes:core/v1:PersistentVolumeClaim",
  "eks:index:Cluster",
  "aws:eks/cluster:Cluster",
  "aws:ecr/repository:Repository",
  "aws:ecrpublic/repository:Repository",
  "aws:rds/instance:Instance",
  "aws:rds/cluster:Cluster",
  "aws:docdb/cluster:Cluster",
  "aws:dynamodb/table:Table",
  "aws:s3/bucket:Bucket",
  "aws:s3/bucketV2:BucketV2",
  "aws:efs/fileSystem:FileSystem",
  "aws:ebs/volume:Volume",
  "aws:kms/key:Key",
  "aws:elasticache/replicationGroup:ReplicationGroup",
  "aws:opensearch/domain:Domain",
];

/** Whether a resource type is one of those, or begins like one that ends with `*`. */
export function holdsState(type: string, types: readonly string[]): boolean {
  return types.some((each) => (each.endsWith("*") ? type.startsWith(each.slice(0, -1)) : type === each));
}

/** What holds state is protected: Pulumi then neither deletes nor replaces it. */
export function judgeProtection(protect: boolean): Violation[] {
  if (protect) return [];
  return [
    {
      message: "it holds state and is not protected, so a change could delete or replace it",
      remedy: "{ protect: true } among its options",
    },
  ];
}

/** Switches that let data go with what holds it, each with what must be said instead. */
const SWITCHES: readonly { readonly types: RegExp; readonly key: string; readonly danger: string }[] = [
  { types: /^aws:s3\/bucket/, key: "forceDestroy", danger: "the bucket's objects are deleted with it" },
  {
    types: /^aws:ecr(public)?\/repository:/,
    key: "forceDelete",
    danger: "the repository's images are deleted with it",
  },
  { types: /^aws:ecrpublic\/repository:/, key: "forceDestroy", danger: "the repository's images are deleted with it" },
  {
    types: /^aws:(rds\/(instance|cluster)|docdb\/cluster):/,
    key: "skipFinalSnapshot",
    danger: "no snapshot is taken before it is deleted",
  },
];

/** Inputs by which data is deleted along with what holds it. */
export function judgeSwitches(type: string, props: Fields): Violation[] {
  const violations = SWITCHES.filter(
    ({ types, key }) => types.test(type) && ![undefined, null, false].includes(props[key] as never),
  ).map(({ key, danger }) => ({
    message: isUnknown(props[key])
      ? `${key} cannot be known before an update; if it is on, ${danger}`
      : `${danger}: ${key} is on`,
    remedy: `${key}: false`,
  }));
  return type.includes(":StatefulSet") ? [...violations, ...judgeClaims(props)] : violations;
}

/** Claims of a StatefulSet outlive it, unless it says otherwise. */
function judgeClaims({ spec }: Fields): Violation[] {
  const policy = isObject(spec) ? spec.persistentVolumeClaimRetentionPolicy : undefined;
  if (policy === undefined || policy === null) return [];
  const path = "spec.persistentVolumeClaimRetentionPolicy";
  const fields = isObject(policy) ? [policy.whenDeleted, policy.whenScaled] : [policy];
  if (fields.every((value) => value === undefined || value === "Retain")) return [];
  return [
    {
      message: `${path} lets data go with the Pods that use it`,
      remedy: `${path}: { whenDeleted: "Retain", whenScaled: "Retain" }`,
    },
  ];
}

/** `ignoreChanges` may hide no image: what runs would not be what was declared and judged. */
export function judgeIgnored(
  ignored: readonly string[],
  uses: readonly ImageUse[],
  resource: { readonly props: Fields; readonly chart: boolean },
): Violation[] {
  return pathsThatHideImages(ignored, uses, resource).map((path) => ({
    message: `ignoreChanges: "${path}" reaches an image, so what runs need not be what is declared`,
    remedy: `take "${path}" out of ignoreChanges`,
  }));
}
