import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "..");

/** Which rooms a room may import, besides itself: the direction that the design gives. */
const ALLOWED: Record<string, readonly string[]> = {
  release: [],
  components: [],
  store: ["release"],
  signing: ["release", "store"],
  registry: ["release"],
  clients: ["release"],
  stacks: ["components", "release", "store"],
  policies: ["release", "store"],
  engine: ["release", "store"],
  cli: ["clients", "engine", "registry", "release", "signing", "store"],
};

/** Node modules that read a clock, a network or files: `release/` is pure and takes those as arguments. */
const IMPURE = /^node:(fs|net|http|https|http2|dgram|dns|tls|child_process|worker_threads|os|timers|process)/;

function sources(room: string): { file: string; text: string; imports: string[] }[] {
  const folder = join(root, room);
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => {
      const text = readFileSync(join(folder, file), "utf8");
      const imports = [...text.matchAll(/(?:from|import)\s*\(?\s*"([^"]+)"/g)].map(([, specifier]) => specifier ?? "");
      return { file: `${room}/${file}`, text, imports };
    });
}

describe("imports point one way", () => {
  for (const [room, allowed] of Object.entries(ALLOWED)) {
    it(`${room} imports only ${["itself", ...allowed].join(", ")}`, () => {
      const files = sources(room);
      expect(files.length).toBeGreaterThan(0);
      const wrong = files.flatMap(({ file, imports }) =>
        imports
          .filter((specifier) => specifier.startsWith("."))
          .map((specifier) => normalize(join(dirname(file), specifier)).split("/")[0] ?? "")
          .filter((target) => target !== room && !allowed.includes(target))
          .map((target) => `${file} imports ${target}/`),
      );
      expect(wrong).toEqual([]);
    });
  }

  it("release is pure: no files, no network, no clock, no Pulumi", () => {
    const wrong = sources("release").flatMap(({ file, text, imports }) => [
      ...imports.filter((name) => IMPURE.test(name) || name.startsWith("@pulumi/")).map((name) => `${file}: ${name}`),
      ...(/\bDate\.now\(|new Date\(\)|Math\.random\(|process\.env/.test(text)
        ? [`${file}: clock, chance or environment`]
        : []),
    ]);
    expect(wrong).toEqual([]);
  });

  it("components read no config", () => {
    const wrong = sources("components").filter(({ text }) => /new (pulumi\.)?Config\(/.test(text));
    expect(wrong.map(({ file }) => file)).toEqual([]);
  });
});
