import { expect, it } from "vitest";
import { policyWaiverFolder, urnDigest, WAIVED, waiversUsed } from "../../release/policyWaivers.ts";
import { recordFileName } from "../../release/records.ts";
import { RECORDS } from "../../release/schema/predicates.ts";
import { bundleFileDigest } from "../../release/signing/envelope.ts";
import { buildStatement } from "../../release/signing/statement.ts";
import type { PolicyVerdict } from "../../release/verdict.ts";
import { day, type Who, World } from "./world.ts";

const URN = "urn:pulumi:prod::imprimatur::imprimatur:release:ModuleRelease::app";

async function sign(world: World, who: Who, rule: string, urn = URN): Promise<string> {
  const predicate = { rule, stack: "prod", reason: "r", at: day(1).toISOString(), expires: day(3).toISOString() };
  const subject = { name: urn, sha256: urnDigest(urn).slice("sha256:".length) };
  const bytes = await world.sign(who, buildStatement([subject], RECORDS.waiver.type, predicate));
  const digest = bundleFileDigest(bytes);
  world.written.set(`${policyWaiverFolder("prod")}/${recordFileName("waiver", digest)}`, bytes);
  return digest;
}

const verdict = (message: string): PolicyVerdict[] => [
  { policy: "known-owner", level: "advisory", violations: [{ urn: URN, message }] },
];

it("a verdict rests on the waivers of the violations that it shows as waived, and on no others", async () => {
  const world = new World();
  const used = [await sign(world, "manager", "known-owner"), await sign(world, "operator", "known-owner")];
  await sign(world, "manager", "rollback-ready");
  await sign(world, "manager", "known-owner", `${URN}-other`);
  const { ring } = world.catalogue;
  const rests = (message: string, now = day(2)) => waiversUsed(verdict(message), "prod", world.files, ring, now);
  expect(rests(`${WAIVED}by manager, operator until then`)).toEqual(used.sort());
  expect(rests("its owner is nobody")).toEqual([]);
  expect(rests(`${WAIVED}by manager, operator until then`, day(3))).toEqual([]);
});
