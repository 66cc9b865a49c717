import { createHash, generateKeyPairSync } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import {
  fulcioHandler,
  initializeCA,
  initializeCTLog,
  initializeTLog,
  initializeTSA,
  rekorHandler,
  tsaHandler,
} from "@sigstore/mock";
import { HashAlgorithm, PublicKeyDetails, TrustedRoot } from "@sigstore/protobuf-specs";
import { sha256 } from "../../release/json.ts";
import type { TrustedRootFile } from "../../release/signing/key-ring.ts";

/** A sigstore deployment of its own on loopback: real certificates, SCTs, log entries and time stamps, by keys made for it. */
export interface SigstoreLab {
  readonly url: string;
  /** The one instant at which everything in the lab happens. */
  readonly clock: Date;
  readonly root: TrustedRoot;
  rootFile(root?: TrustedRoot): TrustedRootFile;
  close(): Promise<void>;
}

const SINCE = { start: new Date("2020-01-01T00:00:00Z"), end: undefined };
const LOG_URL = "https://log.lab.test";

/** Starts Fulcio, Rekor and a time-stamping authority. `scts: false` leaves the CT log out of the certificates. */
export async function startSigstoreLab(options: { scts?: boolean } = {}): Promise<SigstoreLab> {
  const pair = () => generateKeyPairSync("ec", { namedCurve: "P-256" });
  // A whole second, as real authorities give it, and late enough for the lab's own certificates to be valid by then.
  const clock = new Date(Math.ceil(Date.now() / 1000) * 1000 + 60_000);
  const ctlog = await initializeCTLog(pair(), clock);
  const ca = await initializeCA(pair(), options.scts === false ? undefined : ctlog, clock);
  const tlog = await initializeTLog(LOG_URL, pair(), clock);
  const tsa = await initializeTSA(pair(), clock);

  const rekor = rekorHandler({
    publicKey: tlog.publicKey,
    log: (proposed) => tlog.log(loggedEntry(proposed as ProposedEntry)),
    logV2: (proposed) => tlog.logV2(proposed),
  });
  const handlers = new Map([fulcioHandler(ca), rekor, tsaHandler(tsa)].map(({ path, fn }) => [path, fn] as const));
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const handler = handlers.get(request.url ?? "");
    if (handler === undefined) return void response.writeHead(404).end();
    const answer = await handler(Buffer.concat(chunks).toString());
    const body = typeof answer.response === "string" ? answer.response : toBuffer(answer.response);
    response.writeHead(answer.statusCode, { "content-type": answer.contentType ?? "text/plain" }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));

  const root: TrustedRoot = {
    mediaType: "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
    certificateAuthorities: [authority([toBuffer(ca.rootCertificate)])],
    timestampAuthorities: [authority([toBuffer(tsa.intCertificate), toBuffer(tsa.rootCertificate)])],
    ctlogs: [log(ctlog.publicKey, "https://ct.lab.test")],
    tlogs: [log(tlog.publicKey, LOG_URL)],
  };
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    clock,
    root,
    rootFile: (changed = root) => ({
      file: "catalog/trust/trusted_root.json",
      bytes: Buffer.from(JSON.stringify(TrustedRoot.toJSON(changed))),
    }),
    close: () => closeServer(server),
  };
}

/** An OIDC token as the lab's Fulcio takes it: it believes what the token says. */
export function labToken(issuer: string, subject: string): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part({ alg: "none" })}.${part({ iss: issuer, sub: subject, aud: "sigstore" })}.`;
}

interface ProposedEntry {
  readonly spec: { readonly proposedContent: { readonly envelope: string; readonly verifiers: readonly string[] } };
}

/** What Rekor logs of a proposed DSSE entry: hashes of the envelope and its signature, not the envelope itself. */
function loggedEntry({ spec: { proposedContent } }: ProposedEntry): object {
  const envelope = JSON.parse(proposedContent.envelope) as { payload: string; signatures: { sig: string }[] };
  const hash = (bytes: string | Buffer) => ({ algorithm: "sha256", value: sha256(bytes) });
  return {
    apiVersion: "0.0.1",
    kind: "dsse",
    spec: {
      envelopeHash: hash(proposedContent.envelope),
      payloadHash: hash(Buffer.from(envelope.payload, "base64")),
      signatures: envelope.signatures.map(({ sig }, at) => ({
        signature: sig,
        verifier: proposedContent.verifiers[at],
      })),
    },
  };
}

function authority(certificates: Buffer[]): TrustedRoot["certificateAuthorities"][number] {
  return {
    subject: { commonName: "lab", organization: "lab" },
    uri: "https://ca.lab.test",
    certChain: { certificates: certificates.map((rawBytes) => ({ rawBytes })) },
    validFor: SINCE,
    operator: "",
  };
}

function log(publicKey: Buffer, baseUrl: string): TrustedRoot["tlogs"][number] {
  return {
    baseUrl,
    hashAlgorithm: HashAlgorithm.SHA2_256,
    publicKey: { rawBytes: publicKey, keyDetails: PublicKeyDetails.PKIX_ECDSA_P256_SHA_256, validFor: SINCE },
    logId: { keyId: createHash("sha256").update(publicKey).digest() },
    checkpointKeyId: undefined,
    operator: "",
  };
}

function toBuffer(view: ArrayBufferView): Buffer {
  return Buffer.from(view.buffer, view.byteOffset, view.byteLength);
}

async function closeServer(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise<void>((resolve) => server.close(() => resolve()));
}
