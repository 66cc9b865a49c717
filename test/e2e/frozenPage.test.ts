import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { brokenLinks, Clone, commandsOf, PROJECT } from "../docs/page.ts";
import { Buildah } from "./buildah.ts";
import { buildOptions } from "./imageBuilder.ts";

const page = readFileSync(join(PROJECT, "docs/frozen-builds.md"), "utf8");

it("docs/frozen-builds.md links to pages that are there, and has the walk of the seed", () => {
  expect(brokenLinks(page)).toEqual([]);
  const own = commandsOf(page).filter(({ text }) => text.startsWith("npx imprimatur image"));
  expect(own.map(({ text }) => text.split(" ")[3])).toEqual([
    "configure",
    "update",
    "build",
    "test",
    "configure",
    "build",
    "test",
    "drift",
    "attest",
    "release",
    // Below the walk: what a build needs behind a proxy.
    "build",
  ]);
});

it("docs/frozen-builds.md runs as it stands", { timeout: 900_000 }, async (context) => {
  const builder = await Buildah.start();
  if (typeof builder === "string") return context.skip(builder);
  onTestFinished(() => builder.stop());
  const server = createServer((_, response) => response.end("attrs==24.2.0\nPyYAML==6.0.2\n"));
  onTestFinished(() => void server.close());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));

  const clone = await Clone.make();
  // What the reference platform makes up has to be real here: the base, and where requirements are delivered.
  const file = join(clone.root, "deployments/roman/image.yaml");
  const source = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const text = readFileSync(file, "utf8").replace(/^base: .*$/m, `base: ${builder.base}`);
  writeFileSync(file, text.replace("https://artifactory.example.org", source));
  for (const setting of ["user.name=Test", "user.email=test@example.org"]) {
    await clone.start("git", ["config", ...setting.split("=")]);
  }
  await clone.start("git", ["commit", "--quiet", "--all", "-m", "where things are here"]);

  const env = Object.entries(builder.env).map(([name, value]) => `export ${name}='${value}'`);
  const setup = { text: env.join("; "), exits: 0, prints: [] };
  const commands = commandsOf(page).map((command) => ({
    ...command,
    text: command.text.replace("image build", `image build ${buildOptions(builder).join(" ")}`),
  }));
  await clone.expectAll([setup, ...commands]);
  const tags = await clone.start("git", ["tag", "--list"]);
  expect(tags.stdout).toBe("1.3.1\nroman-12.1.0\n");
  const evidence = await clone.start("ls", ["catalog/evidence/roman-notebook/roman-12.1.0"]);
  expect(
    evidence.stdout
      .replaceAll(/-[0-9a-f]{12}\.sigstore\.json/g, "")
      .split("\n")
      .filter(Boolean),
  ).toEqual(["cut", "drift", "freeze-record", "import-test", "sbom"]);
  const verified = await clone.start("npx", ["imprimatur", "verify", "--json"]);
  expect(JSON.parse(verified.stdout).problems).toEqual([]);
});
