import { afterEach, describe, expect, it } from "vitest";
import { RegistryClient, type Wanted } from "../../registry/client.ts";
import { RegistryError } from "../../registry/failure.ts";
import { sha256 } from "../../release/json.ts";
import { type Answerer, serve, type TestServer } from "./server.ts";

const INDEX_TYPE = "application/vnd.oci.image.index.v1+json";
const MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json";
const INDEX = JSON.stringify({ schemaVersion: 2, mediaType: INDEX_TYPE, manifests: [] });
const DIGEST = `sha256:${sha256(INDEX)}`;
const LOGIN = { user: "robot", password: "secret" };
const BASIC = `Basic ${Buffer.from("robot:secret").toString("base64")}`;

const open: TestServer[] = [];
afterEach(async () => {
  for (const server of open.splice(0)) await server.close();
});

async function start(answer: Answerer): Promise<TestServer> {
  const server = await serve(answer);
  open.push(server);
  return server;
}

/** Answers with a manifest, as registries do. */
function manifest(body = INDEX, type = INDEX_TYPE, digest: string | undefined = `sha256:${sha256(body)}`): Answerer {
  return (request, response) => {
    const headers = { "content-type": type, ...(digest === undefined ? {} : { "docker-content-digest": digest }) };
    response.writeHead(200, headers).end(request.method === "HEAD" ? undefined : body);
  };
}

const resolve = (server: TestServer, wanted: Partial<Wanted> = { tag: "edge" }, timeoutMs = 5_000) =>
  new RegistryClient(() => LOGIN, timeoutMs).resolve({ repository: `${server.host}/team/web`, ...wanted });

/** The message that a lookup ends with. */
async function refusal(looking: Promise<unknown>): Promise<string> {
  const error = await looking.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof RegistryError)) throw error ?? new Error("was accepted");
  return error.message;
}

describe("resolving a reference", () => {
  it("asks for the tag's digest, then for those very bytes", async () => {
    const server = await start(manifest());
    expect(await resolve(server)).toMatchObject({ digest: DIGEST, kind: "index" });
    expect(server.seen).toEqual([
      { method: "HEAD", url: "/v2/team/web/manifests/edge", authorization: undefined },
      { method: "GET", url: `/v2/team/web/manifests/${encodeURIComponent(DIGEST)}`, authorization: undefined },
    ]);
  });

  it("manages without HEAD, and without the header", async () => {
    const server = await start((request, response, self) => {
      if (request.method === "HEAD") response.writeHead(405).end();
      else manifest(INDEX, INDEX_TYPE, "")(request, response, self);
    });
    expect(await refusal(resolve(server))).toContain('is said to have digest ""');
    const silent = await start((request, response) => {
      if (request.method === "HEAD") response.writeHead(405).end();
      else response.writeHead(200, { "content-type": INDEX_TYPE }).end(INDEX);
    });
    expect(await resolve(silent)).toMatchObject({ digest: DIGEST, kind: "index" });
  });

  it("tells images and charts apart", async () => {
    const of = (mediaType: string) => JSON.stringify({ schemaVersion: 2, config: { mediaType } });
    const chart = await start(manifest(of("application/vnd.cncf.helm.config.v1+json"), MANIFEST_TYPE));
    expect((await resolve(chart)).kind).toBe("chart");
    const image = await start(manifest(of("application/vnd.oci.image.config.v1+json"), MANIFEST_TYPE));
    expect((await resolve(image)).kind).toBe("image");
  });

  it("holds what is there to the digest that was asked for", async () => {
    const server = await start(manifest());
    const other = `sha256:${"0".repeat(64)}`;
    expect(await resolve(server, { digest: DIGEST })).toMatchObject({ digest: DIGEST, kind: "index" });
    expect(await refusal(resolve(server, { tag: "edge", digest: other }))).toBe(
      `has digest ${DIGEST} in ${server.host}, not ${other}`,
    );
  });

  it.each<[string, Answerer, string]>([
    ["bytes of another digest", manifest(INDEX, INDEX_TYPE, `sha256:${"0".repeat(64)}`), "is said to have digest"],
    ["another kind of digest", manifest(INDEX, INDEX_TYPE, "sha512:00"), "is said to have digest"],
    ["a page", manifest("<html>", "text/html"), 'is of media type "text/html"'],
    [
      "the old manifest",
      manifest("{}", "application/vnd.docker.distribution.manifest.v1+prettyjws"),
      "is of media type",
    ],
    ["a type that the text denies", manifest(INDEX, MANIFEST_TYPE), "by its header and"],
    ["an index of nothing", manifest('{"schemaVersion":2}', INDEX_TYPE), "is an index with no manifests in it"],
    ["half a manifest", manifest(INDEX.slice(0, 20)), "is not a manifest that can be read"],
    ["nothing", (_, response) => response.writeHead(404).end(), "was not found in 127.0.0.1"],
    ["an error", (_, response) => response.writeHead(503).end(), "answers with status 503"],
    [
      "too much",
      (request, response) => {
        response.writeHead(200, { "content-type": INDEX_TYPE });
        response.end(request.method === "HEAD" ? undefined : Buffer.alloc(4 * 1024 * 1024 + 1, "x"));
      },
      "which is too long",
    ],
  ])("refuses %s", async (_, answer, message) => {
    expect(await refusal(resolve(await start(answer)))).toContain(message);
  });

  it("does not wait for ever", async () => {
    const server = await start(() => undefined);
    expect(await refusal(resolve(server, { tag: "edge" }, 200))).toContain("within 200 ms");
  });

  it("says who cannot be reached", async () => {
    const server = await start(() => undefined);
    await server.close();
    expect(await refusal(resolve(server))).toBe(`cannot be asked for: ${server.host} cannot be reached (ECONNREFUSED)`);
  });
});

describe("redirects", () => {
  it("are followed, and the login stays behind where they lead to another server", async () => {
    const elsewhere = await start(manifest());
    const server = await start((request, response) => {
      if (request.headers.authorization === undefined) {
        response.writeHead(401, { "www-authenticate": 'Basic realm="test"' }).end();
      } else response.writeHead(307, { location: `http://${elsewhere.host}/blob` }).end();
    });
    expect(await resolve(server)).toMatchObject({ digest: DIGEST, kind: "index" });
    expect(server.seen.map(({ authorization }) => authorization)).toEqual([undefined, BASIC, BASIC]);
    expect(elsewhere.seen.map(({ authorization }) => authorization)).toEqual([undefined, undefined]);
  });

  it.each<[string, string]>([
    ["to plain http elsewhere", "http://registry.test/blob"],
    ["to another scheme", "file:///etc/passwd"],
  ])("are refused %s", async (_, location) => {
    const server = await start((__, response) => response.writeHead(302, { location }).end());
    expect(await refusal(resolve(server))).toContain("only https is used");
  });

  it("are refused with a password in them, and where they never end", async () => {
    const secret = await start((_, response) =>
      response.writeHead(302, { location: "https://a:b@registry.test/" }).end(),
    );
    expect(await refusal(resolve(secret))).toContain("is no usable URL");
    const loop = await start((request, response) => response.writeHead(302, { location: request.url ?? "" }).end());
    expect(await refusal(resolve(loop))).toContain("was redirected more than 5 times");
  });
});

describe("tokens", () => {
  /** A registry that wants a token from the realm, and takes `good` as one. */
  const wants =
    (realm: (self: TestServer) => string): Answerer =>
    (request, response, self) => {
      if (request.url?.startsWith("/token")) {
        response.end(JSON.stringify({ token: request.headers.authorization === BASIC ? "good" : "bad" }));
      } else if (request.headers.authorization === "Bearer good") manifest()(request, response, self);
      else {
        const header = `Bearer realm="${realm(self)}",service="registry",scope="repository:other:push"`;
        response.writeHead(401, { "www-authenticate": header }).end();
      }
    };

  it("are asked for pulling from the one repository, once", async () => {
    const server = await start(wants((self) => `http://${self.host}/token`));
    expect(await resolve(server)).toMatchObject({ digest: DIGEST, kind: "index" });
    expect(server.seen.map(({ url }) => url)).toEqual([
      "/v2/team/web/manifests/edge",
      "/token?service=registry&scope=repository%3Ateam%2Fweb%3Apull",
      "/v2/team/web/manifests/edge",
      `/v2/team/web/manifests/${encodeURIComponent(DIGEST)}`,
    ]);
  });

  it("are not asked for by plain http elsewhere", async () => {
    const server = await start(wants(() => "http://tokens.test/token"));
    expect(await refusal(resolve(server))).toContain('would need "http://tokens.test"');
    expect(server.seen).toHaveLength(1);
  });

  it("that are none are refused", async () => {
    const answers = ["{}", '{"token":"a b"}', "[", '{"token":"a\\r\\nx: y"}'];
    for (const answer of answers) {
      const server = await start((request, response, self) => {
        if (request.url?.startsWith("/token")) response.end(answer);
        else response.writeHead(401, { "www-authenticate": `Bearer realm="http://${self.host}/token"` }).end();
      });
      expect(await refusal(resolve(server))).toContain("answers with something else");
    }
  });

  it("need a login that the registry knows", async () => {
    const server = await start(wants((self) => `http://${self.host}/token`));
    const anonymous = new RegistryClient(() => undefined).resolve({
      repository: `${server.host}/team/web`,
      tag: "edge",
    });
    expect(await refusal(anonymous)).toContain(`needs a login that ${server.host} accepts`);
  });
});
