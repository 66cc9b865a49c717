import { parseImageRef } from "../imageRef.ts";

/** An image that may run in a namespace. */
export interface ListedImage {
  /** As the cluster pulls it: registry host and path. */
  readonly repository: string;
  /** `sha256:…` */
  readonly digest: string;
  readonly module: string;
  readonly version: string;
  /** Until when, RFC 3339; absent where it has no end. */
  readonly until?: string;
}

/**
 * The list of a namespace as a ConfigMap holds it. By the 64 hex digits of an image: one line for each use of it,
 * `<repository> <module> <version> <until>`, in which `-` is no end.
 */
export type ListData = Readonly<Record<string, string>>;

/** Writes a list: the same bytes for the same images, in whatever order they come. */
export function listData(images: readonly ListedImage[]): ListData {
  const byDigest = Map.groupBy(images, ({ digest }) => digest.replace("sha256:", ""));
  const entries = [...byDigest].map(([hex, listed]) => [hex, [...new Set(listed.map(lineOf))].sort().join("\n")]);
  return Object.fromEntries(entries.sort(([a = ""], [b = ""]) => (a < b ? -1 : 1)));
}

function lineOf({ repository, module, version, until = "-" }: ListedImage): string {
  return `${repository} ${module} ${version} ${until}`;
}

/**
 * Whether an image may run at an instant, as the admission gate judges it: by its digest, under the repository that the
 * list gives. A tag beside the digest says nothing.
 */
export function admits(list: ListData, image: string, now: Date): boolean {
  const { repository, digest = "" } = parseImageRef(image) ?? {};
  const lines = list[digest.replace("sha256:", "")]?.split("\n") ?? [];
  return lines.some((line) => {
    const [listed, , , until = ""] = line.split(" ");
    return listed === repository && (until === "-" || Date.parse(until) > now.getTime());
  });
}
