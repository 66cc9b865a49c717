import { quoted, RegistryError } from "./failure.ts";

/** An answer whose body has been read as a whole. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Uint8Array;
}

export interface Request {
  readonly method: "GET" | "HEAD" | "PUT";
  readonly accept: string;
  /** Value of the Authorization header. It goes to the origin of the first URL and to no other. */
  readonly authorization?: string;
  /** What is sent, with its media type. */
  readonly content?: { readonly type: string; readonly bytes: Uint8Array };
  /** The longest body that is read, in bytes. */
  readonly limit: number;
  /** For the whole exchange, redirects included. */
  readonly timeoutMs: number;
}

const MAX_REDIRECTS = 5;

/** Whether a host name is this machine: the only place where plain HTTP will do. */
export function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(hostname);
}

/**
 * Sends a request and follows its redirects; not those of a PUT, which writes where it was sent or nowhere.
 * @throws RegistryError where the server cannot be reached, or its answer is too long, too late or leads elsewhere by plain HTTP
 */
export async function send(first: URL, request: Request): Promise<Answer> {
  const { method, accept, authorization, content, limit, timeoutMs } = request;
  const signal = AbortSignal.timeout(timeoutMs);
  let url = first;
  checkTransport(url, isPlain(first));
  try {
    for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects += 1) {
      const headers = {
        accept,
        ...(authorization !== undefined && url.origin === first.origin ? { authorization } : {}),
        ...(content === undefined ? {} : { "content-type": content.type }),
      };
      const sent = content === undefined ? {} : { body: Uint8Array.from(content.bytes) };
      const response = await fetch(url, { method, headers, ...sent, redirect: "manual", signal });
      const location = response.headers.get("location");
      if (method === "PUT" || response.status < 300 || response.status >= 400 || location === null) {
        const body = await readBody(response, limit);
        if (response.status === 429 || response.status >= 500) throw overloaded(url, response.status);
        return { status: response.status, headers: response.headers, body };
      }
      await response.body?.cancel();
      url = parseUrl(location, url);
      checkTransport(url, isPlain(first));
    }
  } catch (error) {
    throw error instanceof RegistryError ? error : unreachable(url, error, timeoutMs);
  }
  throw new RegistryError(`was redirected more than ${MAX_REDIRECTS} times by ${first.host}`);
}

function isPlain(url: URL): boolean {
  return url.protocol === "http:" && isLoopback(url.hostname);
}

/**
 * HTTPS, or plain HTTP on this machine where the registry itself is on it: no server elsewhere sends us to a local port.
 * @throws RegistryError
 */
export function checkTransport(url: URL, plainAllowed: boolean): void {
  if (url.protocol === "https:" || (plainAllowed && isPlain(url))) return;
  throw new RegistryError(`would need ${quoted(url.origin)}: only https is used, and plain http only on this machine`);
}

/** @throws RegistryError where a server gives what is no URL, or one with a password in it */
export function parseUrl(text: string, base?: URL): URL {
  const url = URL.parse(text, base?.href);
  if (url === null || url.username !== "" || url.password !== "") {
    throw new RegistryError(`was sent to ${quoted(text)}, which is no usable URL`);
  }
  return url;
}

async function readBody(response: Response, limit: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    // Leaving the loop cancels the stream: the rest is not read.
    if (size > limit) throw new RegistryError(`got an answer of more than ${limit} bytes, which is too long`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function overloaded(url: URL, status: number): RegistryError {
  return new RegistryError(`was not given: ${url.host} answers with status ${status}`, { transient: true });
}

function unreachable(url: URL, error: unknown, timeoutMs: number): RegistryError {
  if (error instanceof DOMException && error.name === "TimeoutError") {
    return new RegistryError(`got no answer from ${url.host} within ${timeoutMs} ms`, {
      cause: error,
      transient: true,
    });
  }
  const cause = error instanceof Error ? error.cause : undefined;
  const why = cause instanceof Error ? ((cause as NodeJS.ErrnoException).code ?? cause.message) : String(error);
  const message = `cannot be asked for: ${url.host} cannot be reached (${why})`;
  return new RegistryError(message, { cause: error, transient: true });
}
