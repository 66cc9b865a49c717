import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { blessedCheckout } from "./blessedCheckout.ts";
import { APP, ARGS, Delivery, missing, TAG } from "./delivery.ts";
import { digestAt, image, multiPlatform, referrer, writeLayout } from "./images.ts";
import { findTool } from "./tools.ts";

describe.skipIf(missing !== undefined)(
  `deliver, from elsewhere and with other tools${missing ? ` (${missing})` : ""}`,
  () => {
    const delivery = new Delivery();

    it("delivers from an OCI layout, with what refers to the image there", async () => {
      const built = multiPlatform(1000);
      const attestation = referrer("made by the build", built);
      const { checkout } = await blessedCheckout({ image: built.digest });
      onTestFinished(() => checkout.remove());
      writeLayout(join(checkout.root, "layout"), built, attestation, image("amd64", 10));

      const { code, stdout } = await delivery.run(checkout, [...ARGS, "--from", "oci:layout"]);
      expect(code).toBe(0);
      expect(stdout).toContain("✔ app 1.0.0 is delivered to images, charts: 1 artifact, 1 copied with skopeo");
      expect(await digestAt(delivery.prod, APP, TAG)).toBe(built.digest);
      expect(await digestAt(delivery.prod, APP, attestation.digest)).toBe(attestation.digest);
      const list = await delivery.prod.api("GET", `/v2/${APP}/manifests/${built.digest.replace(":", "-")}`);
      expect(JSON.parse(list.body.toString()).manifests).toMatchObject([
        { digest: attestation.digest, artifactType: "application/vnd.test.attestation" },
      ]);
    });

    it("writes nothing with --dry-run, and says what is not where it should be", async () => {
      const built = multiPlatform(1000);
      const { checkout } = await delivery.release(built);
      const { code, stdout } = await delivery.run(checkout, [...ARGS, "--dry-run"], { PATH: "/nowhere" });
      expect(code).toBe(0);
      expect(stdout).toContain(
        `planned  image app  prod.test/${APP}@${built.digest} from build.test/team/app  tagged ${TAG}`,
      );
      expect(await digestAt(delivery.prod, APP, built.digest)).toBeUndefined();

      const absent = await delivery.run(checkout, [...ARGS, "--dry-run", "--from", "build.test/elsewhere"]);
      expect(absent).toMatchObject({
        code: 2,
        stderr: `error: build.test/elsewhere/app ${built.digest}: has no such image: app cannot be copied\n`,
      });
      const unknown = await delivery.run(checkout, ["deliver", "app", "1.0.0", "--for", "prod", "--to", "imags"]);
      expect(unknown).toMatchObject({
        code: 2,
        stderr:
          'error: --to: is no registry of prod: see imprimatur:registries in Pulumi.prod.yaml (got "imags"; did you mean "images"?)\n',
      });
      const toolless = await delivery.run(checkout, ARGS, { PATH: "/nowhere" });
      expect(toolless).toMatchObject({
        code: 2,
        stderr:
          "error: --with: nothing that copies between registries is on PATH: install skopeo, crane or oras (Debian: apt install skopeo)\n",
      });
    });

    it.skipIf(findTool("crane") === undefined)("delivers with crane as well", async () => {
      const built = multiPlatform(1000);
      const { checkout } = await delivery.release(built);
      const { code, stdout } = await delivery.run(checkout, [...ARGS, "--with", "crane"]);
      expect({ code, by: stdout.includes("1 copied with crane") }).toEqual({ code: 0, by: true });
      expect(await digestAt(delivery.prod, APP, TAG)).toBe(built.digest);
    });

    it("leaves no login behind", async () => {
      const built = multiPlatform(1000);
      const { checkout } = await delivery.release(built);
      const runtime = join(delivery.registries.directory, "docker");
      expect((await delivery.run(checkout, ARGS, { XDG_RUNTIME_DIR: runtime })).code).toBe(0);
      expect(readdirSync(runtime)).toEqual(["config.json"]);
    });
  },
);
