import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { ended, freePort, until } from "./tools.ts";

const COMMAND = process.env.IMPRIMATUR_MOTO ?? "moto_server";
export const REGION = "eu-west-1";

/** Why no stand-in for AWS can be started here; undefined where one can. A launcher on PATH may lead nowhere. */
export const noMoto = ((): string | undefined => {
  try {
    execFileSync(COMMAND, ["--help"], { stdio: "ignore" });
    return undefined;
  } catch {
    return "moto_server neither on PATH nor in IMPRIMATUR_MOTO: pip install 'moto[server]' cryptography";
  }
})();

/** A stand-in for AWS on loopback. */
export class Moto {
  readonly url: string;
  readonly #server: ChildProcess;

  private constructor(url: string, server: ChildProcess) {
    this.url = url;
    this.#server = server;
  }

  static async start(): Promise<Moto> {
    const port = await freePort();
    const server = spawn(COMMAND, ["-H", "127.0.0.1", "-p", String(port)], { stdio: "ignore" });
    const moto = new Moto(`http://127.0.0.1:${port}`, server);
    await until("moto", async () => (await fetch(`${moto.url}/moto-api/`)).ok);
    return moto;
  }

  /** What an AWS client needs besides the address. */
  get credentials(): Record<string, string> {
    return { AWS_REGION: REGION, AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test" };
  }

  /** A request as a client of one of its services signs it. The signature is not looked at. */
  fetch(service: string, path: string, { headers, ...init }: RequestInit = {}): Promise<Response> {
    const scope = `Credential=test/20260101/${REGION}/${service}/aws4_request`;
    const authorization = `AWS4-HMAC-SHA256 ${scope}, SignedHeaders=host, Signature=0`;
    return fetch(`${this.url}${path}`, { ...init, headers: { ...headers, authorization } });
  }

  stop(): Promise<void> {
    return ended(this.#server);
  }
}
