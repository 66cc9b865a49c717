import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { schemaFiles } from "../../cli/schemas.ts";
import { platformFiles } from "./checkout.ts";

const ROOT = join(import.meta.dirname, "../..");

/** Problems that the JSON Schema of a kind of file finds; null if there are none. */
function check(kind: string, data: unknown) {
  const text = schemaFiles().get(`schemas/${kind}.json`) ?? "";
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  const validate = ajv.compile(JSON.parse(text));
  return validate(data) ? null : validate.errors?.map(({ instancePath, keyword }) => `${instancePath} ${keyword}`);
}

const file = (path: string) => parse(platformFiles()[path] ?? "");

describe("JSON Schemas", () => {
  it("are committed as they are generated; `npx imprimatur schemas --write` renews them", () => {
    const committed = readdirSync(join(ROOT, "schemas")).map(
      (name) => [`schemas/${name}`, readFileSync(join(ROOT, "schemas", name), "utf8")] as const,
    );
    expect(new Map(committed)).toEqual(new Map([...schemaFiles()].sort(([a], [b]) => (a < b ? -1 : 1))));
  });

  it.each([
    ["stack", "Pulumi.dev.yaml"],
    ["stack", "Pulumi.prod.yaml"],
    ["stacks", "catalog/trust/stacks.yaml"],
    ["channels", "catalog/trust/channels.yaml"],
    ["module", "catalog/modules/web.yaml"],
    ["release", "catalog/releases/web/1.0.0.json"],
  ])("%s accepts %s", (kind, path) => {
    expect(check(kind, file(path))).toBeNull();
  });

  it("the real stack files and catalogue pass too", () => {
    const stacks = readdirSync(ROOT).filter((name) => /^Pulumi\..+\.yaml$/.test(name));
    const modules = readdirSync(join(ROOT, "catalog/modules"));
    const read = (path: string) => parse(readFileSync(join(ROOT, path), "utf8"));
    expect(stacks.length).toBeGreaterThan(0);
    expect(stacks.map((name) => check(name.includes("-gate") ? "gate-stack" : "stack", read(name)))).toEqual(
      stacks.map(() => null),
    );
    expect(modules.map((name) => check("module", read(`catalog/modules/${name}`)))).toEqual(modules.map(() => null));
  });

  it("refuse an unknown key, an unknown setting of ours, and let settings of other packages pass", () => {
    const stack = file("Pulumi.prod.yaml");
    const withSetting = (key: string) => ({ config: { ...stack.config, [key]: "x" } });
    expect(check("stack", withSetting("aws:region"))).toBeNull();
    expect(check("stack", withSetting("imprimatur:modulse"))).toContain("/config propertyNames");
    expect(check("stack", { ...stack, confg: {} })).toEqual([" additionalProperties"]);
    expect(check("module", { ...file("catalog/modules/web.yaml"), purpose: "other" })).toEqual(["/purpose enum"]);
  });
});
