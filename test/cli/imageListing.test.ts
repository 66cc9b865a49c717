import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { OpenImage } from "../../cli/image/builders.ts";
import { freezeFiles } from "../../cli/image/freeze.ts";
import { listImage } from "../../cli/image/listing.ts";
import type { Mission } from "../../cli/image/mission.ts";
import { readCyclonedx } from "../../release/evidence/readers/cyclonedx.ts";
import { findDrift } from "../../release/frozen/drift.ts";
import { sbomOf } from "../../release/frozen/sbom.ts";

const recorded = (name: string) => readFileSync(join(import.meta.dirname, "fixtures/image", name), "utf8");

const environment = (name: string, kind: "pip" | "conda" | "npm") => ({
  name,
  kind,
  folder: `deployments/m/environments/${name}`,
  prefix: `/opt/envs/${name}`,
});
const mission: Mission = {
  name: "m",
  folder: "deployments/m",
  image: {
    module: "m",
    image: "m",
    base: `registry.test/base@sha256:${"1".repeat(64)}`,
    platform: "linux/amd64",
    debian: true,
    environments: {},
  },
  environments: [environment("cal", "conda"), environment("lab", "npm")],
};
const versions = { mission: "m-1.0.0", common: "1.3.0", cal: new Map([["cal", "0.13.0"]]) };

/** An image that answers with what package managers were recorded to print. @param moved replaced in what is printed */
function recordedImage(moved: readonly [from: string, to: string] = ["", ""]): OpenImage {
  const answers: [RegExp, string][] = [
    [/pip --python \/opt\/envs\/cal\/bin\/python inspect/, "pip-inspect.json"],
    [/pip-report\*/, "pip-report.json"],
    [/^conda list -p \/opt\/envs\/cal --explicit/, "conda-explicit.txt"],
    [/lab\/node_modules\/\.package-lock\.json$/, "npm-tree.json"],
    [/lab\/package-lock\.json$/, "package-lock.json"],
    [/lab\/package\.json$/, "package.json"],
    [/^dpkg-query/, "dpkg.txt"],
  ];
  return {
    run: async (command) => {
      const text = command.join(" ");
      if (text.endsWith("--version"))
        return { code: 0, stdout: text.startsWith("node") ? "v22.1.0\n" : "Python 3.12.5\n", stderr: "" };
      const [, name] = answers.find(([pattern]) => pattern.test(text)) ?? [];
      if (name === undefined) return { code: 127, stdout: "", stderr: `${command[0]}: not found` };
      return { code: 0, stdout: recorded(name).replaceAll(...moved), stderr: "" };
    },
    close: async () => undefined,
  };
}

describe("what is in an image, as its package managers print it", () => {
  it("pip, conda, npm and dpkg are all in the record, each package once", async () => {
    const { record } = await listImage(recordedImage(), mission, versions);
    const names = Object.entries(record.environments).map(([name, { pip, conda, npm, interpreter, cal }]) => [
      name,
      interpreter,
      cal,
      [pip, conda, npm].map((items) => items.map((item) => `${item.name} ${item.version}`)),
    ]);
    expect(names).toEqual([
      ["cal", "Python 3.12.5", "0.13.0", [["jinja2 3.1.4", "roman-cal 0.13.0"], ["numpy 2.1.0", "python 3.12.5"], []]],
      ["lab", "Node v22.1.0", null, [[], [], ["@lumino/widgets 2.5.0", "left-pad 1.3.0"]]],
    ]);
    expect(record.deb.map(({ name }) => name)).toEqual(["base-files:amd64", "python3:amd64", "tzdata"]);
    expect(record.base).toBe(`sha256:${"1".repeat(64)}`);
    const { metrics } = readCyclonedx(Buffer.from(sbomOf(record)), "sbom");
    expect(metrics).toEqual({ components: 9 });
    expect(sbomOf(record)).toContain('"purl": "pkg:npm/%40lumino/widgets@2.5.0"');
  });

  it("is frozen and chilled for each of them", async () => {
    const files = freezeFiles(mission, await listImage(recordedImage(), mission, versions));
    expect([...files.keys()].sort()).toEqual([
      "env-chilly/cal/conda-specs.txt",
      "env-chilly/cal/requirements.txt",
      "env-chilly/lab/package.json",
      "env-frozen/cal/conda-explicit.txt",
      "env-frozen/cal/requirements.txt",
      "env-frozen/lab/package-lock.json",
      "env-frozen/lab/package.json",
      "env-frozen/record.json",
    ]);
    expect(files.get("env-frozen/cal/requirements.txt")).toContain(
      `jinja2==3.1.4 \\\n    --hash=sha256:${"b".repeat(64)}\n`,
    );
    expect(files.get("env-frozen/lab/package-lock.json")).toBe(recorded("package-lock.json"));
    expect(files.get("env-frozen/lab/package.json")).toBe(recorded("package.json"));
    expect(JSON.parse(files.get("env-chilly/lab/package.json") ?? "")).toEqual({
      name: "lab",
      dependencies: { "left-pad": "~1.3.0", own: "file:../own" },
    });
  });

  it.each([
    ["pip", ["0.13.0", "0.13.1"], "changed cal roman-cal"],
    ["pip, with other bytes", ["a".repeat(64), "e".repeat(64)], "rebuilt cal roman-cal"],
    ["conda", ["numpy-2.1.0", "numpy-2.1.1"], "changed cal numpy"],
    ["npm", ["1.3.0", "1.3.1"], "changed lab left-pad"],
    ["dpkg", ["2024a-0", "2024b-0"], "changed  tzdata"],
    ["dpkg, another package", ["base-files", "base-passwd"], "removed  base-files:amd64, added  base-passwd:amd64"],
  ] as const)("a package of %s that moves is named", async (_, moved, expected) => {
    const [before, after] = await Promise.all([
      listImage(recordedImage(), mission, versions),
      listImage(recordedImage(moved), mission, versions),
    ]);
    const found = findDrift(before.record, after.record);
    expect(found.map(({ kind, environment: where = "", name }) => `${kind} ${where} ${name}`).join(", ")).toBe(
      expected,
    );
  });

  it("a listing that fails, or a hash that nobody knows, is refused", async () => {
    const silent = {
      run: async () => ({ code: 1, stdout: "", stderr: "no such environment" }),
      close: async () => undefined,
    };
    await expect(listImage(silent, mission, versions)).rejects.toThrow(/cannot be listed: .*no such environment/);
    const unknown = await listImage(recordedImage(["a".repeat(64), ""]), mission, versions).catch(String);
    expect(unknown).toMatch(/hashes/);
    const other = await listImage(recordedImage(["Jinja2", "jinja3"]), mission, versions);
    const bare = { ...other.record.environments.cal, pip: [{ name: "own", version: "1", hashes: [] }] };
    const record = { ...other.record, environments: { cal: { ...bare, cal: null, conda: [], npm: [] } } };
    expect(() => freezeFiles(mission, { record, npm: new Map() })).toThrow(/no hash is known of own/);
  });
});
