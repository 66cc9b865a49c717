import { z } from "zod";
import type { Credentials } from "./credentials.ts";
import { quoted, RegistryError } from "./failure.ts";
import { checkTransport, isLoopback, parseUrl, send } from "./http.ts";

/** What a registry asks for with status 401. */
export type Challenge =
  | { readonly scheme: "basic" }
  | { readonly scheme: "bearer"; readonly realm: string; readonly service: string | undefined };

/** What a token is asked for. */
export type Access = "pull" | "pull,push";

const MAX_TOKEN_BYTES = 256 * 1024;

const TokenAnswer = z.object({ token: z.string().optional(), access_token: z.string().optional() });

/** Reads a WWW-Authenticate header (RFC 9110); undefined where it asks for nothing that is known here. */
export function parseChallenge(header: string | null): Challenge | undefined {
  const [, bearer] = /(?:^|,\s*)bearer\s+(.*)$/is.exec(header ?? "") ?? [];
  if (bearer !== undefined) {
    const parameters = new Map(
      [...bearer.matchAll(/([a-z_]+)\s*=\s*(?:"([^"]*)"|([^\s",]+))/gi)].map(([, name = "", inQuotes, bare]) => [
        name.toLowerCase(),
        inQuotes ?? bare ?? "",
      ]),
    );
    const realm = parameters.get("realm");
    return realm === undefined ? undefined : { scheme: "bearer", realm, service: parameters.get("service") };
  }
  return /(?:^|,\s*)basic(?:\s|$)/i.test(header ?? "") ? { scheme: "basic" } : undefined;
}

/**
 * The Authorization header that answers a challenge, for one repository and nothing else.
 * @param registry where the challenge came from
 * @throws RegistryError where a login is needed and none is known, or the token server refuses
 */
export async function authorizationFor(
  challenge: Challenge,
  registry: URL,
  repository: string,
  access: Access,
  credentials: Credentials | undefined,
  timeoutMs: number,
): Promise<string> {
  if (challenge.scheme === "basic") {
    if (credentials === undefined) throw loginNeeded(registry);
    return basic(credentials);
  }
  const realm = parseUrl(challenge.realm);
  checkTransport(realm, isLoopback(registry.hostname));
  if (challenge.service !== undefined) realm.searchParams.set("service", challenge.service);
  realm.searchParams.set("scope", `repository:${repository}:${access}`);
  const { status, body } = await send(realm, {
    method: "GET",
    accept: "application/json",
    ...(credentials === undefined ? {} : { authorization: basic(credentials) }),
    limit: MAX_TOKEN_BYTES,
    timeoutMs,
  });
  if (status === 401 || status === 403) throw loginNeeded(registry);
  if (status !== 200) throw new RegistryError(`got no token: ${quoted(realm.host)} answers with status ${status}`);
  return `Bearer ${tokenIn(body, realm)}`;
}

function tokenIn(body: Uint8Array, realm: URL): string {
  let answer: z.infer<typeof TokenAnswer> = {};
  try {
    answer = TokenAnswer.parse(JSON.parse(Buffer.from(body).toString("utf8")));
  } catch {
    // Told below: it has no token.
  }
  const token = answer.token ?? answer.access_token;
  if (token === undefined || !/^[\x21-\x7e]+$/.test(token)) {
    throw new RegistryError(`got no token: ${quoted(realm.host)} answers with something else`);
  }
  return token;
}

function basic({ user, password }: Credentials): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
}

/** The error for a registry that does not let us in as we are. */
export function loginNeeded(registry: URL): RegistryError {
  return new RegistryError(
    `needs a login that ${registry.host} accepts: docker login, or IMPRIMATUR_REGISTRY_USER and IMPRIMATUR_REGISTRY_PASSWORD`,
  );
}
