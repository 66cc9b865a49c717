import { describe, expect, it } from "vitest";
import { Approval } from "./approval.ts";

describe("revoke", () => {
  it("refuses the release in every stack, and no later vote or blessing takes that back", async () => {
    const checkout = await new Approval().withPassedRelease();
    const revoked = await checkout.process(["revoke", "web", "1.1.0", "--reason", "leaks session tokens"], "manager");
    expect(revoked).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("web 1.1.0 is revoked by manager: leaks session tokens"),
    });
    await checkout.vote("tester", "qa");
    expect(await checkout.open()).toEqual(["revoked"]);
    expect((await checkout.verb(["bless", "web", "1.1.0", "--for", "prod"], "manager")).code).toBe(1);
    for (const stack of ["prod", "dev"]) {
      const { code, stdout } = await checkout.verb(["promote", "web", "1.1.0", "--to", stack]);
      expect({ code, stdout }).toEqual({
        code: 1,
        stdout: expect.stringContaining("revoked by manager: leaks session tokens"),
      });
    }
  });

  it("refuses whoever may not, and writes nothing", async () => {
    const checkout = await new Approval().withTestedRelease();
    const before = checkout.snapshot();
    const { code, stdout } = await checkout.verb(["revoke", "web", "1.1.0", "--reason", "no"], "lead");
    expect(code).toBe(1);
    expect(stdout).toContain("lead holds no role that may revoke for web");
    expect(stdout).toContain("ask manager or tester");
    expect(checkout.snapshot()).toEqual(before);
  });
});

describe("block", () => {
  it("keeps a release from one stack only, where it names one", async () => {
    const checkout = await new Approval().withPassedRelease();
    const args = ["block", "web", "1.1.0", "--for", "prod", "--reason", "wait for the database"];
    expect((await checkout.verb(args, "lead")).code).toBe(0);
    expect(await checkout.open()).toEqual(["blocked"]);
    expect(await checkout.open("web", "1.1.0", "dev")).toEqual([]);
    expect((await checkout.verb(["promote", "web", "1.1.0", "--to", "prod"])).code).toBe(1);
    expect((await checkout.verb(["promote", "web", "1.1.0", "--to", "dev", "--dry-run"])).code).toBe(0);
  });

  it("is bad input for a stack that is not there, and refused for whoever may not", async () => {
    const checkout = await new Approval().withTestedRelease();
    const unknown = await checkout.verb(["block", "web", "1.1.0", "--for", "prd", "--reason", "x"], "lead");
    expect(unknown).toMatchObject({ code: 2, stderr: expect.stringContaining('did you mean "prod"?') });
    expect((await checkout.verb(["block", "web", "1.1.0", "--reason", "x"], "guest")).code).toBe(1);
  });
});
