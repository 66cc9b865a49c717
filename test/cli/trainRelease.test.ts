import { describe, expect, it } from "vitest";
import type { Approval } from "./approval.ts";
import { pin } from "./checkout.ts";
import { trainCheckout } from "./trainCheckout.ts";

const BLESS = ["bless", "--train", "q3", "--for", "prod"];
const PROMOTE = ["promote", "--train", "q3", "--to", "prod"];

/** Everybody says GO to the releases that are named. */
async function wanted(checkout: Approval, ...releases: readonly string[]) {
  for (const [person, role] of [
    ["lead", "module-lead"],
    ["tester", "qa"],
  ] as const) {
    const args = ["--for", "prod", "--role", role, "--go", "--reason", "looked at it"];
    expect((await checkout.verb(["vote", ...releases, ...args], person)).code).toBe(0);
  }
}

async function json(checkout: Approval, args: readonly string[], person?: string) {
  const { code, stdout } = await checkout.verb([...args, "--json"], person);
  return { code, ...JSON.parse(stdout) };
}

describe("a train", () => {
  it("is blessed as one, and pinned in one write: two lines, and every other byte stays", async () => {
    const checkout = await trainCheckout({}, "1.1.0");
    await wanted(checkout, "--train", "q3");
    const { code, stdout } = await checkout.verb(BLESS, "manager");
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout:
        "✔ store 1.1.0, web 1.1.0 are blessed for prod by manager\n  next  npx imprimatur promote store@1.1.0 web@1.1.0 --to prod\n",
    });
    const again = await checkout.verb(["bless", "q3", "--for", "prod"], "manager");
    expect(again).toMatchObject({
      code: 0,
      stdout:
        "store 1.1.0 is blessed for prod already, by manager; web 1.1.0 is blessed for prod already, by manager\n",
    });

    const before = checkout.read("Pulumi.prod.yaml");
    const after = before
      .replace(`[${pin("web", "1.0.0")}]`, `[${pin("web", "1.1.0")}, ${pin("web", "1.0.0")}]`)
      .replace(`[${pin("store", "1.0.0")}]`, `[${pin("store", "1.1.0")}, ${pin("store", "1.0.0")}]`);
    const dry = await json(checkout, [...PROMOTE, "--dry-run"]);
    expect(checkout.read("Pulumi.prod.yaml")).toBe(before);
    expect((await checkout.verb(PROMOTE)).stdout).toContain(
      "✔ store 1.1.0, web 1.1.0 are pinned in Pulumi.prod.yaml\n",
    );
    expect(checkout.read("Pulumi.prod.yaml")).toBe(after);
    checkout.write("Pulumi.prod.yaml", before);
    checkout.write("change.diff", dry.diff);
    await checkout.git("init", "--quiet");
    expect(await checkout.git("apply", "change.diff")).toMatchObject({ code: 0, stderr: "" });
    expect(checkout.read("Pulumi.prod.yaml")).toBe(after);
    expect((await checkout.verb(PROMOTE)).stdout).toBe(
      "Pulumi.prod.yaml: store 1.1.0, web 1.1.0 are current already\n",
    );
  });

  it("is not blessed where one of it lacks something, which is listed for that one", async () => {
    const checkout = await trainCheckout({}, "1.1.0");
    await wanted(checkout, "web", "1.1.0");
    const before = checkout.snapshot();
    const { code, refused, written } = await json(checkout, BLESS, "manager");
    expect({ code, written }).toEqual({ code: 1, written: [] });
    expect(refused.reason).toBe("store 1.1.0 does not have all that prod asks for; nothing else is blessed either");
    expect(Object.keys(refused.missing)).toEqual(["store 1.1.0 for prod"]);
    expect(refused.missing["store 1.1.0 for prod"].map(({ id }: { id: string }) => id)).toContain("vote:qa");
    expect(checkout.snapshot()).toEqual(before);
  });

  it("is not blessed by somebody who may bless one of it only", async () => {
    const checkout = await trainCheckout({}, "1.1.0");
    await wanted(checkout, "q3");
    checkout.edit("catalog/trust/people.yaml", "[{ person: manager }]", "[{ person: manager, modules: [store] }]");
    const before = checkout.snapshot();
    const { code, stdout } = await checkout.verb(BLESS, "manager");
    expect({ code, stdout }).toEqual({
      code: 1,
      stdout: expect.stringContaining("manager holds no role that may bless for web"),
    });
    expect(checkout.snapshot()).toEqual(before);
  });

  it("is not promoted where one of it is not blessed, and what is blessed is not blessed twice", async () => {
    const checkout = await trainCheckout({}, "1.1.0");
    await wanted(checkout, "q3");
    await checkout.verb(["bless", "web", "1.1.0", "--for", "prod"], "manager");
    const before = checkout.read("Pulumi.prod.yaml");
    const { code, refused } = await json(checkout, PROMOTE);
    expect({ code, reason: refused.reason }).toEqual({
      code: 1,
      reason: "store 1.1.0 may not go to prod; nothing else is changed either",
    });
    expect(Object.keys(refused.missing)).toEqual(["store 1.1.0 for prod"]);
    expect(checkout.read("Pulumi.prod.yaml")).toBe(before);

    const blessed = await json(checkout, BLESS, "manager");
    expect(blessed.written).toEqual([expect.stringMatching(/^catalog\/evidence\/store\/1\.1\.0\/blessing-/)]);
    expect(blessed.notes[0]).toBe("web 1.1.0 is blessed for prod already, by manager");
    expect((await checkout.verb(PROMOTE)).code).toBe(0);
  });

  it("takes the name of no train, or nothing at all, as bad input", async () => {
    const checkout = await trainCheckout();
    const misspelt = await checkout.verb(["bless", "--train", "q4", "--for", "prod"], "manager");
    expect(misspelt).toMatchObject({ code: 2, stderr: expect.stringContaining('(got "q4"; did you mean "q3"?)') });
    const both = await checkout.verb(["promote", "web", "1.1.0", "--train", "q3", "--to", "prod"]);
    expect(both).toMatchObject({ code: 2, stderr: expect.stringContaining("name one release as <module> <version>") });
    expect((await checkout.verb(["promote", "--to", "prod"])).code).toBe(2);
  });
});
