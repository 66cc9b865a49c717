import { createServer, type Server as HttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { requestJson } from "../../clients/http.ts";

let http: HttpServer;
let url = "";
const seen: { method: string | undefined; url: string | undefined; body: string; token: string | undefined }[] = [];

beforeAll(async () => {
  http = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => {
      body += chunk;
    });
    request.on("end", () => {
      seen.push({ method: request.method, url: request.url, body, token: request.headers.authorization });
      const status = request.url === "/api/missing" ? 404 : request.url === "/api/broken" ? 500 : 200;
      response.writeHead(status, { "content-type": "application/json" });
      response.end(request.url === "/api/page" ? "<html>" : status === 500 ? "out of order" : '{"a":1}');
    });
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(http.address() as AddressInfo).port}/api/`;
});
afterAll(() => http.close());

describe("requestJson", () => {
  const server = () => ({ name: "Unleash", url, headers: { authorization: "secret-token" } });

  it("sends JSON and reads the answer", async () => {
    const answer = await requestJson(server(), "/thing?x=1", { method: "PUT", body: { b: 2 } });
    expect(answer).toEqual({ status: 200, json: { a: 1 } });
    expect(seen.at(-1)).toEqual({ method: "PUT", url: "/api/thing?x=1", body: '{"b":2}', token: "secret-token" });
  });

  it("takes an expected failure as an answer", async () => {
    expect((await requestJson(server(), "/missing", { expected: [404] })).status).toBe(404);
  });

  it.each([
    ["/missing", /GET \/missing: answered 404/],
    ["/broken", /answered 500 .*: out of order/],
    ["/page", /no JSON: <html>/],
  ])("names the server and the path of a failure: %s", async (path, message) => {
    const failed = requestJson(server(), path);
    await expect(failed).rejects.toThrow(message);
    await expect(failed).rejects.toThrow(/Unleash/);
    await expect(failed).rejects.not.toThrow(/secret-token/);
  });

  it("says why a server cannot be reached", async () => {
    await expect(requestJson({ name: "Unleash", url: "http://127.0.0.1:1" }, "/x")).rejects.toThrow(
      /cannot be reached/,
    );
  });
});
