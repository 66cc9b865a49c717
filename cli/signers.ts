import type { Command } from "commander";
import { refuseInput } from "../release/errors.ts";
import type { Statement } from "../release/signing/statement.ts";
import { loadPemSigner } from "../signing/pem.ts";
import { type Signer, signStatement } from "../signing/sign.ts";
import { passphraseOf } from "./approve/secrets.ts";

/** Options of every verb that signs. */
export interface SigningOptions {
  readonly key?: string;
  readonly keyless?: boolean;
}

/** Makes a bundle of a statement. */
export type Sign = (statement: Statement) => Promise<Uint8Array>;

/** Adds the options of {@link SigningOptions} to a verb. */
export function withSigningOptions(command: Command): Command {
  return command
    .option(
      "--key <file or awskms://…>",
      "the key to sign with (default: IMPRIMATUR_KEY; passphrase: IMPRIMATUR_PASSPHRASE)",
    )
    .option("--keyless", "sign with a certificate for the identity that CI or SIGSTORE_ID_TOKEN gives");
}

/**
 * Opens what signs, before any work is done for it.
 * @throws InputError where no key is named, or it cannot be opened
 */
export async function openSign(options: SigningOptions, env = process.env): Promise<Sign> {
  if (options.keyless) {
    const { signStatementKeyless } = await import("../signing/keyless.ts");
    const fulcioUrl = env.SIGSTORE_FULCIO_URL ?? "https://fulcio.sigstore.dev";
    const rekorUrl = env.SIGSTORE_REKOR_URL ?? "https://rekor.sigstore.dev";
    return (statement) => signStatementKeyless(statement, { fulcioUrl, rekorUrl });
  }
  const key = options.key ?? env.IMPRIMATUR_KEY;
  if (key === undefined || key === "") {
    refuseInput({
      file: "--key",
      path: "",
      message: "name the key to sign with, here or in IMPRIMATUR_KEY; `npx imprimatur keys new <person>` makes one",
    });
  }
  const signer = await openKey(key, env);
  return (statement) => signStatement(statement, signer);
}

async function openKey(key: string, env: NodeJS.ProcessEnv): Promise<Signer> {
  if (key.startsWith("awskms://")) {
    const { kmsSigner } = await import("../signing/kms.ts");
    return kmsSigner(key);
  }
  const passphrase = await passphraseOf(key, env);
  return loadPemSigner(key, passphrase === undefined ? {} : { passphrase });
}
