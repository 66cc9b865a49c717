/** An image reference in its parts, as containers and charts write it. */
export interface ImageRef {
  /** Registry and path as written; `nginx` stays `nginx`. */
  readonly repository: string;
  readonly tag?: string;
  /** `sha256:…`; the only part that names exactly one image. */
  readonly digest?: string;
}

// The grammar of the distribution specification: [host[:port]/]path[:tag][@digest]; a digest's hex is lower-case.
const HOST = String.raw`(?:[a-zA-Z0-9.-]+(?::\d+)?|\[[0-9a-fA-F:]+\](?::\d+)?)`;
const PATH = String.raw`[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*`;
const REFERENCE = new RegExp(
  String.raw`^((?:${HOST}/)?${PATH}(?:/${PATH})*)(?::([\w][\w.-]{0,127}))?(?:@(sha256:[0-9a-f]{64}))?$`,
);

/** Parses an image reference; undefined where it is none, so that a caller refuses rather than guesses. */
export function parseImageRef(text: string): ImageRef | undefined {
  const [, repository, tag, digest] = REFERENCE.exec(text) ?? [];
  if (repository === undefined) return undefined;
  return { repository, ...(tag === undefined ? {} : { tag }), ...(digest === undefined ? {} : { digest }) };
}
