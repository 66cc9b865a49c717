import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { COMMAND, start } from "../cli/checkout.ts";
import { AT, blessedCheckout } from "./blessedCheckout.ts";
import { digestAt, multiPlatform, push } from "./images.ts";
import { Moto, noMoto } from "./moto.ts";
import { type Registry, startRegistries } from "./registries.ts";
import { missingTools } from "./tools.ts";

const missing = missingTools("docker-registry", "skopeo", "openssl", "perl") ?? noMoto;

/** What `docker-credential-ecr-login` does: it asks ECR for a token, which is user and password. */
const HELPER = `#!/usr/bin/env node
const headers = {
  "content-type": "application/x-amz-json-1.1",
  "x-amz-target": "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken",
  authorization: "AWS4-HMAC-SHA256 Credential=test/20260101/us-west-2/ecr/aws4_request, SignedHeaders=host, Signature=0",
};
const answer = await fetch(process.env.TEST_ECR, { method: "POST", headers, body: "{}" });
const { authorizationData } = await answer.json();
const [Username, Secret] = Buffer.from(authorizationData[0].authorizationToken, "base64").toString().split(":");
console.log(JSON.stringify({ ServerURL: "test", Username, Secret }));
`;

it.skipIf(missing !== undefined)(
  `logs in to ECR through the credential helper that Docker's configuration names${missing ? ` (${missing})` : ""}`,
  async () => {
    const moto = await Moto.start();
    onTestFinished(() => moto.stop());
    // moto has no registry behind its API: a real one takes the token in its place.
    const registries = await startRegistries(["build.test", "prod.test"], await passwordOf(moto));
    onTestFinished(() => registries.stop());
    const [build, prod] = registries.all as [Registry, Registry];
    const built = multiPlatform(1000);
    await push(build, "team/app", built);
    const { checkout } = await blessedCheckout({ image: built.digest });
    onTestFinished(() => checkout.remove());

    const bin = join(registries.directory, "bin");
    mkdirSync(bin);
    const helper = join(bin, "docker-credential-moto");
    writeFileSync(`${helper}.mjs`, HELPER);
    writeFileSync(helper, `#!/bin/sh\nexec "${process.execPath}" "${helper}.mjs"\n`);
    chmodSync(helper, 0o755);
    const config = join(registries.directory, "ecr");
    mkdirSync(config);
    const credHelpers = { "build.test": "moto", "prod.test": "moto" };
    writeFileSync(join(config, "config.json"), JSON.stringify({ credHelpers }));

    const args = ["deliver", "app", "1.0.0", "--for", "prod", "--to", "images", "--at", AT];
    const env = { ...registries.env, DOCKER_CONFIG: config, TEST_ECR: moto.url };
    const withoutHelper = await start(process.execPath, [COMMAND, ...args], checkout.root, env);
    expect(withoutHelper.code).toBe(2);
    expect(withoutHelper.stderr).toContain("needs a login that prod.test accepts: docker login");

    const withHelper = { ...env, PATH: `${bin}:${process.env.PATH}` };
    const { code, stderr } = await start(process.execPath, [COMMAND, ...args], checkout.root, withHelper);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(await digestAt(prod, "mirror/team/app", "rel-app-1.0.0")).toBe(built.digest);
  },
);

/** The password that moto's ECR gives to whoever asks for a token. */
async function passwordOf(moto: Moto): Promise<string> {
  const headers = {
    "content-type": "application/x-amz-json-1.1",
    "x-amz-target": "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken",
  };
  const answer = await moto.fetch("ecr", "/", { method: "POST", headers, body: "{}" });
  const { authorizationData } = (await answer.json()) as { authorizationData: { authorizationToken: string }[] };
  const token = Buffer.from(authorizationData[0]?.authorizationToken ?? "", "base64").toString();
  return token.split(":")[1] ?? "";
}
