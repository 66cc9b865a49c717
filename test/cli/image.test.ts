import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Checkout, platformFiles } from "./checkout.ts";

const FOLDER = "deployments/web";
const IMAGE = (url: string) => `module: web
image: web
base: registry.test/base@sha256:${"1".repeat(64)}
platform: linux/amd64
environments:
  cal: { kind: pip, source: { url: "${url}/{cal}/{env}", needs: the VPN, contact: SCSB } }
  lab: { kind: pip, source: { url: "${url}/{cal}/{env}", contact: the lab team } }
`;

let server: Server;
let answers: Record<string, string>;
let checkout: Checkout;
beforeEach(async () => {
  answers = { "/0.13.0/cal": "roman-cal==0.13.0\n", "/0.13.0/lab": "jupyterlab==4.2.0\n" };
  server = createServer((request, response) => {
    const body = answers[request.url ?? ""];
    response.statusCode = body === undefined ? 404 : 200;
    response.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  checkout = new Checkout({
    ...platformFiles(),
    [`${FOLDER}/image.yaml`]: IMAGE(url),
    [`${FOLDER}/MISSION_VERSION`]: "web-1.0.0\n",
    "deployments/common/VERSION": "1.3.0\n",
    [`${FOLDER}/environments/cal/requirements.txt`]: "roman-cal==0.12.0\n",
  });
});
afterEach(() => {
  checkout.remove();
  server.close();
});

const configure = (...args: string[]) => checkout.run("image", "configure", "web", ...args);

describe("image configure", () => {
  it("keeps what it is told in a file that git never sees", async () => {
    await checkout.git("init", "--quiet");
    await checkout.git("add", "--all");
    await checkout.git("commit", "--quiet", "-m", "all");
    const { code, stdout } = await configure("--use-frozen=floating", "--freeze-chill=1", "--cal-version=0.13.0");
    expect(stdout).toContain("✔ web: floating, CAL 0.13.0, frozen after the build\n");
    expect(code).toBe(0);
    expect(JSON.parse(checkout.read(".imprimatur/image.json"))).toEqual({
      mission: "web",
      useFrozen: "floating",
      freezeChill: true,
      calVersion: "0.13.0",
    });
    expect((await checkout.git("status", "--porcelain")).stdout).toBe("");
  });

  it.each([
    [["wbe", "--use-frozen", "frozen", "--cal-version", "none"], /mission: is no mission: .*did you mean "web"/],
    [["web", "--use-frozen", "frozn", "--cal-version", "none"], /--use-frozen: must be one of .*did you mean "frozen"/],
    [["web", "--use-frozen", "frozen", "--cal-version", "new"], /--cal-version: must be a version, none or latest/],
    [
      ["web", "--use-frozen", "frozen", "--freeze-chill=yes", "--cal-version", "none"],
      /--freeze-chill: must be 0 or 1/,
    ],
  ])("refuses %j", async (args, message) => {
    const before = checkout.snapshot();
    const { code, stderr } = await checkout.run("image", "configure", ...args);
    expect(stderr).toMatch(message);
    expect(code).toBe(2);
    expect(checkout.snapshot()).toEqual(before);
  });
});

describe("image update", () => {
  it("takes what is delivered for the CAL version, and says so in CAL_VERSION", async () => {
    await configure("--use-frozen=floating", "--cal-version=0.13.0");
    const { code, stdout } = await checkout.run("image", "update", "--json");
    expect(code).toBe(0);
    const [cal, lab] = [`${FOLDER}/environments/cal`, `${FOLDER}/environments/lab`];
    expect(JSON.parse(stdout).written).toEqual([
      `${cal}/requirements.txt`,
      `${cal}/CAL_VERSION`,
      `${lab}/requirements.txt`,
      `${lab}/CAL_VERSION`,
    ]);
    expect(checkout.read(`${cal}/requirements.txt`)).toBe("roman-cal==0.13.0\n");
    expect(checkout.read(`${cal}/CAL_VERSION`)).toBe("0.13.0\n");
  });

  it("leaves everything alone with none", async () => {
    await configure("--use-frozen=floating", "--cal-version=none");
    const before = checkout.snapshot();
    expect((await checkout.run("image", "update")).stdout).toBe("✔ requirements of web: left alone, as configured\n");
    expect(checkout.snapshot()).toEqual(before);
  });

  it.each([
    [
      "what is not delivered yet",
      () => delete answers["/0.13.0/lab"],
      /lab: has no requirements for CAL version 0.13.0 \(404\); ask the lab team/,
    ],
    [
      "a login page",
      () => Object.assign(answers, { "/0.13.0/cal": "<!DOCTYPE html>" }),
      /cal: has no requirements in it; it takes the VPN; ask SCSB/,
    ],
  ])("writes nothing for %s, and says whom to ask", async (_, change, message) => {
    await configure("--use-frozen=floating", "--cal-version=0.13.0");
    change();
    const before = checkout.snapshot();
    const { code, stderr } = await checkout.run("image", "update");
    expect(stderr).toMatch(message);
    expect(code).toBe(2);
    expect(checkout.snapshot()).toEqual(before);
  });

  it("names every place that is out of reach", async () => {
    await configure("--use-frozen=floating", "--cal-version=0.13.0");
    await new Promise((resolve) => server.close(resolve));
    const { code, stderr } = await checkout.run("image", "update");
    expect(stderr).toMatch(/0\.13\.0\/cal cal: is out of reach: .*ECONNREFUSED.*; it takes the VPN; ask SCSB/);
    expect(stderr).toMatch(/0\.13\.0\/lab lab: is out of reach: .*ask the lab team/);
    expect(code).toBe(2);
  });
});

describe("before anything is built", () => {
  it.each([
    [["build"], /nothing is configured: npx imprimatur image configure/],
    [["drift", "--fail-on", "chnged"], /nothing is configured/],
    [["release", "store"], /module: has no frozen image: .*got "store"/],
  ])("image %j says what to do", async (args, message) => {
    const { code, stderr } = await checkout.run("image", ...args);
    expect(stderr).toMatch(message);
    expect(code).toBe(2);
  });

  it.each([
    [["--builder", "foo"], /--builder: must be one of docker, buildah/],
    [["--secret", "foo"], /--secret: must be id=<name>,src=<file> \(got "foo"\)/],
    [["--secret", "id=pip,src=nowhere"], /--secret: there is no file nowhere/],
    [["--build-arg", "foo"], /--build-arg: must be NAME=value/],
    [["--sbom-generator", "foo"], /--sbom-generator: attaches an SBOM, so it needs --attach/],
  ])("image build %j fetches and writes nothing", async (args, message) => {
    await configure("--use-frozen=floating", "--cal-version=0.13.0");
    const before = checkout.snapshot();
    const { code, stderr } = await checkout.run("image", "build", ...args);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(message) });
    expect(checkout.snapshot()).toEqual(before);
  });

  it("says how to mend settings that somebody has broken", async () => {
    await configure("--use-frozen=floating", "--cal-version=none");
    checkout.write(".imprimatur/image.json", "{ mission: ");
    const { code, stderr } = await checkout.run("image", "build");
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringContaining("run npx imprimatur image configure again"),
    });
  });

  it.each([["test"], ["freeze"], ["drift"]])("image %s asks for a build", async (verb) => {
    await configure("--use-frozen=floating", "--cal-version=none");
    const { code, stderr } = await checkout.run("image", verb);
    expect(stderr).toContain("nothing is built here: npx imprimatur image build");
    expect(code).toBe(2);
  });
});
