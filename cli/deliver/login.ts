import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { CredentialStore } from "../../registry/credentials.ts";

/**
 * Writes the logins that a copy needs, and no others, as a Docker configuration that every tool reads: so that they log in
 * as this command does, whichever of them runs and wherever each would look by itself.
 * @param hosts registries as references write them
 * @returns the directory, for DOCKER_CONFIG
 */
export function writeLogins(directory: string, hosts: readonly string[], credentials: CredentialStore): string {
  const auths = [...new Set(hosts)].flatMap((host) => {
    const known = credentials(host);
    if (known === undefined) return [];
    const auth = Buffer.from(`${known.user}:${known.password}`).toString("base64");
    return [[host === "docker.io" ? "https://index.docker.io/v1/" : host, { auth }] as const];
  });
  const config = join(directory, "docker");
  mkdirSync(config, { mode: 0o700 });
  writeFileSync(join(config, "config.json"), JSON.stringify({ auths: Object.fromEntries(auths) }), { mode: 0o600 });
  return config;
}
