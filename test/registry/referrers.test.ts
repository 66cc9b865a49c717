import { describe, expect, it, onTestFinished } from "vitest";
import { RegistryClient } from "../../registry/client.ts";
import { RegistryError } from "../../registry/failure.ts";
import { type Answerer, serve } from "./server.ts";

const DIGEST = `sha256:${"a".repeat(64)}`;
const INDEX = "application/vnd.oci.image.index.v1+json";
const attestation = {
  mediaType: "application/vnd.oci.image.manifest.v1+json",
  digest: `sha256:${"b".repeat(64)}`,
  size: 7,
  artifactType: "application/vnd.in-toto+json",
};

async function start(answer: Answerer) {
  const server = await serve(answer);
  onTestFinished(() => server.close());
  return { server, repository: `${server.host}/team/app`, client: new RegistryClient(() => undefined) };
}

describe("referrers", () => {
  it("are what the registry's API lists, with all that it says of each", async () => {
    const { server, client, repository } = await start((_request, response) => {
      response.setHeader("content-type", `${INDEX}; charset=utf-8`);
      response.end(JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests: [attestation] }));
    });
    expect(await client.referrers(repository, DIGEST)).toEqual([attestation]);
    expect(server.seen.map(({ method, url }) => `${method} ${url}`)).toEqual([`GET /v2/team/app/referrers/${DIGEST}`]);
  });

  it.each([
    ["answers with 404", 404, "application/json"],
    ["answers with a page for people", 200, "text/html"],
  ])("are unknown where the registry %s", async (_, status, type) => {
    const { client, repository } = await start((_request, response) => {
      response.writeHead(status, { "content-type": type }).end("{}");
    });
    expect(await client.referrers(repository, DIGEST)).toBeUndefined();
  });

  it("are refused where the list is none", async () => {
    const { client, repository } = await start((_request, response) => {
      response.writeHead(200, { "content-type": INDEX }).end('{"manifests": [{"digest": "sha256:short"}]}');
    });
    await expect(client.referrers(repository, DIGEST)).rejects.toThrow("is not an index that can be read");
  });
});

describe("put", () => {
  it("sends the bytes as they are, under the tag", async () => {
    const bytes = new TextEncoder().encode('{"schemaVersion": 2 }\n');
    let received = { type: "", text: "" };
    const { server, client, repository } = await start(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      received = { type: request.headers["content-type"] ?? "", text: Buffer.concat(chunks).toString() };
      response.writeHead(201).end();
    });
    await client.put(repository, "roman-12.0.0", { mediaType: INDEX, bytes });
    expect(received).toEqual({ type: INDEX, text: '{"schemaVersion": 2 }\n' });
    expect(server.seen.map(({ method, url }) => `${method} ${url}`)).toEqual([
      "PUT /v2/team/app/manifests/roman-12.0.0",
    ]);
  });

  it("says what the registry says where it does not take it", async () => {
    const { client, repository } = await start((_request, response) => {
      response.writeHead(400).end('{"errors":[{"code":"TAG_IMMUTABLE"}]}');
    });
    const put = client.put(repository, "v1", { mediaType: INDEX, bytes: new Uint8Array() });
    await expect(put).rejects.toThrow(/answers with status 400, .*TAG_IMMUTABLE/);
  });

  it("does not follow where it is sent", async () => {
    const { server, client, repository } = await start((_request, response) => {
      response.writeHead(307, { location: "/elsewhere" }).end();
    });
    const put = client.put(repository, "v1", { mediaType: INDEX, bytes: new Uint8Array() });
    await expect(put).rejects.toThrow("answers with status 307");
    expect(server.seen).toHaveLength(1);
  });
});

it.each([
  [429, true],
  [503, true],
  [400, false],
  [403, false],
])("an answer with status %i may be another at the next try: %j", async (status, transient) => {
  const { client, repository } = await start((_request, response) => void response.writeHead(status).end());
  const error = await client.find({ repository, tag: "v1" }).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(RegistryError);
  expect(error).toMatchObject({ transient });
});

it("a registry that is not there may be there at the next try", async () => {
  const { server, client, repository } = await start((_request, response) => void response.end());
  await server.close();
  await expect(client.find({ repository, tag: "v1" })).rejects.toMatchObject({ transient: true });
});
