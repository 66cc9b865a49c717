import { expect, it } from "vitest";
import { consentTo, type Guarded } from "../../release/consent.ts";
import { policyWaiverFolder, urnDigest } from "../../release/policyWaivers.ts";
import { recordFileName } from "../../release/records.ts";
import { RECORDS } from "../../release/schema/predicates.ts";
import { bundleFileDigest } from "../../release/signing/envelope.ts";
import { buildStatement } from "../../release/signing/statement.ts";
import { day, type Who, World } from "./world.ts";

const URN = "urn:pulumi:prod::imprimatur::pulumi:pulumi:Stack::imprimatur-prod";

async function sign(world: World, who: Who, { rule = "destroy", urn = URN, reason = "moved" } = {}): Promise<string> {
  const predicate = { rule, stack: "prod", reason, at: day(1).toISOString(), expires: day(3).toISOString() };
  const subject = { name: urn, sha256: urnDigest(urn).slice("sha256:".length) };
  const bytes = await world.sign(who, buildStatement([subject], RECORDS.waiver.type, predicate));
  const digest = bundleFileDigest(bytes);
  world.written.set(`${policyWaiverFolder("prod")}/${recordFileName("waiver", digest)}`, bytes);
  return digest;
}

const consent = (world: World, operation: Guarded = "destroy", now = day(2)) =>
  consentTo(operation, { stack: "prod", urn: URN, now }, world.files, world.catalogue);

it("two people of two roles consent by signing the same text, for a time", async () => {
  const world = new World();
  const first = await sign(world, "manager");
  expect(consent(world)).toBeUndefined();
  const second = await sign(world, "operator");
  expect(consent(world)).toEqual({
    people: ["manager", "operator"],
    reason: "moved",
    waivers: [first, second].sort(),
  });
  expect(consent(world, "refresh")).toBeUndefined();
  expect(consent(world, "destroy", day(0))).toBeUndefined();
  expect(consent(world, "destroy", day(3))).toBeUndefined();
});

it("other texts, another resource, and somebody who may not waive do not add up", async () => {
  const world = new World();
  await sign(world, "manager");
  await sign(world, "operator", { reason: "another reason" });
  await sign(world, "operator", { urn: `${URN}-other` });
  await sign(world, "tester");
  expect(consent(world)).toBeUndefined();
});

it("two people of the same role are one voice; one person of two roles is one, too", async () => {
  const oneRole = new World();
  const people = (oneRole.base["catalog/trust/people.yaml"] ?? "").replace(
    "members: [{ person: manager }]",
    "members: [{ person: manager }, { person: second }]",
  );
  const world = new World({ "catalog/trust/people.yaml": people });
  await sign(world, "manager");
  await sign(world, "second");
  expect(consent(world)).toBeUndefined();

  const twice = people.replace("members: [{ person: operator }]", "members: [{ person: manager }]");
  const other = new World({ "catalog/trust/people.yaml": twice });
  await sign(other, "manager");
  expect(consent(other)).toBeUndefined();
});
