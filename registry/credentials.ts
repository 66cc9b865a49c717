import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { refuseInput } from "../release/errors.ts";
import { askCredentialHelper } from "./credentialHelper.ts";

/** A user name and a password, or a token in the place of one. */
export interface Credentials {
  readonly user: string;
  readonly password: string;
}

/** What is known of a registry, by its host as references write it; undefined for an anonymous visit. */
export type CredentialStore = (host: string) => Credentials | undefined;

const DockerConfig = z.object({
  auths: z
    .record(
      z.string(),
      z.object({ auth: z.string().optional(), username: z.string().optional(), password: z.string().optional() }),
    )
    .optional(),
  credHelpers: z.record(z.string(), z.string()).optional(),
  credsStore: z.string().optional(),
});

/** What a Docker configuration file knows: credentials by host, and who else to ask. */
interface DockerLogins {
  readonly auths: ReadonlyMap<string, Credentials>;
  readonly helpers: ReadonlyMap<string, string>;
  readonly store: string | undefined;
}

/**
 * The credentials of `docker login`: `config.json` in DOCKER_CONFIG or `~/.docker`, and the credential helpers that it names
 * (`credHelpers`, `credsStore`), which is how ECR's tokens come in.
 * IMPRIMATUR_REGISTRY_USER and IMPRIMATUR_REGISTRY_PASSWORD go before them, for one registry only.
 * @param hosts the registries that will be asked
 * @throws InputError where the file is malformed, or the variables would go to several registries
 */
export function credentialsFor(hosts: readonly string[], env = process.env): CredentialStore {
  const { IMPRIMATUR_REGISTRY_USER: user, IMPRIMATUR_REGISTRY_PASSWORD: password } = env;
  if (user !== undefined && password !== undefined) {
    const [only, ...others] = new Set(hosts);
    if (others.length > 0) {
      const message = `would go to ${[only, ...others].join(" and ")}: log in to each with docker login instead`;
      refuseInput({ file: "IMPRIMATUR_REGISTRY_USER", path: "", message });
    }
    return (host) => (host === only ? { user, password } : undefined);
  }
  let logins: DockerLogins | undefined;
  return (host) => {
    // Read when a registry asks for it: most pulls of public images need no file at all.
    logins ??= readDockerConfig(join(env.DOCKER_CONFIG ?? join(env.HOME ?? homedir(), ".docker"), "config.json"));
    const key = canonicalHost(host);
    const helper = logins.helpers.get(key) ?? logins.store;
    return (
      logins.auths.get(key) ?? (helper === undefined ? undefined : askCredentialHelper(helper, serverOf(key), env))
    );
  };
}

/** Keys are hosts or, from older clients, URLs. Docker Hub is known by the name of its first index. */
function canonicalHost(key: string): string {
  const host = key.replace(/^https?:\/\//, "").replace(/\/.*$/, "");
  return host === "docker.io" || host === "registry-1.docker.io" ? "index.docker.io" : host;
}

/** What helpers know a registry by. */
function serverOf(host: string): string {
  return host === "index.docker.io" ? "https://index.docker.io/v1/" : host;
}

function readDockerConfig(file: string): DockerLogins {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    return { auths: new Map(), helpers: new Map(), store: undefined };
  }
  const { auths = {}, credHelpers = {}, credsStore: store } = parseConfig(text, file);
  const entries = Object.entries(auths).flatMap(([key, { auth, username, password }]) => {
    const decoded = auth === undefined ? "" : Buffer.from(auth, "base64").toString("utf8");
    const [, user = username, secret = password] = /^([^:]+):(.+)$/s.exec(decoded) ?? [];
    if (user === undefined || secret === undefined) return [];
    return [[canonicalHost(key), { user, password: secret }] as const];
  });
  const helpers = Object.entries(credHelpers).map(([key, name]) => [canonicalHost(key), name] as const);
  return { auths: new Map(entries), helpers: new Map(helpers), store };
}

function parseConfig(text: string, file: string): z.infer<typeof DockerConfig> {
  try {
    return DockerConfig.parse(JSON.parse(text));
  } catch {
    // Nothing of the file is shown: it holds passwords.
    return refuseInput({ file, path: "", message: "is not a Docker configuration file" });
  }
}
