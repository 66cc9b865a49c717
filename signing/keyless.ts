import { bundleToJSON } from "@sigstore/bundle";
import type { Witness } from "@sigstore/sign";
import { refuseInput } from "../release/errors.ts";
import { canonicalJson } from "../release/json.ts";
import { STATEMENT_PAYLOAD_TYPE, type Statement } from "../release/signing/statement.ts";
import { bundleBytes } from "./sign.ts";

/** The services of a sigstore deployment. At least one of `rekorUrl` and `tsaUrl` is needed: a certificate lives ten minutes. */
export interface KeylessServices {
  /** Certificate authority that turns an OIDC token into a short-lived certificate. */
  readonly fulcioUrl: string;
  /** Transparency log (Rekor v1 API). */
  readonly rekorUrl?: string;
  /** RFC 3161 time-stamping authority. */
  readonly tsaUrl?: string;
  /**
   * OIDC token with audience `sigstore`. Left out, it is taken from the CI's own token service (GitHub Actions) or from
   * SIGSTORE_ID_TOKEN, where cosign looks too.
   */
  readonly token?: string;
}

/** How long a service may take to answer, in milliseconds, and how often it is asked again. */
const NETWORK = { timeout: 10_000, retry: 2 };

/**
 * Signs a statement with a key that lives for this one signature and a certificate for whoever the token names.
 * @returns the bundle file's bytes, written as `signStatement` does
 * @throws InputError where there is no token, or neither log nor time-stamping authority
 * @throws Error where a service refuses or does not answer; its message never holds the token
 */
export async function signStatementKeyless(statement: Statement, services: KeylessServices): Promise<Uint8Array> {
  const { fulcioUrl, rekorUrl, tsaUrl } = services;
  if (rekorUrl === undefined && tsaUrl === undefined) {
    refuseInput({ file: "keyless", path: "", message: "needs a transparency log or a time-stamping authority" });
  }
  // Imported here: it brings an HTTP client, and few commands sign.
  const { CIContextProvider, DSSEBundleBuilder, FulcioSigner, RekorWitness, TSAWitness } = await import(
    "@sigstore/sign"
  );
  const token = services.token ?? (await new CIContextProvider("sigstore").getToken().catch(() => undefined));
  if (token === undefined || !/^[\w-]+\.[\w-]+\.[\w-]*$/.test(token)) {
    refuseInput({ file: "keyless", path: "", message: "needs an OIDC token: run in CI, or set SIGSTORE_ID_TOKEN" });
  }
  const witnesses: Witness[] = [];
  if (rekorUrl !== undefined)
    witnesses.push(new RekorWitness({ rekorBaseURL: rekorUrl, entryType: "dsse", ...NETWORK }));
  if (tsaUrl !== undefined) witnesses.push(new TSAWitness({ tsaBaseURL: tsaUrl, ...NETWORK }));
  const signer = new FulcioSigner({
    fulcioBaseURL: fulcioUrl,
    identityProvider: { getToken: async () => token },
    ...NETWORK,
  });
  const builder = new DSSEBundleBuilder({ signer, witnesses });
  const artifact = { data: Buffer.from(canonicalJson(statement)), type: STATEMENT_PAYLOAD_TYPE };
  try {
    return bundleBytes(bundleToJSON(await builder.create(artifact)));
  } catch (error) {
    // The library puts the whole token into the message of some of its errors; its code says enough.
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown error";
    throw new Error(`keyless signing failed: ${code}`);
  }
}
