import { spawnSync } from "node:child_process";
import { z } from "zod";
import type { Credentials } from "./credentials.ts";

const Answer = z.object({ Username: z.string(), Secret: z.string().min(1) });

/** Long enough for one that asks a cloud for a token. */
const TIMEOUT_MS = 30_000;

/**
 * Asks a Docker credential helper, `docker-credential-<name>` on PATH, for what it keeps: `ecr-login` for instance.
 * @param server what the helper knows the registry by
 * @returns undefined where there is no such helper, or it has nothing that can be logged in with: then the visit is anonymous
 */
export function askCredentialHelper(name: string, server: string, env = process.env): Credentials | undefined {
  // It becomes the name of a program: nothing else may.
  if (!/^[\w.-]+$/.test(name)) return undefined;
  // Another program needs to know nothing of what we sign with.
  const { IMPRIMATUR_PASSPHRASE: _, ...passedOn } = env;
  // A helper may answer without having read the question; the broken pipe is then an error that means nothing.
  const { status, stdout } = spawnSync(`docker-credential-${name}`, ["get"], {
    input: server,
    env: passedOn,
    encoding: "utf8",
    timeout: TIMEOUT_MS,
    // What it prints may hold a secret: nothing of it is shown.
    stdio: ["pipe", "pipe", "ignore"],
  });
  return status === 0 ? parseAnswer(stdout) : undefined;
}

function parseAnswer(text: string): Credentials | undefined {
  try {
    const { Username: user, Secret: password } = Answer.parse(JSON.parse(text));
    // An identity token needs an exchange that the distribution specification does not have.
    return user === "" || user === "<token>" ? undefined : { user, password };
  } catch {
    return undefined;
  }
}
