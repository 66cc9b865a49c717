import { describe, expect, it } from "vitest";
import { pulledFrom, servedFrom } from "../../release/registries.ts";

describe("servedFrom", () => {
  const registries = {
    platform: { url: "images.example/platform" },
    labs: { url: "images.example/platform/labs" },
    mirror: { url: "site.example:5000/m", mirrors: "upstream.example/team" },
  };

  it.each([
    ["images.example/platform/api", { registry: "platform", repository: "images.example/platform/api" }],
    ["images.example/platform/labs/lab", { registry: "labs", repository: "images.example/platform/labs/lab" }],
    ["upstream.example/team/a/b", { registry: "mirror", repository: "site.example:5000/m/a/b" }],
    ["site.example:5000/m/own", { registry: "mirror", repository: "site.example:5000/m/own" }],
    ["upstream.example/teams/a", undefined],
    ["upstream.example/team", undefined],
    ["images.example/other/api", undefined],
  ])("%s", (repository, served) => {
    expect(servedFrom(registries, repository)).toEqual(served);
  });

  it("takes the mirror where a registry is as close", () => {
    const both = {
      own: { url: "upstream.example/team" },
      near: { url: "site.example/t", mirrors: "upstream.example/team" },
    };
    expect(servedFrom(both, "upstream.example/team/a")).toEqual({ registry: "near", repository: "site.example/t/a" });
    expect(servedFrom({ ...both, closer: { url: "upstream.example/team/a" } }, "upstream.example/team/a/b")).toEqual({
      registry: "closer",
      repository: "upstream.example/team/a/b",
    });
  });

  it("leaves what nobody serves where it is", () => {
    expect(pulledFrom(registries, "charts.example/api")).toBe("charts.example/api");
    expect(pulledFrom(registries, "upstream.example/team/api")).toBe("site.example:5000/m/api");
  });
});
