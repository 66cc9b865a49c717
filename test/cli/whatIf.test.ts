import { describe, expect, it } from "vitest";
import { applySets, readSets } from "../../cli/whatIf.ts";
import { Catalogue } from "../../release/catalogue.ts";
import { memoryFiles } from "../../release/files.ts";
import { StackSettings } from "../../release/schema/stack.ts";
import { pin, platformFiles } from "./checkout.ts";

const catalogue = new Catalogue(memoryFiles(platformFiles()));

function settings(modules: Record<string, unknown>): StackSettings {
  return StackSettings.parse({
    "imprimatur:cluster": { context: "here" },
    "imprimatur:registries": {},
    "imprimatur:modules": modules,
  });
}

/** What a stack would pin after some `--set`. */
function pins(modules: Record<string, unknown>, ...sets: string[]): StackSettings["imprimatur:modules"] {
  return applySets(catalogue, settings(modules), readSets(catalogue, sets), "Pulumi.dev.yaml")["imprimatur:modules"];
}

const [first, second, edge] = [pin("web", "1.0.0"), pin("web", "1.1.0"), pin("web", "1.2.0-edge.1", "edge")];

describe("applySets", () => {
  it("makes the release current, and what was current previous", () => {
    expect(pins({ web: [first] }, "web=1.1.0")).toEqual({ web: [second, first] });
    expect(pins({ web: [second, first] }, "web=edge")).toEqual({ web: [edge, second] });
  });

  it("takes a full pin, and the highest release of a channel", () => {
    expect(pins({ web: [first] }, `web=${second}`)).toEqual({ web: [second, first] });
    expect(pins({ web: [first] }, "web=stable")).toEqual({ web: [second, first] });
  });

  it("puts the release that a channel floated to behind the new one", () => {
    expect(pins({ web: "edge" }, "web=1.1.0")).toEqual({ web: [second, edge] });
  });

  it("changes nothing where the release is there already", () => {
    expect(pins({ web: [second, first] }, "web=1.1.0")).toEqual({ web: [second, first] });
    expect(pins({ web: "edge" }, "web=edge")).toEqual({ web: "edge" });
  });

  it("adds a module that is not pinned, and leaves others alone", () => {
    const store = [pin("store", "1.0.0")];
    expect(pins({ store }, "web=1.0.0")).toEqual({ store, web: [first] });
    expect(pins({ store })).toEqual({ store });
  });

  it("leaves the settings that it is given as they are", () => {
    const given = settings({ web: [first] });
    const before = structuredClone(given);
    applySets(catalogue, given, readSets(catalogue, ["web=1.1.0"]), "Pulumi.dev.yaml");
    expect(given).toEqual(before);
  });
});
