import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, request } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chartOf, type OciChart } from "../../cli/example/charts.ts";
import { Catalogue } from "../../release/catalogue.ts";
import { workingTree } from "../../store/files.ts";
import { freePort, until } from "./tools.ts";

/**
 * A real registry with the example charts, which answers under the names of the reference platform's registries: a proxy
 * leads every TLS connection to it, with a certificate that a CA of the test's own vouches for.
 */
export interface ChartHosts {
  /** What a process needs in its environment to reach the charts. */
  readonly env: Readonly<Record<string, string>>;
  stop(): void;
}

/** Starts them. Needs `docker-registry` and `openssl` on PATH. */
export async function startChartHosts(root: string): Promise<ChartHosts> {
  const folder = mkdtempSync(join(tmpdir(), "imprimatur-charts-"));
  const registryPort = await freePort();
  const registry = startRegistry(folder, registryPort);
  await until("the registry", async () => (await fetch(`http://127.0.0.1:${registryPort}/v2/`)).ok);
  const charts = await chartsOf(root);
  for (const chart of charts) await push(`http://127.0.0.1:${registryPort}`, chart);

  // Helm reaches docker.io under the name that its API has.
  const hosts = [...new Set(charts.map(({ repository }) => repository.split("/")[0] ?? "")), "registry-1.docker.io"];
  const certificate = makeCertificate(folder, hosts);
  const tls = createTlsServer(
    { key: readFileSync(certificate.key), cert: readFileSync(certificate.cert) },
    (from, to) => {
      const forwarded = request(
        { port: registryPort, host: "127.0.0.1", path: from.url, method: from.method, headers: from.headers },
        (answer) => {
          to.writeHead(answer.statusCode ?? 502, answer.headers);
          answer.pipe(to);
        },
      );
      from.pipe(forwarded);
    },
  );
  const tlsPort = await listen(tls);
  const proxy = createServer();
  proxy.on("connect", (_request, client) => {
    const upstream = connect(tlsPort, "127.0.0.1", () => {
      client.write("HTTP/1.1 200 Connection established\r\n\r\n");
      upstream.pipe(client).pipe(upstream);
    });
    for (const socket of [client, upstream]) socket.on("error", () => upstream.destroy());
  });
  const proxyPort = await listen(proxy);
  return {
    env: {
      HTTPS_PROXY: `http://127.0.0.1:${proxyPort}`,
      NO_PROXY: "127.0.0.1,localhost",
      no_proxy: "127.0.0.1,localhost",
      SSL_CERT_FILE: certificate.cert,
    },
    stop: () => {
      registry.kill();
      for (const server of [tls, proxy]) server.closeAllConnections();
      for (const server of [tls, proxy]) server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function startRegistry(folder: string, port: number): ChildProcess {
  const config = join(folder, "registry.yml");
  const settings = {
    version: 0.1,
    log: { level: "error" },
    storage: { filesystem: { rootdirectory: join(folder, "storage") } },
    http: { addr: `127.0.0.1:${port}` },
  };
  writeFileSync(config, JSON.stringify(settings));
  return spawn("docker-registry", ["serve", config], { stdio: "ignore" });
}

/** Every chart that a release of the reference platform names; it must be the one that we can build. */
async function chartsOf(root: string): Promise<OciChart[]> {
  const catalogue = new Catalogue(workingTree(root));
  const charts: OciChart[] = [];
  for (const [name, module] of catalogue.modules) {
    for (const { manifest } of catalogue.releases(name)) {
      if (manifest.chart === undefined) continue;
      const chart = await chartOf(name, module, manifest);
      if (chart.digest !== manifest.chart.digest) throw new Error(`${name} ${manifest.version}: run npm run example`);
      charts.push(chart);
    }
  }
  return charts;
}

async function push(registry: string, { repository, tag, manifest, digest, blobs }: OciChart): Promise<void> {
  const path = `${registry}/v2/${repository.split("/").slice(1).join("/")}`;
  for (const { digest: blob, bytes } of blobs) {
    const started = await fetch(`${path}/blobs/uploads/`, { method: "POST" });
    const location = new URL(started.headers.get("location") ?? "", registry);
    location.searchParams.set("digest", blob);
    const uploaded = await fetch(location, { method: "PUT", body: Uint8Array.from(bytes) });
    if (uploaded.status !== 201) throw new Error(`a blob of ${repository} was not taken: ${uploaded.status}`);
  }
  const headers = { "content-type": "application/vnd.oci.image.manifest.v1+json" };
  const put = await fetch(`${path}/manifests/${tag}`, { method: "PUT", headers, body: Uint8Array.from(manifest) });
  if (put.headers.get("docker-content-digest") !== digest) throw new Error(`${repository}:${tag} has another digest`);
}

function makeCertificate(folder: string, hosts: readonly string[]): { readonly key: string; readonly cert: string } {
  const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  const names = hosts.map((host) => `DNS:${host}`).join(",");
  const args = [
    "req",
    "-x509",
    "-newkey",
    "ec",
    "-pkeyopt",
    "ec_paramgen_curve:P-256",
    "-nodes",
    "-days",
    "2",
    "-subj",
    "/CN=charts",
  ];
  execFileSync("openssl", [...args, "-addext", `subjectAltName=${names}`, "-keyout", key, "-out", cert], {
    stdio: "ignore",
  });
  return { key, cert };
}

async function listen(server: ReturnType<typeof createServer> | ReturnType<typeof createTlsServer>): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}
