import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { COMMAND, start } from "../cli/checkout.ts";
import { SigningCheckout } from "../cli/cutCheckout.ts";
import { blessedCheckout } from "./blessedCheckout.ts";
import { APP, ARGS, missing, TAG } from "./delivery.ts";
import { DockerDaemon } from "./dockerDaemon.ts";
import { digestAt } from "./images.ts";
import { type Registries, startRegistries } from "./registries.ts";

// A daemon builds an image, and several processes are started; all take long on a busy machine.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

const REPOSITORY = "build.test/team/app";

// What the tests need is started before they are described: their title says why they are skipped where it cannot be.
let reason = missing;
let registries: Registries | undefined;
let daemon: DockerDaemon | undefined;
if (reason === undefined) {
  registries = await startRegistries(["build.test", "prod.test"], "open sesame");
  const started = await DockerDaemon.start(registries.env);
  if (typeof started === "string") {
    reason = started;
    registries.stop();
  } else daemon = started;
}
afterAll(async () => {
  await daemon?.stop();
  registries?.stop();
});

/** Builds an image of one file and pushes it. Returns the digest that Docker itself reports. */
async function buildAndPush(daemon: DockerDaemon, docker: Readonly<Record<string, string>>): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "imprimatur-build-"));
  writeFileSync(join(folder, "Dockerfile"), "FROM scratch\nCOPY greeting /greeting\n");
  writeFileSync(join(folder, "greeting"), "Hello, world\n");
  await daemon.docker("build", "--tag", `${REPOSITORY}:1.0.0`, folder);
  rmSync(folder, { recursive: true });
  const pushed = await start("docker", ["push", `${REPOSITORY}:1.0.0`], tmpdir(), { ...docker, ...daemon.env });
  expect(pushed).toMatchObject({ code: 0, stderr: "" });
  const names: string[] = JSON.parse(
    await daemon.docker("inspect", "--format", "{{json .RepoDigests}}", `${REPOSITORY}:1.0.0`),
  );
  const [digest = ""] = names.map((name) => name.slice(`${REPOSITORY}@`.length));
  return digest;
}

describe.skipIf(reason !== undefined)(`an image that Docker has built${reason ? ` (${reason})` : ""}`, () => {
  it("is cut and delivered under the digest that Docker reports", async () => {
    if (daemon === undefined || registries === undefined) throw new Error("there is no daemon");
    const [build, prod] = registries.all;
    if (build === undefined || prod === undefined) throw new Error("there are no registries");
    const { env } = registries;
    const digest = await buildAndPush(daemon, env);
    expect(digest).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(await digestAt(build, "team/app", "1.0.0")).toBe(digest);

    const cutting = new SigningCheckout();
    onTestFinished(() => cutting.remove());
    cutting.write(
      "catalog/modules/web.yaml",
      `description: web\npurpose: service\nowners: [team]\nmaturity: mature\nimages: { web: { repository: ${REPOSITORY} } }\n`,
    );
    const image = `web=${REPOSITORY}:1.0.0`;
    const args = [
      "cut",
      "web",
      "2.0.0",
      "--channel",
      "beta",
      "--resolve",
      "--commit",
      "a".repeat(40),
      "--image",
      image,
    ];
    expect(await cutting.runAs("pipeline", args, env)).toMatchObject({ code: 0, stderr: "" });
    const { images } = JSON.parse(cutting.read("catalog/releases/web/2.0.0.json"));
    expect(images).toEqual({ web: { repository: REPOSITORY, digest } });

    const { checkout } = await blessedCheckout({ image: digest });
    onTestFinished(() => checkout.remove());
    const deliver = (...more: string[]) =>
      start(process.execPath, [COMMAND, ...ARGS, ...more], checkout.root, { ...env, ...daemon?.env });

    // This daemon keeps layers unpacked, in Docker's classic image store: what it saves is not what it has pushed.
    const fromDaemon = await deliver("--from", "docker-daemon:");
    expect(fromDaemon).toMatchObject({
      code: 1,
      stdout: expect.stringContaining(
        `the Docker daemon gives ${REPOSITORY}@${digest} with other digests than the registry`,
      ),
    });
    expect(await digestAt(prod, APP, digest)).toBeUndefined();

    expect(await deliver()).toMatchObject({ code: 0, stderr: "" });
    expect(await digestAt(prod, APP, TAG)).toBe(digest);
  });
});
