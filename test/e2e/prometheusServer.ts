import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ended, freePort, until } from "./tools.ts";

/** A real Prometheus on loopback that scrapes an exporter of the test's own, every second. */
export class PrometheusServer {
  readonly url: string;
  readonly #folder: string;
  readonly #exporter: Server;
  #child: ChildProcess | undefined;

  private constructor(port: number, exporter: Server) {
    this.url = `http://127.0.0.1:${port}`;
    this.#folder = mkdtempSync(join(tmpdir(), "imprimatur-prometheus-"));
    this.#exporter = exporter;
  }

  /** @param metrics what the exporter says when it is asked, in Prometheus's text format */
  static async start(metrics: () => string): Promise<PrometheusServer> {
    const exporter = createServer((_, response) => {
      response.setHeader("content-type", "text/plain; version=0.0.4");
      response.end(metrics());
    });
    await new Promise<void>((resolve) => exporter.listen(0, "127.0.0.1", resolve));
    const port = await freePort();
    const server = new PrometheusServer(port, exporter);
    try {
      await server.#start(port, (exporter.address() as AddressInfo).port);
      return server;
    } catch (error) {
      await server.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    if (this.#child !== undefined) await ended(this.#child);
    this.#exporter.closeAllConnections();
    this.#exporter.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #start(port: number, target: number): Promise<void> {
    const config = join(this.#folder, "prometheus.json");
    const job = { job_name: "web", static_configs: [{ targets: [`127.0.0.1:${target}`] }] };
    const global = { scrape_interval: "1s", scrape_timeout: "1s" };
    // A YAML file whose text is JSON.
    writeFileSync(config, JSON.stringify({ global, scrape_configs: [job] }));
    const flags = [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(this.#folder, "data")}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ];
    this.#child = spawn("prometheus", flags, { cwd: this.#folder, stdio: "ignore" });
    // Whoever waits for it finds out.
    this.#child.on("error", () => undefined);
    await until("Prometheus", async () => (await fetch(`${this.url}/-/ready`)).ok);
  }
}
