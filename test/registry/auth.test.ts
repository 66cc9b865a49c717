import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { parseChallenge } from "../../registry/auth.ts";
import { credentialsFor } from "../../registry/credentials.ts";
import { isLoopback } from "../../registry/http.ts";

describe("parseChallenge", () => {
  it.each<[string | null, unknown]>([
    ['Basic realm="Registry"', { scheme: "basic" }],
    [
      'Bearer realm="https://auth.test/token",service="registry.test",scope="repository:a/b:pull,push"',
      { scheme: "bearer", realm: "https://auth.test/token", service: "registry.test" },
    ],
    [
      "bearer Realm=https://auth.test/token",
      { scheme: "bearer", realm: "https://auth.test/token", service: undefined },
    ],
    [
      'Basic realm="a", Bearer realm="https://auth.test"',
      { scheme: "bearer", realm: "https://auth.test", service: undefined },
    ],
    ['Bearer service="registry.test"', undefined],
    ["Negotiate", undefined],
    [null, undefined],
  ])("%s", (header, challenge) => {
    expect(parseChallenge(header)).toEqual(challenge);
  });

  it("takes any text", () => {
    fc.assert(fc.property(fc.string(), (text) => parseChallenge(`Bearer ${text}`) !== null));
  });
});

describe("isLoopback", () => {
  it.each(["localhost", "127.0.0.1", "127.8.9.10", "[::1]"])("%s is this machine", (host) => {
    expect(isLoopback(host)).toBe(true);
  });
  it.each(["127.0.0.1.registry.test", "localhost.test", "10.0.0.1", "registry.test", "[::2]"])("%s is not", (host) => {
    expect(isLoopback(host)).toBe(false);
  });
});

describe("credentialsFor", () => {
  const folder = mkdtempSync(join(tmpdir(), "imprimatur-docker-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  const env = { DOCKER_CONFIG: folder };
  const config = (value: unknown) => writeFileSync(join(folder, "config.json"), JSON.stringify(value));
  const auth = (text: string) => Buffer.from(text).toString("base64");

  it("reads what docker login has written", () => {
    config({
      auths: {
        "registry.test:5000": { auth: auth("robot:a:b") },
        "https://index.docker.io/v1/": { auth: auth("hub:secret") },
        "quay.test": { username: "user", password: "pass" },
        "empty.test": {},
      },
    });
    const find = credentialsFor([], env);
    expect(find("registry.test:5000")).toEqual({ user: "robot", password: "a:b" });
    expect(find("docker.io")).toEqual({ user: "hub", password: "secret" });
    expect(find("quay.test")).toEqual({ user: "user", password: "pass" });
    expect(find("empty.test")).toBeUndefined();
    expect(find("registry.test")).toBeUndefined();
  });

  it("goes without where there is no file, and shows nothing of one that is malformed", () => {
    expect(credentialsFor([], { DOCKER_CONFIG: join(folder, "none") })("registry.test")).toBeUndefined();
    config({ auths: { "registry.test": { auth: ["secret"] } } });
    expect(() => credentialsFor([], env)("registry.test")).toThrow(
      `${join(folder, "config.json")}: is not a Docker configuration file`,
    );
  });

  it("takes the variables for one registry only", () => {
    const both = { ...env, IMPRIMATUR_REGISTRY_USER: "robot", IMPRIMATUR_REGISTRY_PASSWORD: "secret" };
    const find = credentialsFor(["registry.test", "registry.test"], both);
    expect(find("registry.test")).toEqual({ user: "robot", password: "secret" });
    expect(find("quay.test")).toBeUndefined();
    expect(() => credentialsFor(["registry.test", "quay.test"], both)).toThrow(
      "IMPRIMATUR_REGISTRY_USER: would go to registry.test and quay.test",
    );
  });
});
