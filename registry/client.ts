import { sha256 } from "../release/json.ts";
import { type Access, authorizationFor, loginNeeded, parseChallenge } from "./auth.ts";
import type { CredentialStore } from "./credentials.ts";
import { quoted, RegistryError } from "./failure.ts";
import { type Answer, isLoopback, type Request, send } from "./http.ts";
import { ACCEPT, type Descriptor, descriptorsIn, INDEX, kindOf, type ManifestKind } from "./manifest.ts";

/** What is looked up: a tag, a manifest digest, or a tag that must have the digest. */
export interface Wanted {
  /** Registry host and path. */
  readonly repository: string;
  readonly tag?: string;
  readonly digest?: string;
}

/** What a registry holds under a reference. */
export interface Found {
  /** `sha256:…` of the manifest or index, checked against its bytes. */
  readonly digest: string;
  readonly kind: ManifestKind;
}

/** A manifest or index, as the registry holds it. */
export interface FoundManifest extends Found {
  readonly mediaType: string;
  readonly bytes: Uint8Array;
}

/** The distribution specification asks clients to take manifests of up to 4 MiB. */
const MAX_MANIFEST_BYTES = 4 * 1024 * 1024;
const TIMEOUT_MS = 30_000;

type RequestParts = Pick<Request, "method" | "accept" | "content">;

/** The host of a repository as references write it. */
export function hostOf(repository: string): string {
  return repository.slice(0, repository.indexOf("/"));
}

/**
 * Reads manifests from registries and writes them there (OCI distribution specification; Docker Registry v2). Logs in when
 * it is asked to, and only for the repository in question; for writing only where something is written.
 */
export class RegistryClient {
  readonly #credentials: CredentialStore;
  readonly #timeoutMs: number;
  readonly #authorizations = new Map<string, string>();

  constructor(credentials: CredentialStore, timeoutMs = TIMEOUT_MS) {
    this.#credentials = credentials;
    this.#timeoutMs = timeoutMs;
  }

  /**
   * Finds what a reference names. An index stays an index.
   * @throws RegistryError where it is not there, or what is there does not have the digest that the registry says
   */
  async resolve(wanted: Wanted): Promise<Found> {
    const found = await this.find(wanted);
    if (found === undefined) throw new RegistryError(`was not found in ${hostOf(wanted.repository)}`);
    return { digest: found.digest, kind: found.kind };
  }

  /** As {@link resolve}, with the bytes; undefined where the registry has no such manifest. */
  async find({ repository, tag, digest }: Wanted): Promise<FoundManifest | undefined> {
    const reference = tag ?? digest;
    if (reference === undefined) throw new RegistryError("names neither a tag nor a digest");
    const head = await this.#manifest("HEAD", repository, reference);
    const promised = head.status === 200 ? head.headers.get("docker-content-digest") : null;
    // By digest where it is known: the tag may move between two requests.
    const { status, headers, body } = await this.#manifest("GET", repository, promised ?? reference);
    if (status === 404) return undefined;
    if (status !== 200) throw new RegistryError(`was not given: ${hostOf(repository)} answers with status ${status}`);
    const actual = `sha256:${sha256(body)}`;
    for (const told of [promised, headers.get("docker-content-digest")]) {
      if (told !== null && told !== actual) {
        throw new RegistryError(`is said to have digest ${quoted(told)}, and its bytes have ${actual}`);
      }
    }
    if (digest !== undefined && digest !== actual) {
      throw new RegistryError(`has digest ${actual} in ${hostOf(repository)}, not ${digest}`);
    }
    const mediaType = headers.get("content-type")?.split(";")[0]?.trim() ?? "";
    return { digest: actual, kind: kindOf(mediaType, body), mediaType, bytes: body };
  }

  /**
   * What refers to a manifest, by the referrers API. Undefined where the registry has none: then a tag lists them.
   * @throws RegistryError
   */
  async referrers(repository: string, digest: string): Promise<readonly Descriptor[] | undefined> {
    const { base, path } = locate(repository);
    const url = new URL(`/v2/${path}/referrers/${digest}`, base);
    const { status, headers, body } = await this.#authorized(url, repository, "pull", { method: "GET", accept: INDEX });
    const isIndex = headers.get("content-type")?.split(";")[0]?.trim() === INDEX;
    return status === 200 && isIndex ? descriptorsIn(body) : undefined;
  }

  /**
   * Writes a manifest whose parts are there already under a tag.
   * @throws RegistryError where the registry does not take it, as for an immutable tag
   */
  async put(repository: string, tag: string, { mediaType: type, bytes }: Pick<FoundManifest, "mediaType" | "bytes">) {
    const { base, path } = locate(repository);
    const url = new URL(`/v2/${path}/manifests/${encodeURIComponent(tag)}`, base);
    const request = { method: "PUT", accept: "application/json", content: { type, bytes } } as const;
    const { status, body } = await this.#authorized(url, repository, "pull,push", request);
    if (status !== 201) {
      const why = quoted(Buffer.from(body).toString("utf8"));
      throw new RegistryError(`was not written: ${hostOf(repository)} answers with status ${status}, ${why}`);
    }
  }

  #manifest(method: "GET" | "HEAD", repository: string, reference: string): Promise<Answer> {
    const { base, path } = locate(repository);
    const url = new URL(`/v2/${path}/manifests/${encodeURIComponent(reference)}`, base);
    return this.#authorized(url, repository, "pull", { method, accept: ACCEPT });
  }

  async #authorized(url: URL, repository: string, access: Access, request: RequestParts): Promise<Answer> {
    const key = `${access} ${repository}`;
    const first = await this.#send(url, request, this.#authorizations.get(key));
    if (first.status !== 401) return first;
    const { base, path } = locate(repository);
    const challenge = parseChallenge(first.headers.get("www-authenticate"));
    if (challenge === undefined) throw loginNeeded(base);
    const credentials = this.#credentials(hostOf(repository));
    const authorization = await authorizationFor(challenge, base, path, access, credentials, this.#timeoutMs);
    this.#authorizations.set(key, authorization);
    const second = await this.#send(url, request, authorization);
    if (second.status === 401 || second.status === 403) throw loginNeeded(base);
    return second;
  }

  #send(url: URL, request: RequestParts, authorization: string | undefined): Promise<Answer> {
    const rest = { limit: MAX_MANIFEST_BYTES, timeoutMs: this.#timeoutMs };
    return send(url, { ...request, ...rest, ...(authorization === undefined ? {} : { authorization }) });
  }
}

/** Whether a registry is reached by plain HTTP: only one on this machine is. */
export function isPlainHttp(repository: string): boolean {
  return locate(repository).base.protocol === "http:";
}

/** Where a repository is served. Docker Hub's images are elsewhere than its name says, and its own have a prefix. */
function locate(repository: string): { base: URL; path: string } {
  const host = hostOf(repository);
  const path = repository.slice(host.length + 1);
  if (host === "docker.io") {
    return { base: new URL("https://registry-1.docker.io"), path: path.includes("/") ? path : `library/${path}` };
  }
  const plain = isLoopback(new URL(`https://${host}`).hostname);
  return { base: new URL(`${plain ? "http" : "https"}://${host}`), path };
}
