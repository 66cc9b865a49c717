import { describe, expect, it } from "vitest";
import { PEOPLE_FILE } from "../../cli/approve/people.ts";
import { ExpiringReport } from "../../cli/expiring.ts";
import { Approval } from "./approval.ts";

const DAY = 86_400_000;
const inDays = (days: number) => new Date(Date.now() + days * DAY);

async function report(checkout: Approval, ...args: string[]): Promise<ExpiringReport & { code: number }> {
  const { code, stdout } = await checkout.verb(["expiring", "--json", ...args]);
  return { code, ...ExpiringReport.parse(JSON.parse(stdout)) };
}
const lines = ({ items }: ExpiringReport) => items.map(({ kind, state, what }) => `${state} ${kind}: ${what}`);

/** Gives somebody's only key an end. */
function endKey(checkout: Approval, person: string, until: Date): void {
  const people = checkout.read(PEOPLE_FILE);
  const at = people.indexOf("- from: ", people.indexOf(`\n  ${person}:`));
  checkout.write(PEOPLE_FILE, `${people.slice(0, at)}- until: ${until.toISOString()}\n        ${people.slice(at + 2)}`);
}

describe("expiring", () => {
  it("finds nothing where nothing runs out", async () => {
    const checkout = await new Approval().withPassedRelease();
    expect(await report(checkout)).toMatchObject({ code: 0, expired: false, items: [] });
  });

  it("lists a vote for a release that its stack is still to get, until it is there", async () => {
    const checkout = await new Approval().withPassedRelease();
    const later = inDays(28).toISOString();
    const soon = await report(checkout, "--at", later);
    expect({ code: soon.code, lines: lines(soon) }).toEqual({
      code: 0,
      lines: [
        "soon vote: GO of lead as module-lead for web 1.1.0 in prod",
        "soon vote: GO of tester as qa for web 1.1.0 in prod",
      ],
    });
    expect(soon.items[0]?.next).toBe(
      'lead: npx imprimatur vote web 1.1.0 --for prod --role module-lead --go --reason "…"',
    );
    const over = await report(checkout, "--at", inDays(31).toISOString());
    expect({ code: over.code, states: over.items.map(({ state }) => state) }).toEqual({
      code: 1,
      states: ["expired", "expired"],
    });
    // So long ago that nobody waits for it any more.
    expect((await report(checkout, "--at", inDays(40).toISOString())).items).toEqual([]);

    const digest = checkout.manifestDigest("web", "1.1.0");
    checkout.write(
      "Pulumi.prod.yaml",
      checkout.read("Pulumi.prod.yaml").replace(/web: \[.*\]/, `web: [1.1.0@${digest}]`),
    );
    expect((await report(checkout, "--at", later)).items).toEqual([]);
  });

  it("takes a vote for what its last word says: a NOGO never runs out", async () => {
    const checkout = await new Approval().withPassedRelease();
    await checkout.vote("tester", "qa", "--nogo");
    expect(lines(await report(checkout, "--at", inDays(28).toISOString()))).toEqual([
      "soon vote: GO of lead as module-lead for web 1.1.0 in prod",
    ]);
  });

  it("never lets a vote count longer than formality does", async () => {
    const checkout = await new Approval().withPassedRelease();
    checkout.edit("catalog/trust/formality.yaml", "voteDays: 30", "voteDays: 3");
    expect(lines(await report(checkout))).toHaveLength(2);
  });

  it("lists a waiver once, however many have signed it", async () => {
    const checkout = await new Approval().withTestedRelease();
    const text = [
      "waive",
      "web",
      "1.1.0",
      "--for",
      "prod",
      "--rule",
      "vote:qa",
      "--reason",
      "urgent",
      "--expires",
      "2d",
      "--json",
    ];
    const { stdout } = await checkout.verb(text, "manager");
    await checkout.verb(["waive", "--sign", JSON.parse(stdout).written[0]], "ops");
    expect(lines(await report(checkout))).toEqual(["soon waiver: waiver of vote:qa for web 1.1.0 in prod (urgent)"]);
    expect((await report(checkout, "--at", inDays(3).toISOString())).code).toBe(1);
    expect(lines(await report(checkout, "--within", "12h"))).toEqual([]);
  });

  it("tells of a flag as long as it is there, and of the last day of the whole earth", async () => {
    const checkout = new Approval();
    const flag =
      "{ description: x, owner: lead, maturity: alpha, expires: 2026-06-30, acceptance: [x], acceptor: lead }";
    checkout.write(
      "catalog/modules/web.yaml",
      `${checkout.read("catalog/modules/web.yaml")}flags:\n  FEATURE_X: ${flag}\n`,
    );
    const at = async (instant: string) => lines(await report(checkout, "--at", instant));
    expect(await at("2026-07-01T11:59:59Z")).toEqual(["soon flag: flag FEATURE_X of web"]);
    expect(await at("2026-07-01T12:00:00Z")).toEqual(["expired flag: flag FEATURE_X of web"]);
    expect(await at("2028-01-01T00:00:00Z")).toEqual(["expired flag: flag FEATURE_X of web"]);
  });

  it("tells of the last key of somebody who holds a role, and not of keys that were rotated", async () => {
    const checkout = new Approval().withKeys("tester", "guest");
    endKey(checkout, "tester", inDays(3));
    endKey(checkout, "guest", inDays(3));
    expect(lines(await report(checkout))).toEqual(["soon key: the last key of tester"]);
    expect((await report(checkout, "--at", inDays(100).toISOString())).items.map(({ state }) => state)).toEqual([
      "expired",
    ]);
    checkout.withKeys("tester");
    expect(lines(await report(checkout))).toEqual([]);
  });

  it("lists a delegation that ends", async () => {
    const checkout = new Approval();
    checkout.edit(PEOPLE_FILE, "2099-01-01T00:00:00Z", inDays(2).toISOString());
    expect(lines(await report(checkout))).toEqual(["soon delegation: deputy acting as module-lead for lead"]);
  });

  it("is bad input for a time that is none", async () => {
    const { code, stderr } = await new Approval().verb(["expiring", "--within", "soon"]);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: 'error: --within: must be a number of days or hours, such as 7d (got "soon")\n',
    });
  });
});
