import { describe, expect, it } from "vitest";
import { releaseTag, versionTag } from "../../cli/deliver/artifacts.ts";
import { readOrigin, sourceRepository } from "../../cli/deliver/origins.ts";
import { retried, TransientError } from "../../cli/deliver/retry.ts";
import { findCopyTool } from "../../cli/deliver/tools.ts";
import { InputError } from "../../release/errors.ts";

describe("tags", () => {
  it.each([
    ["skaha", "1.1.0", "rel-skaha-1.1.0", "1.1.0"],
    ["maya-io", "2.3.1+3f9c2d1", "rel-maya-io-2.3.1_3f9c2d1", "2.3.1_3f9c2d1"],
    ["roman-notebook", "roman-12.0.0", "rel-roman-notebook-roman-12.0.0", "roman-12.0.0"],
    ["sciplat-lab", "w_2026_30", "rel-sciplat-lab-w_2026_30", "w_2026_30"],
  ])("of %s %s", (module, version, release, formal) => {
    expect([releaseTag(module, version), versionTag(version)]).toEqual([release, formal]);
  });
});

describe("where artifacts come from", () => {
  const image = {
    kind: "image",
    name: "app",
    digest: "",
    origin: "up.test/team/app",
    target: "site.test/m/app",
  } as const;
  const artifact = { ...image, path: "app", tags: [] };
  const chart = { ...artifact, kind: "chart" } as const;

  it.each([
    [undefined, { kind: "manifest" }],
    ["ghcr.io/team", { kind: "registry", url: "ghcr.io/team" }],
    ["127.0.0.1:5000", { kind: "registry", url: "127.0.0.1:5000" }],
    ["oci:a/b", { kind: "layout", directory: "a/b" }],
    ["docker-daemon:", { kind: "daemon" }],
  ])("--from %s", (text, origin) => {
    expect(readOrigin("--from", text)).toEqual(origin);
  });

  it("only a chart comes from an HTTP repository, and none from a daemon", () => {
    expect(readOrigin("--chart-from", "https://charts.test/x")).toEqual({ kind: "http", url: "https://charts.test/x" });
    for (const [flag, text] of [
      ["--from", "https://charts.test/x"],
      ["--chart-from", "docker-daemon:"],
      ["--from", "oci:"],
      ["--from", "oci://registry.test/x"],
      ["--from", "docker-daemon:app"],
      ["--from", "Registry.test/X"],
    ] as const) {
      expect(() => readOrigin(flag, text), text).toThrow(InputError);
    }
  });

  it("is a repository of a registry, or nothing that one can be asked for", () => {
    expect(sourceRepository(artifact, { kind: "manifest" })).toBe("up.test/team/app");
    expect(sourceRepository(artifact, { kind: "registry", url: "ghcr.io/team" })).toBe("ghcr.io/team/app");
    expect(sourceRepository(artifact, { kind: "daemon" })).toBeUndefined();
    expect(sourceRepository(chart, { kind: "daemon" })).toBe("up.test/team/app");
  });
});

describe("the tool", () => {
  const digest = `sha256:${"a".repeat(64)}`;
  const copy = (name: string, plain = false) => {
    const host = plain ? "127.0.0.1:5000" : "to.test";
    const tool = findCopyTool(name, { PATH: process.env.PATH });
    return tool.copy(
      { repository: "from.test/a", digest },
      { repository: `${host}/b`, reference: { digest } },
      "/logins",
    );
  };

  it("is the one that was asked for, or an error that says what to install", () => {
    expect(() => findCopyTool(undefined, { PATH: "/nowhere" })).toThrow("install skopeo, crane or oras");
    expect(() => findCopyTool("oras", { PATH: "/nowhere" })).toThrow("install oras");
    expect(() => findCopyTool("skopo", { PATH: "/nowhere" })).toThrow('did you mean "skopeo"?');
  });

  it("copies all platforms and keeps digests; certificates are not checked on this machine alone", (context) => {
    if (!isThere("skopeo")) context.skip("skopeo not on PATH");
    const same = ["copy", "--all", "--preserve-digests", "--authfile", "/logins/config.json"];
    expect(copy("skopeo")).toEqual([...same, `docker://from.test/a@${digest}`, `docker://to.test/b@${digest}`]);
    expect(copy("skopeo", true)).toEqual([
      ...same,
      "--dest-tls-verify=false",
      `docker://from.test/a@${digest}`,
      `docker://127.0.0.1:5000/b@${digest}`,
    ]);
  });

  function isThere(name: string): boolean {
    try {
      return findCopyTool(name) !== undefined;
    } catch {
      return false;
    }
  }
});

it("what is over at the next try is tried again, anything else is not", async () => {
  let tries = 0;
  const fails = (error: Error, times: number) => async () => {
    tries += 1;
    if (tries <= times) throw error;
    return tries;
  };
  expect(await retried(fails(new TransientError("reset"), 1))).toBe(2);
  tries = 0;
  await expect(retried(fails(new Error("denied"), 1))).rejects.toThrow("denied");
  expect(tries).toBe(1);
});
