import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RegistryClient } from "../../registry/client.ts";
import type { Credentials } from "../../registry/credentials.ts";
import { SigningCheckout } from "../cli/cutCheckout.ts";
import { HELM_CONFIG, hasRegistry, RegistryServer } from "./registryServer.ts";
import { hasOpenssl, startTokenServer, type TokenServer } from "./tokenServer.ts";

const COMMIT = "3f9c2d145969a9e231037c812332ae3839077c4d";

/** A user and bcrypt's published test vector for their password: nothing in Node makes such a hash. */
const USER = "robot";
const PASSWORD = "U*U";
const HTPASSWD = `${USER}:$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW\n`;
const BASIC = `Basic ${Buffer.from(`${USER}:${PASSWORD}`).toString("base64")}`;
const LOGIN: Credentials = { user: USER, password: PASSWORD };

describe.skipIf(!hasRegistry)(
  "a registry with a password (needs docker-registry: apt-get install docker-registry)",
  () => {
    let registry: RegistryServer;
    let index: Awaited<ReturnType<RegistryServer["pushIndex"]>>;
    let chart: { digest: string };
    let checkout: SigningCheckout;

    beforeAll(async () => {
      registry = await RegistryServer.start((folder) => {
        writeFileSync(join(folder, "htpasswd"), HTPASSWD);
        return `auth: { htpasswd: { realm: test, path: ${folder}/htpasswd } }`;
      });
      index = await registry.pushIndex("app/web", "edge", "first", BASIC);
      chart = await registry.pushSingle("charts/web", HELM_CONFIG, '{"name":"web"}', BASIC, "1.2.0_build.7");
      checkout = new SigningCheckout();
      checkout.write(
        "catalog/modules/web.yaml",
        checkout.read("catalog/modules/web.yaml").replaceAll("registry.test", registry.host),
      );
      checkout.write(
        "catalog/modules/web.yaml",
        checkout.read("catalog/modules/web.yaml").replace(/dependsOn:[\s\S]*/, ""),
      );
    });
    afterAll(() => {
      registry?.stop();
      checkout?.remove();
    });

    const client = () => new RegistryClient(() => LOGIN);
    const repository = (path: string) => `${registry.host}/${path}`;

    it("keeps an index an index", async () => {
      expect(await client().resolve({ repository: repository("app/web"), tag: "edge" })).toMatchObject({
        digest: index.digest,
        kind: "index",
      });
      expect(index.platforms).not.toContain(index.digest);
      const [platform = ""] = index.platforms;
      expect(await client().resolve({ repository: repository("app/web"), digest: platform })).toMatchObject({
        digest: platform,
        kind: "image",
      });
    });

    it("tells a chart from an image", async () => {
      const found = await client().resolve({ repository: repository("charts/web"), tag: "1.2.0_build.7" });
      expect(found).toMatchObject({ digest: chart.digest, kind: "chart" });
    });

    it("refuses a tag that is not there, a tag that has moved, and a stranger", async () => {
      const web = repository("app/web");
      await expect(client().resolve({ repository: web, tag: "none" })).rejects.toThrow(
        `was not found in ${registry.host}`,
      );
      const digest = `sha256:${"0".repeat(64)}`;
      await expect(client().resolve({ repository: web, tag: "edge", digest })).rejects.toThrow(
        `has digest ${index.digest}`,
      );
      const wrong = new RegistryClient(() => ({ user: USER, password: "guess" }));
      await expect(wrong.resolve({ repository: web, tag: "edge" })).rejects.toThrow("needs a login");
      const nobody = new RegistryClient(() => undefined);
      await expect(nobody.resolve({ repository: web, tag: "edge" })).rejects.toThrow("needs a login");
    });

    const edge = (...more: string[]) => [
      ...["cut", "web", "--edge", "--resolve", "--commit", COMMIT, ...more],
      ...["--chart", `${registry.host}/charts/web:1.2.0_build.7`, "--image", `web=${registry.host}/app/web:edge`],
    ];

    it("gives `cut --resolve` the digests of what its tags point to", async () => {
      const login = { IMPRIMATUR_REGISTRY_USER: USER, IMPRIMATUR_REGISTRY_PASSWORD: PASSWORD };
      const { code, stderr } = await checkout.runAs("pipeline", edge(), login);
      expect(stderr).toBe("");
      expect(code).toBe(0);
      expect(JSON.parse(checkout.read("catalog/releases/web/1.2.0-edge.2.json"))).toMatchObject({
        channel: "edge",
        chart: { repository: `${registry.host}/charts/web`, version: "1.2.0+build.7", digest: chart.digest },
        images: { web: { repository: `${registry.host}/app/web`, digest: index.digest } },
      });
    });

    it("lets docker login's file in, and a moved tag is another release", async () => {
      const moved = await registry.pushIndex("app/web", "edge", "second", BASIC);
      const folder = mkdtempSync(join(tmpdir(), "imprimatur-docker-"));
      const auth = Buffer.from(`${USER}:${PASSWORD}`).toString("base64");
      writeFileSync(join(folder, "config.json"), JSON.stringify({ auths: { [registry.host]: { auth } } }));
      const { code } = await checkout.runAs("pipeline", edge(), { DOCKER_CONFIG: folder });
      rmSync(folder, { recursive: true });
      expect(code).toBe(0);
      const { images } = JSON.parse(checkout.read("catalog/releases/web/1.2.0-edge.3.json"));
      expect(images.web.digest).toBe(moved.digest);
    });

    it("writes nothing where it cannot log in, or what is there is no chart", async () => {
      const before = checkout.snapshot();
      const stranger = await checkout.runAs("pipeline", edge());
      expect(stranger.code).toBe(2);
      expect(stranger.stderr).toContain(`--image web: needs a login that ${registry.host} accepts`);
      await registry.pushIndex("charts/web", "9.9.9", "no chart", BASIC);
      const login = { IMPRIMATUR_REGISTRY_USER: USER, IMPRIMATUR_REGISTRY_PASSWORD: PASSWORD };
      const args = edge().map((text) => text.replace("1.2.0_build.7", "9.9.9"));
      const noChart = await checkout.runAs("pipeline", args, login);
      expect(noChart.stderr).toContain("--chart: is no Helm chart, but an index");
      expect(noChart.code).toBe(2);
      expect(checkout.snapshot()).toEqual(before);
    });
  },
);

describe.skipIf(!hasRegistry || !hasOpenssl)("a registry with tokens (needs docker-registry and openssl)", () => {
  let registry: RegistryServer;
  let tokens: TokenServer;
  let folder: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "imprimatur-tokens-"));
    tokens = await startTokenServer(folder, `${USER}:${PASSWORD}`);
    const realm = `http://${tokens.host}/token`;
    registry = await RegistryServer.start(
      () =>
        `auth: { token: { realm: "${realm}", service: test-registry, issuer: test-issuer, rootcertbundle: ${tokens.certificateFile} } }`,
    );
  });
  afterAll(async () => {
    registry?.stop();
    await tokens?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it("is pulled from with a token for pulling, and no more", async () => {
    const scope = "scope=repository:app/web:pull,push&service=test-registry";
    const answer = await fetch(`http://${tokens.host}/token?${scope}`, { headers: { authorization: BASIC } });
    const { token } = (await answer.json()) as { token: string };
    const { digest } = await registry.pushIndex("app/web", "1.0.0", "content", `Bearer ${token}`);

    const before = tokens.seen.length;
    const found = await new RegistryClient(() => LOGIN).resolve({
      repository: `${registry.host}/app/web`,
      tag: "1.0.0",
    });
    expect(found).toMatchObject({ digest, kind: "index" });
    expect(tokens.seen.slice(before)).toEqual([
      {
        method: "GET",
        url: "/token?service=test-registry&scope=repository%3Aapp%2Fweb%3Apull",
        authorization: BASIC,
      },
    ]);
  });

  it("gives no token to a stranger", async () => {
    const stranger = new RegistryClient(() => ({ user: USER, password: "guess" }));
    const looking = stranger.resolve({ repository: `${registry.host}/app/web`, tag: "1.0.0" });
    await expect(looking).rejects.toThrow(`needs a login that ${registry.host} accepts`);
  });
});
