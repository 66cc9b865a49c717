import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { refuseInput } from "../../release/errors.ts";

const VARIABLE = "IMPRIMATUR_PASSPHRASE";

/**
 * The passphrase for new keys: from IMPRIMATUR_PASSPHRASE, or asked for twice on a terminal, without showing it.
 * @throws InputError where there is neither, or the two differ
 */
export async function newPassphrase(env = process.env): Promise<string> {
  const given = env[VARIABLE];
  if (given !== undefined && given !== "") return given;
  if (!process.stdin.isTTY) {
    refuseInput({ file: VARIABLE, path: "", message: "set it, or run this on a terminal, where it is asked for" });
  }
  const first = await askHidden("Passphrase for the private key (12 characters or more): ");
  const second = await askHidden("Once more: ");
  if (first !== second) refuseInput({ file: "passphrase", path: "", message: "the two are not the same" });
  return first;
}

/** The passphrase of a key that is there: from IMPRIMATUR_PASSPHRASE, or asked for on a terminal. Undefined without either. */
export async function passphraseOf(key: string, env = process.env): Promise<string | undefined> {
  const given = env[VARIABLE];
  if (given !== undefined && given !== "") return given;
  return process.stdin.isTTY ? askHidden(`Passphrase of ${key}: `) : undefined;
}

/** Asks a question that is answered with y or n. False where there is no terminal to ask on. */
export async function confirm(question: string): Promise<boolean> {
  if (!process.stdin.isTTY) return false;
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await terminal.question(`${question} [y/N] `).finally(() => terminal.close());
  return /^y(es)?$/i.test(answer.trim());
}

async function askHidden(question: string): Promise<string> {
  process.stderr.write(question);
  // With a terminal, readline echoes to its output: here, to nowhere.
  const output = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({ input: process.stdin, output, terminal: true });
  const answer = await terminal.question("").finally(() => terminal.close());
  process.stderr.write("\n");
  return answer;
}
