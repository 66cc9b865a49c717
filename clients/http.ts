import { InputError } from "../release/errors.ts";

/** A server that a platform has beside its clusters, and how to speak to it. */
export interface Server {
  /** How messages call it, such as `Unleash`. */
  readonly name: string;
  /** Where its API begins. */
  readonly url: string;
  /** Sent with every request, such as a token. Never shown. */
  readonly headers?: Readonly<Record<string, string>>;
}

export interface JsonRequest {
  readonly method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly body?: unknown;
  /** Status codes that are an answer and no failure, besides those of success; such as 404. */
  readonly expected?: readonly number[];
}

/** What a server answered: its status, and the JSON that it sent, if any. */
export interface JsonAnswer {
  readonly status: number;
  readonly json: unknown;
}

/** Nothing that a person waits for takes longer. */
const TIMEOUT_MS = 30_000;

/**
 * Sends JSON to a server and reads its answer.
 * @param path below the server's URL, with its query
 * @throws InputError where the server cannot be reached, answers with a failure, or sends no JSON
 */
export async function requestJson(server: Server, path: string, request: JsonRequest = {}): Promise<JsonAnswer> {
  const { method = "GET", body, expected = [] } = request;
  const url = `${server.url.replace(/\/+$/, "")}${path}`;
  const fail = (message: string): never => {
    throw new InputError([{ file: server.name, path: `${method} ${path.split("?")[0]}`, message, value: server.url }]);
  };
  const response = await fetch(url, {
    method,
    headers: { accept: "application/json", "content-type": "application/json", ...server.headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }).catch((error: Error) => fail(`cannot be reached: ${reasonOf(error)}`));
  const text = await response.text();
  if (!response.ok && !expected.includes(response.status)) {
    fail(`answered ${response.status} ${response.statusText}${text === "" ? "" : `: ${text.slice(0, 200)}`}`);
  }
  try {
    return { status: response.status, json: text === "" ? undefined : JSON.parse(text) };
  } catch {
    return fail(`answered with something that is no JSON: ${text.slice(0, 80)}`);
  }
}

/** What `fetch` hides behind "fetch failed". */
function reasonOf(error: Error): string {
  return error.cause instanceof Error && error.cause.message !== "" ? error.cause.message : error.message;
}
