import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { request } from "node:https";
import { type AddressInfo, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort, until } from "./tools.ts";

/** The login that every registry here asks for. */
const USER = "delivery";

/** Manifests as OCI defines them, and as Docker did before. */
const MANIFESTS = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.docker.distribution.manifest.v2+json",
].join(", ");

/** What the proxy does with the next connections to a registry. */
interface Weather {
  /** Bytes towards the registry after which a connection is treated as `fate` says. */
  limit: number;
  /** `drop`: each connection breaks after so many. `hang`: when so many have got through in all, one gets stuck. */
  fate: "drop" | "hang";
  /** For how many connections that reach the limit; afterwards all is well. */
  times: number;
  /** Bytes that have got through towards the registry. */
  sent: number;
}

/** A real registry (Debian's docker-registry) behind TLS and a login, known by a host name of its own. */
export interface Registry {
  readonly host: string;
  readonly weather: Weather;
  readonly api: (method: string, path: string, content?: { type: string; bytes: Uint8Array }) => Promise<Answer>;
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

/** Several registries, and what a process needs in its environment to reach them by their names. */
export interface Registries {
  readonly all: readonly Registry[];
  readonly env: Readonly<Record<string, string>>;
  readonly directory: string;
  readonly stop: () => void;
}

/**
 * Starts a registry for each host. A proxy leads connections to them, so that names need no entry anywhere; a CA of the
 * test's own vouches for their certificates. Needs `docker-registry`, `openssl` and `perl` on PATH.
 */
export async function startRegistries(hosts: readonly string[], password: string): Promise<Registries> {
  const directory = mkdtempSync(join(tmpdir(), "imprimatur-registries-"));
  const { ca, key, cert } = makeCertificates(directory, hosts);
  const htpasswd = join(directory, "htpasswd");
  writeFileSync(htpasswd, `${USER}:${bcrypt(password)}\nAWS:${bcrypt(password)}\n`);
  const started = await Promise.all(hosts.map((host) => startRegistry(directory, host, { key, cert, htpasswd })));
  const all = started.map(({ host, port }) => registry(host, port, readFileSync(ca), password));
  const ports = new Map(started.map(({ host, port }) => [host, port]));
  const proxy = createServer();
  proxy.on("connect", (incoming, client, head) => {
    const host = incoming.url?.split(":")[0] ?? "";
    const weather = all.find((each) => each.host === host)?.weather;
    const port = ports.get(host);
    if (weather === undefined || port === undefined) return void client.destroy();
    const upstream = connect(port, "127.0.0.1", () => {
      client.write("HTTP/1.1 200 Connection established\r\n\r\n");
      upstream.write(head);
      let bytes = 0;
      client.on("data", (chunk: Buffer) => {
        bytes += chunk.length;
        const passed = weather.fate === "hang" ? weather.sent : bytes;
        if (passed > weather.limit && weather.times > 0) {
          weather.times -= 1;
          client.pause();
          if (weather.fate === "drop") for (const socket of [client, upstream]) socket.destroy();
          return;
        }
        weather.sent += chunk.length;
        if (!upstream.write(chunk)) {
          client.pause();
          upstream.once("drain", () => client.resume());
        }
      });
      client.on("end", () => upstream.end());
      upstream.pipe(client);
    });
    for (const socket of [client, upstream]) {
      socket.on("error", () => undefined);
      socket.on("close", () => [client, upstream].map((each) => each.destroy()));
    }
  });
  await new Promise<void>((ready) => proxy.listen(0, "127.0.0.1", ready));
  const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  const docker = join(directory, "docker");
  mkdirSync(docker);
  const auth = Buffer.from(`${USER}:${password}`).toString("base64");
  const auths = Object.fromEntries(hosts.map((host) => [host, { auth }]));
  writeFileSync(join(docker, "config.json"), JSON.stringify({ auths }));
  return {
    all,
    directory,
    env: {
      HTTPS_PROXY: url,
      NODE_USE_ENV_PROXY: "1",
      NO_PROXY: "127.0.0.1,localhost",
      no_proxy: "127.0.0.1,localhost",
      NODE_EXTRA_CA_CERTS: ca,
      SSL_CERT_FILE: ca,
      DOCKER_CONFIG: docker,
    },
    stop: () => {
      for (const { child } of started) child.kill();
      proxy.closeAllConnections();
      proxy.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function registry(host: string, port: number, ca: Buffer, password: string): Registry {
  const api: Registry["api"] = (method, path, content) =>
    new Promise((resolve, reject) => {
      const headers = {
        accept: MANIFESTS,
        ...(content && { "content-type": content.type, "content-length": content.bytes.length }),
      };
      const auth = `${USER}:${password}`;
      const options = { host: "127.0.0.1", servername: host, port, path, method, ca, auth, headers };
      const sent = request(options, async (answer) => {
        const chunks: Buffer[] = [];
        for await (const chunk of answer) chunks.push(chunk as Buffer);
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(chunks) });
      });
      sent.on("error", reject);
      sent.end(content?.bytes);
    });
  return { host, api, weather: { limit: 0, fate: "drop", times: 0, sent: 0 } };
}

async function startRegistry(
  directory: string,
  host: string,
  { key, cert, htpasswd }: { readonly key: string; readonly cert: string; readonly htpasswd: string },
): Promise<{ host: string; port: number; child: ChildProcess }> {
  const port = await freePort();
  const config = join(directory, `${host}.yml`);
  const settings = {
    version: 0.1,
    log: { level: "error" },
    storage: { filesystem: { rootdirectory: join(directory, host) } },
    auth: { htpasswd: { realm: host, path: htpasswd } },
    http: { addr: `127.0.0.1:${port}`, tls: { certificate: cert, key } },
  };
  writeFileSync(config, JSON.stringify(settings));
  const child = spawn("docker-registry", ["serve", config], { stdio: "ignore" });
  await until(`registry ${host}`, () => accepts(port));
  return { host, port, child };
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });
}

/** The one form of passwords that docker-registry takes. */
function bcrypt(password: string): string {
  const script = 'print crypt($ARGV[0], "\\$2y\\$05\\$abcdefghijklmnopqrstuu")';
  const hash = execFileSync("perl", ["-e", script, password], { encoding: "utf8" });
  if (!hash.startsWith("$2y$")) throw new Error("this system's crypt knows no bcrypt");
  return hash;
}

function makeCertificates(directory: string, hosts: readonly string[]) {
  const at = (name: string) => join(directory, name);
  const openssl = (...args: string[]) => execFileSync("openssl", args, { stdio: "ignore" });
  const ec = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  openssl("req", "-x509", ...ec, "-days", "2", "-subj", "/CN=test CA", "-keyout", at("ca.key"), "-out", at("ca.pem"));
  openssl("req", ...ec, "-subj", "/CN=registry", "-keyout", at("key.pem"), "-out", at("request.pem"));
  writeFileSync(at("names"), `subjectAltName=${hosts.map((host) => `DNS:${host}`).join(",")}\n`);
  const signing = ["-CA", at("ca.pem"), "-CAkey", at("ca.key"), "-CAcreateserial", "-extfile", at("names")];
  openssl("x509", "-req", "-in", at("request.pem"), "-days", "2", ...signing, "-out", at("cert.pem"));
  return { ca: at("ca.pem"), key: at("key.pem"), cert: at("cert.pem") };
}
