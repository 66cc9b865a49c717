import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, expect, it, onTestFinished } from "vitest";
import { COMMAND } from "../cli/checkout.ts";
import { attestPlatformTest, blessedCheckout } from "./blessedCheckout.ts";
import { APP, ARGS, CHART, Delivery, MB, missing, TAG } from "./delivery.ts";
import { type Built, chart, digestAt, image, listOf, multiPlatform, push, referrer } from "./images.ts";
import { until } from "./tools.ts";

describe.skipIf(missing !== undefined)(`deliver between two registries${missing ? ` (${missing})` : ""}`, () => {
  const delivery = new Delivery();

  it("copies every platform, the chart and what is signed, under the same digests; again, it finds all there", async () => {
    const built = multiPlatform(MB);
    const helmChart = chart("app", "1.0.0", Buffer.from("a chart"));
    const { checkout } = await delivery.release(built, helmChart);
    // As cosign signs by tag, and as OCI 1.1 lists referrers where a registry has no API for them.
    const signature = referrer("signed");
    const hex = (each: { digest: string }) => each.digest.replace(":", "-");
    await push(delivery.build, "team/app", signature, `${hex(built)}.sig`);
    const [amd64] = built.parts as [Built];
    const attestation = referrer("sbom of amd64", amd64);
    await push(delivery.build, "team/app", listOf(attestation), hex(amd64));
    const ofAttestation = referrer("signature of the attestation", attestation);
    await push(delivery.build, "team/app", listOf(ofAttestation), hex(attestation));
    // Something that only the destination has been told of stays listed.
    const local = referrer("scanned in production", amd64);
    await push(delivery.prod, APP, amd64);
    await push(delivery.prod, APP, listOf(local), hex(amd64));

    const first = await delivery.run(checkout, [...ARGS, "--json"], { CI: "true" });

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
    expect(await digestAt(delivery.prod, APP, TAG)).toBe(built.digest);
    for (const part of built.parts) expect(await digestAt(delivery.prod, APP, part.digest)).toBe(part.digest);
    expect(await digestAt(delivery.prod, CHART, "1.0.0")).toBe(helmChart.digest);
    expect(await digestAt(delivery.prod, APP, `${hex(built)}.sig`)).toBe(signature.digest);
    const listed = JSON.parse((await delivery.prod.api("GET", `/v2/${APP}/manifests/${hex(amd64)}`)).body.toString());
    expect(listed.manifests.map(({ digest }: Built) => digest)).toEqual([local.digest, attestation.digest]);

    // No tool is needed where nothing is to be copied.
    const second = await delivery.run(checkout, [...ARGS, "--json"], { PATH: "/nowhere" });
    expect(JSON.parse(second.stdout).delivered.map(({ state }: { state: string }) => state)).toEqual([
      "present",
      "present",
    ]);
    expect(second.code).toBe(0);
  });

  it("resumes a copy that was killed half-way", async () => {
    const built = multiPlatform(4 * MB);
    const { checkout } = await delivery.release(built);
    // One platform gets through, and half of the other.
    Object.assign(delivery.prod.weather, { limit: 6 * MB, fate: "hang", times: 1 });
    // Progress is told where CI is set, and is not what this is about.
    const { CI: _, ...inherited } = process.env;
    const child = spawn(process.execPath, [COMMAND, ...ARGS], {
      cwd: checkout.root,
      env: { ...inherited, ...delivery.registries.env },
    });
    let stderr = "";
    child.stderr.on("data", (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
    await until("the copy is half-way", async () => delivery.prod.weather.times === 0);
    const children = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, "utf8").trim().split(" ");
    const copying = children.filter((pid) => readFileSync(`/proc/${pid}/comm`, "utf8").trim() === "skopeo");
    expect(copying).toHaveLength(1);
    process.kill(Number(copying[0]), "SIGKILL");

    expect(await ended).toBe(2);
    expect(stderr).toBe(
      `error: prod.test/${APP}@${built.digest}: skopeo was stopped by SIGKILL. Run it again: what has arrived by now is not copied again\n`,
    );
    expect(await digestAt(delivery.prod, APP, TAG)).toBeUndefined();

    delivery.prod.weather.sent = 0;
    const again = await delivery.run(checkout);
    expect(again.code).toBe(0);
    expect(await digestAt(delivery.prod, APP, TAG)).toBe(built.digest);
    // Only the layer that had not arrived was sent.
    expect(delivery.prod.weather.sent).toBeGreaterThan(4 * MB);
    expect(delivery.prod.weather.sent).toBeLessThan(6 * MB);
  });

  it("tries again where the connection breaks, and says so where it goes on breaking", async () => {
    const built = multiPlatform(2 * MB);
    const { checkout } = await delivery.release(built);
    Object.assign(delivery.prod.weather, { limit: MB, fate: "drop", times: Number.POSITIVE_INFINITY });
    const failed = await delivery.run(checkout);
    expect(failed.code).toBe(2);
    expect(failed.stderr).toContain("three tries were made. Run it again: what has arrived by now is not copied again");
    expect(await digestAt(delivery.prod, APP, TAG)).toBeUndefined();

    Object.assign(delivery.prod.weather, { times: 1 });
    const { code, stdout } = await delivery.run(checkout);
    expect({ code, dropsLeft: delivery.prod.weather.times }).toEqual({ code: 0, dropsLeft: 0 });
    expect(stdout).toContain("copied with skopeo");
    expect(await digestAt(delivery.prod, APP, TAG)).toBe(built.digest);
  });

  it("refuses a tag that names another digest, before anything is copied", async () => {
    const built = multiPlatform(1000);
    const { checkout } = await delivery.release(built);
    const other = image("amd64", 1000);
    await push(delivery.prod, APP, other, TAG);

    const { code, stdout } = await delivery.run(checkout);
    expect(code).toBe(1);
    expect(stdout).toContain(
      `refused: the tag prod.test/${APP}:${TAG} names another digest already, ${other.digest}. Nothing was copied`,
    );
    expect(await digestAt(delivery.prod, APP, built.digest)).toBeUndefined();
    expect(await digestAt(delivery.prod, APP, TAG)).toBe(other.digest);
  });

  it("refuses what is not blessed, and shows what is missing", async () => {
    const built = multiPlatform(1000);
    await push(delivery.build, "team/app", built);
    const { checkout } = await blessedCheckout({ image: built.digest }, { bless: false });
    onTestFinished(() => checkout.remove());

    const { code, stdout } = await delivery.run(checkout);
    expect(code).toBe(1);
    expect(stdout).toContain("refused: app 1.0.0 is not blessed for prod: nothing was copied");
    expect(stdout).toContain("npx imprimatur bless app 1.0.0 --for prod");
    expect(await digestAt(delivery.prod, APP, TAG)).toBeUndefined();
  });

  it("gives the formal tag only once a test on the platform is there, and never one that is taken", async () => {
    const built = multiPlatform(1000);
    const { checkout, world } = await delivery.release(built);
    expect((await delivery.run(checkout)).code).toBe(0);
    const formal = [...ARGS, "--formal-tag"];
    const unasked = await delivery.run(checkout, formal);
    expect(unasked.code).toBe(1);
    expect(unasked.stdout).toContain("prod asks for no platform-test of app 1.0.0");

    checkout.edit("catalog/trust/formality.yaml", "stacks: [formal]", "stacks: [prod]");
    const untested = await delivery.run(checkout, formal);
    expect(untested.code).toBe(1);
    expect(untested.stdout).toContain("evidence:platform-test@prod");
    expect(await digestAt(delivery.prod, APP, "1.0.0")).toBeUndefined();

    await attestPlatformTest(checkout, world);
    const tagged = await delivery.run(checkout, [...formal, "--json"], { PATH: "/nowhere" });
    expect({ code: tagged.code, stderr: tagged.stderr }).toEqual({ code: 0, stderr: "" });
    expect(JSON.parse(tagged.stdout).delivered[0]).toMatchObject({ state: "tagged", tags: [TAG, "1.0.0"] });
    expect(await digestAt(delivery.prod, APP, "1.0.0")).toBe(built.digest);

    const other = image("amd64", 1000);
    await push(delivery.prod, APP, other, "1.0.0");
    const taken = await delivery.run(checkout, formal);
    expect(taken.code).toBe(1);
    expect(taken.stdout).toContain(`prod.test/${APP}:1.0.0 names another digest already, ${other.digest}`);
    expect(await digestAt(delivery.prod, APP, "1.0.0")).toBe(other.digest);
  });
});
