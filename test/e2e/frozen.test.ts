import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it, type TestContext } from "vitest";
import { COMMAND } from "../cli/checkout.ts";
import { FrozenCheckout } from "./frozenCheckout.ts";
import { BUILDERS, type ImageBuilder } from "./imageBuilder.ts";
import { until } from "./tools.ts";

const PROJECT = join(import.meta.dirname, "../..");
const CAL = "deployments/roman/environments/roman-cal";
const RECORD = "deployments/roman/env-frozen/record.json";
const BUILD = ".imprimatur/image-roman/build.json";
const delivered = "attrs==24.2.0\nPyYAML==6.0.2\n";

describe.each(Object.entries(BUILDERS))(
  "a frozen image, built with %s",
  { timeout: 900_000 },
  (_name, startBuilder) => {
    let builder: ImageBuilder | string;
    let server: Server;
    let source: string;
    let checkout: FrozenCheckout;

    beforeAll(async () => {
      builder = await startBuilder();
      server = createServer((request, response) => {
        response.statusCode = request.url === "/roman-cal/0.13.0/roman-cal/requirements.txt" ? 200 : 404;
        response.end(delivered);
      });
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      source = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    }, 900_000);
    afterAll(async () => {
      server.close();
      if (typeof builder !== "string") await builder.stop();
    });

    /** The builder, or the end of the test. */
    function needed(context: TestContext): ImageBuilder {
      if (typeof builder === "string") return context.skip(builder);
      return builder;
    }

    beforeEach((context) => {
      checkout = new FrozenCheckout(needed(context));
      checkout.edit("deployments/roman/image.yaml", "https://artifactory.example.org", source);
      return () => checkout.remove();
    });

    it("is built floating, frozen, rebuilt from the freeze and tested; a package that moves is drift", async (context) => {
      const layers = (id: string) => needed(context).layers(id);
      await checkout.git("init", "--quiet", "--initial-branch", "main");
      await checkout.commit("the tree");
      expect((await checkout.configure("floating", "0.13.0")).code).toBe(0);
      const floating = await checkout.build();
      expect(floating.stderr).toBe("");
      expect(floating.code).toBe(0);
      const record = checkout.read(RECORD);
      const { environments, deb } = JSON.parse(record);
      const packages: { name: string; version: string; hashes: string[] }[] = environments["roman-cal"].pip;
      expect(packages.map(({ name }) => name)).toEqual(["attrs", "python-dateutil", "pyyaml", "six"]);
      expect(packages.every(({ hashes }) => hashes.length > 0)).toBe(true);
      expect(deb.some(({ name }: { name: string }) => name.startsWith("python3:"))).toBe(true);
      expect((await checkout.image("test")).stdout).toBe("✔ 4 tests of roman: 4 passed, 0 skipped\n");

      await checkout.configure("frozen");
      const early = await checkout.build();
      expect(early.code).toBe(1);
      expect(early.stdout).toContain("✘ refused: what was frozen is not committed: deployments/roman/env-chilly/");
      await checkout.commit("freeze");

      expect((await checkout.build()).stderr).toBe("");
      const first = JSON.parse(checkout.read(BUILD));
      expect((await checkout.image("test")).code).toBe(0);
      const none = { code: 0, stdout: "✔ no drift: what was built is what was frozen\n", stderr: "" };
      expect(await checkout.image("drift")).toEqual(none);
      expect(checkout.read(".imprimatur/image-roman/built-record.json")).toBe(record);
      expect(JSON.parse(checkout.read(".imprimatur/image-roman/sbom.cdx.json")).components).toHaveLength(
        deb.length + 4,
      );

      expect(await checkout.build()).toMatchObject({ code: 0, stderr: "" });
      const second = JSON.parse(checkout.read(BUILD));
      expect(second.record).toBe(first.record);
      expect(await layers(second.image)).toEqual(await layers(first.image));
      expect((await checkout.image("drift")).code).toBe(0);

      checkout.edit(`${CAL}/requirements.txt`, "attrs==24.2.0", "attrs==24.1.0");
      await checkout.image("configure", "roman", "--use-frozen=floating", "--cal-version=none");
      expect(await checkout.build()).toMatchObject({ code: 0, stderr: "" });
      const moved = await checkout.image("drift");
      expect(moved.code).toBe(1);
      expect(moved.stdout).toContain(
        "1 difference between what was frozen and what was built: changed roman-cal pip attrs 24.2.0 → 24.1.0",
      );
      expect((await checkout.image("drift", "--fail-on", "added,removed")).code).toBe(0);
      expect(checkout.read(RECORD)).toBe(record);
    });

    it.each([
      [
        "a lock that does not resolve",
        `${CAL}/requirements.txt`,
        "attrs==24.2.0\nattrs==24.1.0\n",
        /conflict|ResolutionImpossible|Double requirement/i,
      ],
      [
        "a version that is not there",
        `${CAL}/requirements.txt`,
        "attrs==0.0.99\n",
        /No matching distribution found for attrs==0\.0\.99/,
      ],
      ["a yanked package", `${CAL}/requirements.txt`, "attrs==21.1.0\n", /a package was yanked by its authors/],
    ])("refuses %s, and leaves what was frozen before alone", async (_, path, text, message) => {
      checkout.write(RECORD, "the record of before\n");
      checkout.write(path, text);
      await checkout.configure("floating");
      const { code, stderr } = await checkout.build();
      expect(stderr).toMatch(message);
      expect(code).toBe(2);
      expect(checkout.read(RECORD)).toBe("the record of before\n");
      expect(existsSync(join(checkout.root, BUILD))).toBe(false);
    });

    it("refuses a hash that does not match, an added package that moves a CAL pin, and tells of an import that crashes", async () => {
      await checkout.git("init", "--quiet", "--initial-branch", "main");
      checkout.write(`${CAL}/packages.txt`, "python-dateutil<3\n");
      checkout.write(`${CAL}/tests/scripts/crash.py`, "import os\nos.abort()\n");
      checkout.write(`${CAL}/tests/imports`, "attrs\nno_such_module\nfaulty\n");
      checkout.write(`${CAL}/tests/scripts/online.py`, 'import socket\nsocket.create_connection(("192.0.2.1", 9))\n');
      await checkout.configure("floating");
      expect(await checkout.build()).toMatchObject({ code: 0, stderr: "" });
      const tested = await checkout.image("test");
      expect(tested.code).toBe(1);
      const report = checkout.read(".imprimatur/image-roman/import-test.xml");
      expect(report).toContain('tests="6" failures="4" skipped="0"');
      expect(report).toMatch(/name="scripts\/crash.py"><failure message="it crashed: /);
      expect(report).toContain("No module named &apos;no_such_module&apos;".replaceAll("&apos;", "'"));
      expect(report).toMatch(/name="scripts\/online.py"><failure message="[^"]*Network is unreachable/);
      await checkout.commit("freeze");

      const before = checkout.read(RECORD);
      const wrong = checkout.read("deployments/roman/env-frozen/roman-cal/requirements.txt");
      checkout.write(
        "deployments/roman/env-frozen/roman-cal/requirements.txt",
        wrong.replaceAll(/sha256:[0-9a-f]{64}/g, `sha256:${"0".repeat(64)}`),
      );
      await checkout.commit("somebody edits a freeze");
      await checkout.configure("frozen");
      const { code, stderr } = await checkout.build();
      expect(stderr).toMatch(/DO NOT MATCH THE HASHES/);
      expect(code).toBe(2);
      expect(checkout.read(RECORD)).toBe(before);

      checkout.write(`${CAL}/requirements.txt`, "attrs==24.2.0\nsix==1.15.0\n");
      // Installed after the others, as a careless Dockerfile would.
      const line =
        "RUN --mount=type=secret,id=pip --mount=type=secret,id=ca /opt/common/install-pip roman-cal /opt/requirements/roman-cal";
      const late =
        "RUN --mount=type=secret,id=pip --mount=type=secret,id=ca PIP_CONFIG_FILE=/run/secrets/pip PIP_CERT=/run/secrets/ca python3 -m pip --python /opt/envs/roman-cal/bin/python install --report /opt/envs/roman-cal/pip-report-2.json six==1.16.0";
      checkout.edit("deployments/roman/Dockerfile", line, `${line}\n${late}`);
      await checkout.configure("floating");
      const moved = await checkout.build();
      expect(moved.stderr).toContain("CAL 0.13.0 pins 1.15.0, and the image has 1.16.0");
      expect(moved.code).toBe(2);
      expect(checkout.read(RECORD)).toBe(before);
    });

    it("a build that is killed half-way leaves everything as it was", async (context) => {
      checkout.write(RECORD, "the record of before\n");
      checkout.write(
        "deployments/roman/Dockerfile",
        `${readFileSync(join(PROJECT, "deployments/roman/Dockerfile"), "utf8")}RUN echo halfway && sleep 300\n`,
      );
      await checkout.configure("floating");
      const own = needed(context);
      const [before, working] = [checkout.snapshot(), await own.working()];
      const env = { ...process.env, ...own.env };
      const child = spawn(process.execPath, [COMMAND, "image", "build", ...checkout.options], {
        cwd: checkout.root,
        env,
      });
      const ended = new Promise((resolve) => child.once("close", (_, signal) => resolve(signal)));
      await until("the build", async () => (await own.working()) > working);
      child.kill("SIGTERM");
      expect(await ended).toBe("SIGTERM");
      expect(checkout.snapshot()).toEqual(before);
    });
  },
);
