import { expect, test } from "vitest";
import { OciRegistry } from "../../components/ociRegistry.ts";
import { record } from "./record.ts";

const args = { url: "images.example/platform", repositories: ["images.example/platform/api"] };

test("a registry shows what it serves and makes nothing", async () => {
  const resources = await record((opts) => new OciRegistry("team", args, opts));

  expect(resources).toEqual([
    { type: "imprimatur:registry:OciRegistry", name: "team", inputs: args, dependsOn: [], protect: false },
  ]);
});

test("the name of a pull secret is shown, too", async () => {
  const resources = await record((opts) => new OciRegistry("team", { ...args, pullSecret: "pull" }, opts));

  expect(resources.map(({ inputs }) => inputs)).toEqual([{ ...args, pullSecret: "pull" }]);
});
