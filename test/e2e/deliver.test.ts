import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import type { Checkout } from "../cli/checkout.ts";
import { COMMAND, type Outcome, start } from "../cli/checkout.ts";
import { AT, attestPlatformTest, blessedCheckout } from "./blessedCheckout.ts";
import { type Built, chart, digestAt, image, listOf, multiPlatform, push, referrer, writeLayout } from "./images.ts";
import { type Registries, type Registry, startRegistries } from "./registries.ts";
import { findTool, missingTools, until } from "./tools.ts";

const missing = missingTools("docker-registry", "skopeo", "openssl", "perl");
const MB = 1024 * 1024;

/** Where the stack pulls from: the mirror of what the build registry has in `team/app` and `charts/app`. */
const APP = "mirror/team/app";
const CHART = "mirror/charts/app";
const TAG = "rel-app-1.0.0";
const ARGS = ["deliver", "app", "1.0.0", "--for", "prod", "--to", "images", "charts", "--at", AT];

describe.skipIf(missing !== undefined)(`deliver between two registries${missing ? ` (${missing})` : ""}`, () => {
  let registries: Registries;
  let build: Registry;
  let prod: Registry;

  // Registries of its own for each test: no blob is there because another test has brought it.
  beforeEach(async () => {
    registries = await startRegistries(["build.test", "prod.test"], "open sesame");
    [build, prod] = registries.all as [Registry, Registry];
    return () => registries.stop();
  });

  const run = (checkout: Checkout, args: readonly string[] = ARGS, env: NodeJS.ProcessEnv = {}): Promise<Outcome> =>
    start(process.execPath, [COMMAND, ...args], checkout.root, { ...registries.env, ...env });

  /** A checkout in which an image, and a chart where there is one, are blessed. They are in the build registry. */
  async function release(built: Built, built2?: Built) {
    await push(build, "team/app", built);
    if (built2 !== undefined) await push(build, "charts/app", built2);
    const made = await blessedCheckout({ image: built.digest, ...(built2 && { chart: built2.digest }) });
    onTestFinished(() => made.checkout.remove());
    return made;
  }

  it("copies every platform, the chart and what is signed, under the same digests; again, it finds all there", async () => {
    const built = multiPlatform(MB);
    const helmChart = chart("app", "1.0.0", Buffer.from("a chart"));
    const { checkout } = await release(built, helmChart);
    // As cosign signs by tag, and as OCI 1.1 lists referrers where a registry has no API for them.
    const signature = referrer("signed");
    const hex = (each: { digest: string }) => each.digest.replace(":", "-");
    await push(build, "team/app", signature, `${hex(built)}.sig`);
    const [amd64] = built.parts as [Built];
    const attestation = referrer("sbom of amd64", amd64);
    await push(build, "team/app", listOf(attestation), hex(amd64));
    const ofAttestation = referrer("signature of the attestation", attestation);
    await push(build, "team/app", listOf(ofAttestation), hex(attestation));
    // Something that only the destination has been told of stays listed.
    const local = referrer("scanned in production", amd64);
    await push(prod, APP, amd64);
    await push(prod, APP, listOf(local), hex(amd64));

    const first = await run(checkout, [...ARGS, "--json"], { CI: "true" });

    expect({ code: first.code, stderr: first.stderr.split("\n").filter((line) => line.includes("copying")) }).toEqual({
      code: 0,
      stderr: [`image app: copying to prod.test/${APP}`, `chart app: copying to prod.test/${CHART}`],
    });
    expect(JSON.parse(first.stdout).delivered).toEqual([
      {
        kind: "image",
        name: "app",
        from: "build.test/team/app",
        repository: `prod.test/${APP}`,
        digest: built.digest,
        tags: [TAG],
        state: "copied",
        manifests: 2,
        referrers: [
          { reference: `${hex(built)}.sig`, state: "copied" },
          { reference: attestation.digest, state: "copied" },
          { reference: ofAttestation.digest, state: "copied" },
        ],
      },
      {
        kind: "chart",
        name: "app",
        from: "build.test/charts/app",
        repository: `prod.test/${CHART}`,
        digest: helmChart.digest,
        tags: ["1.0.0"],
        state: "copied",
        manifests: 1,
        referrers: [],
      },
    ]);
    expect(await digestAt(prod, APP, TAG)).toBe(built.digest);
    for (const part of built.parts) expect(await digestAt(prod, APP, part.digest)).toBe(part.digest);
    expect(await digestAt(prod, CHART, "1.0.0")).toBe(helmChart.digest);
    expect(await digestAt(prod, APP, `${hex(built)}.sig`)).toBe(signature.digest);
    const listed = JSON.parse((await prod.api("GET", `/v2/${APP}/manifests/${hex(amd64)}`)).body.toString());
    expect(listed.manifests.map(({ digest }: Built) => digest)).toEqual([local.digest, attestation.digest]);

    // No tool is needed where nothing is to be copied.
    const second = await run(checkout, [...ARGS, "--json"], { PATH: "/nowhere" });
    expect(JSON.parse(second.stdout).delivered.map(({ state }: { state: string }) => state)).toEqual([
      "present",
      "present",
    ]);
    expect(second.code).toBe(0);
  });

  it("resumes a copy that was killed half-way", async () => {
    const built = multiPlatform(4 * MB);
    const { checkout } = await release(built);
    // One platform gets through, and half of the other.
    Object.assign(prod.weather, { limit: 6 * MB, fate: "hang", times: 1 });
    const child = spawn(process.execPath, [COMMAND, ...ARGS], {
      cwd: checkout.root,
      env: { ...process.env, ...registries.env },
    });
    let stderr = "";
    child.stderr.on("data", (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
    await until("the copy is half-way", async () => prod.weather.times === 0);
    const children = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, "utf8").trim().split(" ");
    const copying = children.filter((pid) => readFileSync(`/proc/${pid}/comm`, "utf8").trim() === "skopeo");
    expect(copying).toHaveLength(1);
    process.kill(Number(copying[0]), "SIGKILL");

    expect(await ended).toBe(2);
    expect(stderr).toBe(
      `error: prod.test/${APP}@${built.digest}: skopeo was stopped by SIGKILL. Run it again: what has arrived by now is not copied again\n`,
    );
    expect(await digestAt(prod, APP, TAG)).toBeUndefined();

    prod.weather.sent = 0;
    const again = await run(checkout);
    expect(again.code).toBe(0);
    expect(await digestAt(prod, APP, TAG)).toBe(built.digest);
    // Only the layer that had not arrived was sent.
    expect(prod.weather.sent).toBeGreaterThan(4 * MB);
    expect(prod.weather.sent).toBeLessThan(6 * MB);
  });

  it("tries again where the connection breaks, and says so where it goes on breaking", async () => {
    const built = multiPlatform(2 * MB);
    const { checkout } = await release(built);
    Object.assign(prod.weather, { limit: MB, fate: "drop", times: Number.POSITIVE_INFINITY });
    const failed = await run(checkout);
    expect(failed.code).toBe(2);
    expect(failed.stderr).toContain("three tries were made. Run it again: what has arrived by now is not copied again");
    expect(await digestAt(prod, APP, TAG)).toBeUndefined();

    Object.assign(prod.weather, { times: 1 });
    const { code, stdout } = await run(checkout);
    expect({ code, dropsLeft: prod.weather.times }).toEqual({ code: 0, dropsLeft: 0 });
    expect(stdout).toContain("copied with skopeo");
    expect(await digestAt(prod, APP, TAG)).toBe(built.digest);
  });

  it("refuses a tag that names another digest, before anything is copied", async () => {
    const built = multiPlatform(1000);
    const { checkout } = await release(built);
    const other = image("amd64", 1000);
    await push(prod, APP, other, TAG);

    const { code, stdout } = await run(checkout);
    expect(code).toBe(1);
    expect(stdout).toContain(
      `refused: the tag prod.test/${APP}:${TAG} names another digest already, ${other.digest}. Nothing was copied`,
    );
    expect(await digestAt(prod, APP, built.digest)).toBeUndefined();
    expect(await digestAt(prod, APP, TAG)).toBe(other.digest);
  });

  it("refuses what is not blessed, and shows what is missing", async () => {
    const built = multiPlatform(1000);
    await push(build, "team/app", built);
    const { checkout } = await blessedCheckout({ image: built.digest }, { bless: false });
    onTestFinished(() => checkout.remove());

    const { code, stdout } = await run(checkout);
    expect(code).toBe(1);
    expect(stdout).toContain("refused: app 1.0.0 is not blessed for prod: nothing was copied");
    expect(stdout).toContain("npx imprimatur bless app 1.0.0 --for prod");
    expect(await digestAt(prod, APP, TAG)).toBeUndefined();
  });

  it("gives the formal tag only once a test on the platform is there, and never one that is taken", async () => {
    const built = multiPlatform(1000);
    const { checkout, world } = await release(built);
    expect((await run(checkout)).code).toBe(0);
    const formal = [...ARGS, "--formal-tag"];
    const unasked = await run(checkout, formal);
    expect(unasked.code).toBe(1);
    expect(unasked.stdout).toContain("prod asks for no platform-test of app 1.0.0");

    checkout.edit("catalog/trust/formality.yaml", "stacks: [formal]", "stacks: [prod]");
    const untested = await run(checkout, formal);
    expect(untested.code).toBe(1);
    expect(untested.stdout).toContain("evidence:platform-test@prod");
    expect(await digestAt(prod, APP, "1.0.0")).toBeUndefined();

    await attestPlatformTest(checkout, world);
    const tagged = await run(checkout, [...formal, "--json"], { PATH: "/nowhere" });
    expect({ code: tagged.code, stderr: tagged.stderr }).toEqual({ code: 0, stderr: "" });
    expect(JSON.parse(tagged.stdout).delivered[0]).toMatchObject({ state: "tagged", tags: [TAG, "1.0.0"] });
    expect(await digestAt(prod, APP, "1.0.0")).toBe(built.digest);

    const other = image("amd64", 1000);
    await push(prod, APP, other, "1.0.0");
    const taken = await run(checkout, formal);
    expect(taken.code).toBe(1);
    expect(taken.stdout).toContain(`prod.test/${APP}:1.0.0 names another digest already, ${other.digest}`);
    expect(await digestAt(prod, APP, "1.0.0")).toBe(other.digest);
  });

  it("delivers from an OCI layout, with what refers to the image there", async () => {
    const built = multiPlatform(1000);
    const attestation = referrer("made by the build", built);
    const { checkout } = await blessedCheckout({ image: built.digest });
    onTestFinished(() => checkout.remove());
    writeLayout(join(checkout.root, "layout"), built, attestation, image("amd64", 10));

    const { code, stdout } = await run(checkout, [...ARGS, "--from", "oci:layout"]);
    expect(code).toBe(0);
    expect(stdout).toContain("✔ app 1.0.0 is delivered to images, charts: 1 artifact, 1 copied with skopeo");
    expect(await digestAt(prod, APP, TAG)).toBe(built.digest);
    expect(await digestAt(prod, APP, attestation.digest)).toBe(attestation.digest);
    const list = await prod.api("GET", `/v2/${APP}/manifests/${built.digest.replace(":", "-")}`);
    expect(JSON.parse(list.body.toString()).manifests).toMatchObject([
      { digest: attestation.digest, artifactType: "application/vnd.test.attestation" },
    ]);
  });

  it("writes nothing with --dry-run, and says what is not where it should be", async () => {
    const built = multiPlatform(1000);
    const { checkout } = await release(built);
    const { code, stdout } = await run(checkout, [...ARGS, "--dry-run"], { PATH: "/nowhere" });
    expect(code).toBe(0);
    expect(stdout).toContain(
      `planned  image app  prod.test/${APP}@${built.digest} from build.test/team/app  tagged ${TAG}`,
    );
    expect(await digestAt(prod, APP, built.digest)).toBeUndefined();

    const absent = await run(checkout, [...ARGS, "--dry-run", "--from", "build.test/elsewhere"]);
    expect(absent).toMatchObject({
      code: 2,
      stderr: `error: build.test/elsewhere/app ${built.digest}: has no such image: app cannot be copied\n`,
    });
    const unknown = await run(checkout, ["deliver", "app", "1.0.0", "--for", "prod", "--to", "imags"]);
    expect(unknown).toMatchObject({
      code: 2,
      stderr:
        'error: --to: is no registry of prod: see imprimatur:registries in Pulumi.prod.yaml (got "imags"; did you mean "images"?)\n',
    });
    const toolless = await run(checkout, ARGS, { PATH: "/nowhere" });
    expect(toolless).toMatchObject({
      code: 2,
      stderr:
        "error: --with: nothing that copies between registries is on PATH: install skopeo, crane or oras (Debian: apt install skopeo)\n",
    });
  });

  it.skipIf(findTool("crane") === undefined)("delivers with crane as well", async () => {
    const built = multiPlatform(1000);
    const { checkout } = await release(built);
    const { code, stdout } = await run(checkout, [...ARGS, "--with", "crane"]);
    expect({ code, by: stdout.includes("1 copied with crane") }).toEqual({ code: 0, by: true });
    expect(await digestAt(prod, APP, TAG)).toBe(built.digest);
  });

  it("leaves no login behind", async () => {
    const built = multiPlatform(1000);
    const { checkout } = await release(built);
    const runtime = join(registries.directory, "docker");
    expect((await run(checkout, ARGS, { XDG_RUNTIME_DIR: runtime })).code).toBe(0);
    expect(readdirSync(runtime)).toEqual(["config.json"]);
  });
});
