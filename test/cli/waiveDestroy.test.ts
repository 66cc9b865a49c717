import { expect, it } from "vitest";
import { openContext } from "../../cli/context.ts";
import { consentTo } from "../../release/consent.ts";
import { Approval } from "./approval.ts";

const URN = "urn:pulumi:prod::imprimatur::pulumi:pulumi:Stack::imprimatur-prod";
const WAIVE = ["waive", "--for", "prod", "--reason", "moved to another cluster", "--expires", "1d"];

function consent(checkout: Approval) {
  const { catalogue, files } = openContext({ directory: checkout.root });
  return consentTo("destroy", { stack: "prod", urn: URN, now: new Date() }, files, catalogue);
}

it("two people of two roles sign by `waive` that production may be destroyed", async () => {
  const checkout = new Approval().withKeys("manager", "ops");
  checkout.write("stacks/index.ts", "");
  const first = await checkout.verb([...WAIVE, "--policy", "destroy", "--json"], "manager");
  expect(first.code, first.stderr).toBe(0);
  const [path] = JSON.parse(first.stdout).written;
  expect(consent(checkout)).toBeUndefined();

  const second = await checkout.verb(["waive", "--sign", path], "ops");
  expect(second.code, second.stderr).toBe(0);
  expect(consent(checkout)).toMatchObject({ people: ["manager", "ops"], reason: "moved to another cluster" });
});

it("a misspelt operation and a resource are refused", async () => {
  const checkout = new Approval().withKeys("manager");
  checkout.write("stacks/index.ts", "");
  const part = await checkout.verb([...WAIVE, "--policy", "destroy", "--resource", `${URN}-part`], "manager");
  expect([part.code, part.stderr]).toEqual([2, expect.stringContaining("is not the stack as a whole: leave it out")]);
  const lacking = await checkout.verb([...WAIVE, "--policy", "destory"], "manager");
  expect(lacking.code).toBe(2);
});
