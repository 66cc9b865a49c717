import { createHash, createPublicKey, type KeyObject } from "node:crypto";
import type { KMSClient, KMSClientConfig, SignCommandInput } from "@aws-sdk/client-kms";
import { refuseInput } from "../release/errors.ts";
import type { Signer } from "./sign.ts";

/** A key in AWS KMS. */
export interface KmsKey {
  /** Key id, `alias/<name>` or ARN of either. */
  readonly keyId: string;
  /** Host, with a port where it has one, of a KMS endpoint other than the region's own; reached by HTTPS. */
  readonly endpoint?: string;
  /** From the ARN; elsewhere the environment says it. */
  readonly region?: string;
}

const ALGORITHM = "ECDSA_SHA_256";

/** The longest message that KMS hashes itself (AWS KMS API, Sign); of a longer one it takes the hash. */
const MAX_RAW_BYTES = 4096;

const URI = /^awskms:\/\/(?<endpoint>[^/\s]*)\/(?<keyId>\S+)$/;
const ARN = /^arn:aws[\w-]*:kms:(?<region>[\w-]+):\d{12}:(key|alias)\/.+$/;
const KEY_ID = /^((mrk-)?[0-9a-f-]{32,36}|alias\/.+)$/;

/**
 * Reads a KMS URI as cosign writes it: `awskms:///alias/x`, `awskms:///<key id>`, `awskms://<endpoint>/arn:aws:kms:…`.
 * @throws InputError
 */
export function parseKmsUri(uri: string): KmsKey {
  const { endpoint = "", keyId = "" } = URI.exec(uri)?.groups ?? {};
  const region = ARN.exec(keyId)?.groups?.region;
  if (region === undefined && !KEY_ID.test(keyId)) {
    refuseInput({ file: "key", path: "", message: "must be awskms:///<key id, alias/… or ARN>", value: uri });
  }
  return { keyId, ...(endpoint !== "" && { endpoint }), ...(region !== undefined && { region }) };
}

/**
 * A signer that signs in AWS KMS; the private key never leaves it. Region, credentials and, for tests,
 * `AWS_ENDPOINT_URL_KMS` come from the environment, as with every AWS tool.
 * @throws InputError where the URI is malformed, or the key is not an ECDSA P-256 key for signing
 * @throws Error of the AWS SDK where KMS does not answer or does not allow it
 */
export async function kmsSigner(uri: string): Promise<Signer> {
  const { keyId, endpoint, region } = parseKmsUri(uri);
  // Imported here: few commands sign, and fewer with KMS.
  const { GetPublicKeyCommand, KMSClient, SignCommand } = await import("@aws-sdk/client-kms");
  const config: KMSClientConfig = {
    ...(endpoint !== undefined && { endpoint: `https://${endpoint}` }),
    ...(region !== undefined && { region }),
  };
  const client: KMSClient = new KMSClient(config);
  const found = await client.send(new GetPublicKeyCommand({ KeyId: keyId }));
  const publicKey = readPublicKey(found.PublicKey);
  // Both, because another curve (secp256k1) has the same signing algorithm.
  if (!found.SigningAlgorithms?.includes(ALGORITHM) || publicKey?.asymmetricKeyDetails?.namedCurve !== "prime256v1") {
    refuseInput({ file: "key", path: "", message: "must be a KMS key of spec ECC_NIST_P256 for signing", value: uri });
  }
  return {
    publicKeyPem: publicKey.export({ type: "spki", format: "pem" }).toString(),
    sign: async (bytes) => {
      const message: Pick<SignCommandInput, "Message" | "MessageType"> =
        bytes.byteLength <= MAX_RAW_BYTES
          ? { Message: bytes, MessageType: "RAW" }
          : { Message: createHash("sha256").update(bytes).digest(), MessageType: "DIGEST" };
      const answer = await client.send(new SignCommand({ KeyId: keyId, SigningAlgorithm: ALGORITHM, ...message }));
      if (answer.Signature === undefined) throw new Error("AWS KMS returned no signature");
      return answer.Signature;
    },
  };
}

function readPublicKey(der: Uint8Array | undefined): KeyObject | undefined {
  return der && createPublicKey({ key: Buffer.from(der), format: "der", type: "spki" });
}
