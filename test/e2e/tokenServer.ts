import { execFileSync } from "node:child_process";
import { createHash, createPrivateKey, createPublicKey, randomUUID, sign, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Answerer, serve, type TestServer } from "../registry/server.ts";

/** A token server, as the distribution's token authentication describes it, with the certificate that a registry trusts. */
export interface TokenServer extends TestServer {
  readonly certificateFile: string;
}

/** Whether a certificate can be made here: Node has no function for it. */
export const hasOpenssl = (() => {
  try {
    execFileSync("openssl", ["version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
})();

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");

/** Gives tokens to one user, for exactly what is asked for; `pull` only where `readers` is given. */
export async function startTokenServer(folder: string, login: string): Promise<TokenServer> {
  const [keyFile, certificateFile] = [join(folder, "token.key"), join(folder, "token.crt")];
  const subject = ["-subj", "/CN=token-server", "-days", "2", "-nodes"];
  const files = ["-keyout", keyFile, "-out", certificateFile];
  execFileSync("openssl", ["req", "-x509", "-newkey", "rsa:2048", ...files, ...subject], { stdio: "ignore" });
  const key = createPrivateKey(readFileSync(keyFile));
  const kid = keyIdOf(new X509Certificate(readFileSync(certificateFile)));

  const answer: Answerer = (request, response) => {
    if (request.headers.authorization !== `Basic ${Buffer.from(login).toString("base64")}`) {
      response.writeHead(401).end();
      return;
    }
    const { searchParams } = new URL(request.url ?? "", "http://tokens");
    const [type, name, actions = ""] = (searchParams.get("scope") ?? "").split(":");
    const now = Math.floor(Date.now() / 1000);
    const claims = {
      iss: "test-issuer",
      aud: searchParams.get("service"),
      sub: "robot",
      nbf: now - 60,
      iat: now,
      exp: now + 600,
      jti: randomUUID(),
      access: [{ type, name, actions: actions.split(",") }],
    };
    const unsigned = `${encode({ typ: "JWT", alg: "RS256", kid })}.${encode(claims)}`;
    const signature = sign("sha256", Buffer.from(unsigned), key).toString("base64url");
    response.end(JSON.stringify({ token: `${unsigned}.${signature}` }));
  };
  return Object.assign(await serve(answer), { certificateFile });
}

/** How the registry names a key: base32 of the first 30 bytes of the SHA-256 of its DER form, in groups of four. */
function keyIdOf(certificate: X509Certificate): string {
  const der = createPublicKey(certificate.publicKey.export({ type: "spki", format: "pem" })).export({
    type: "spki",
    format: "der",
  });
  const bits = [...createHash("sha256").update(der).digest().subarray(0, 30)]
    .map((byte) => byte.toString(2).padStart(8, "0"))
    .join("");
  const letters = (bits.match(/.{5}/g) ?? []).map(
    (five) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[Number.parseInt(five, 2)],
  );
  return (letters.join("").match(/.{4}/g) ?? []).join(":");
}
