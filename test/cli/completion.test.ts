import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Checkout, start } from "./checkout.ts";

let checkout: Checkout;
beforeAll(() => {
  checkout = new Checkout();
});
afterAll(() => checkout.remove());

/** What is offered after some words, and what the shell is told to do besides. */
async function offered(...words: string[]): Promise<{ values: string[]; directive: string }> {
  const { stdout } = await checkout.run("complete", "--", ...words);
  const lines = stdout.trimEnd().split("\n");
  return { values: lines.slice(0, -1).map((line) => line.split("\t")[0] ?? ""), directive: lines.at(-1) ?? "" };
}

describe("completion", () => {
  it("completes verbs and those below them, but not the hidden one", async () => {
    expect((await offered("pre")).values).toEqual(["preview"]);
    expect((await offered("comp")).values).toEqual(["completion"]);
    expect((await offered("keys", "")).values).toEqual(["new", "check", "help"]);
  });

  it("completes options of the verb and of the program", async () => {
    expect((await offered("preview", "--ag")).values).toEqual(["--against"]);
    expect((await offered("preview", "--dir")).values).toEqual(["--directory"]);
  });

  it("completes stacks, modules and the versions of the module before, newest first", async () => {
    expect((await offered("preview", "")).values).toEqual(["dev", "prod", "prod-gate"]);
    expect((await offered("promote", "")).values).toEqual(["store", "web"]);
    expect((await offered("promote", "web", "")).values).toEqual(["1.2.0-edge.1", "1.1.0", "1.0.0"]);
    expect((await offered("promote", "web", "1.1.0", "--to", "p")).values).toEqual(["prod", "prod-gate"]);
    expect((await offered("preview", "--set", "web=1.0")).values).toEqual([]);
  });

  it("leaves files to the shell, and nothing else", async () => {
    expect(await offered("attest", "web", "1.0.0", "--file", "")).toEqual({ values: [], directive: ":0" });
    expect((await offered("preview", "")).directive).toBe(":4");
  });

  it("offers verbs where the catalogue is malformed or there is none, and never an error", async () => {
    checkout.write("catalog/trust/stacks.yaml", "stacks: [");
    expect((await offered("preview", "")).values).toEqual([]);
    const outside = await start(
      process.execPath,
      [`${import.meta.dirname}/../../cli/main.ts`, "complete", "--", "pre"],
      "/",
    );
    expect(outside).toMatchObject({ code: 0, stderr: "" });
    expect(outside.stdout).toContain("preview\t");
  });

  it("has a script for bash that bash can read, and refuses other shells by name", async () => {
    const { stdout } = await checkout.run("completion", "bash");
    expect(stdout).toContain("npx --no-install imprimatur complete -- ");
    expect(await start("bash", ["-n", "-c", stdout], "/")).toEqual({ code: 0, stdout: "", stderr: "" });
    for (const shell of ["zsh", "fish"])
      expect((await checkout.run("completion", shell)).stdout).toContain("imprimatur complete");
    const other = await checkout.run("completion", "csh");
    expect(other.code).toBe(2);
    expect(other.stderr).toContain("Allowed choices are bash, zsh, fish");
  });
});
