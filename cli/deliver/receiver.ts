import { randomUUID } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { sha256 } from "../../release/json.ts";

/** A registry on this machine that keeps what one push brings as an OCI image layout. */
export interface Receiver {
  /** `127.0.0.1:<port>`, by plain HTTP. */
  readonly host: string;
  /** Writes `index.json` and returns the digests of the manifests that came. */
  readonly close: () => Promise<readonly string[]>;
}

/** Starts one that keeps everything below a directory. It knows the requests of a push, and hears only this machine. */
export async function startReceiver(directory: string): Promise<Receiver> {
  const blobs = join(directory, "blobs", "sha256");
  mkdirSync(blobs, { recursive: true });
  const sizes = new Map<string, number>();
  const manifests = new Map<string, { readonly type: string; readonly bytes: Buffer }>();
  const tags = new Map<string, string>();
  const uploads = new Map<string, Buffer[]>();
  const keep = (bytes: Buffer): string => {
    const digest = `sha256:${sha256(bytes)}`;
    writeFileSync(join(blobs, digest.slice("sha256:".length)), bytes);
    sizes.set(digest, bytes.length);
    return digest;
  };

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method = "" } = request;
    const url = new URL(request.url ?? "/", "http://receiver");
    const [, kind = "", reference = ""] = /\/(blobs\/uploads|blobs|manifests)\/([^/]*)$/.exec(url.pathname) ?? [];
    const body = await readAll(request);
    const end = (status: number, headers: Record<string, string> = {}) =>
      void response.writeHead(status, headers).end();
    if (url.pathname === "/v2/") return end(200);
    if (kind === "blobs" && method === "HEAD") {
      const size = sizes.get(reference);
      return size === undefined ? end(404) : end(200, { "content-length": String(size) });
    }
    if (kind === "blobs/uploads" && method === "POST") {
      const id = randomUUID();
      uploads.set(id, []);
      return end(202, { location: `${url.pathname}${id}`, range: "0-0" });
    }
    const parts = uploads.get(reference);
    if (kind === "blobs/uploads" && parts !== undefined) {
      parts.push(body);
      if (method === "PATCH") return end(202, { location: url.pathname });
      const digest = keep(Buffer.concat(parts));
      return digest === url.searchParams.get("digest") ? end(201, { "docker-content-digest": digest }) : end(400);
    }
    if (kind === "manifests" && method === "PUT") {
      const digest = keep(body);
      manifests.set(digest, { type: request.headers["content-type"] ?? "", bytes: body });
      tags.set(reference, digest);
      return end(201, { "docker-content-digest": digest, location: url.pathname });
    }
    // Helm reads back what it has pushed, to tag it.
    const digest = tags.get(reference) ?? reference;
    const manifest = kind === "manifests" ? manifests.get(digest) : undefined;
    if (manifest === undefined) return end(404);
    const headers = { "content-type": manifest.type, "docker-content-digest": digest };
    const size = { "content-length": String(manifest.bytes.length) };
    response.writeHead(200, { ...headers, ...size }).end(method === "GET" ? manifest.bytes : undefined);
  };

  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
      const list = [...manifests].map(([digest, { type: mediaType }]) => ({
        mediaType,
        digest,
        size: sizes.get(digest),
      }));
      writeFileSync(join(directory, "oci-layout"), JSON.stringify({ imageLayoutVersion: "1.0.0" }));
      writeFileSync(join(directory, "index.json"), JSON.stringify({ schemaVersion: 2, manifests: list }));
      return [...manifests.keys()];
    },
  };
}

async function readAll(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
