import { describe, expect, it } from "vitest";
import { factsOf, hasDeployed, removals } from "../../release/applied.ts";
import type { Ledger } from "../../release/ledger.ts";
import type { Platform } from "../../release/platform.ts";
import { day, OTHER_CONFIG, readyWorld, VERSION, type World } from "./world.ts";

const CONFIG = "c".repeat(64);

/** The world's one module, as production would run it. */
function platformOf(world: World, configHash = CONFIG): Platform {
  const { module, release } = world.candidate();
  const entry = { module, current: release, configHash };
  return { stack: world.catalogue.stack("prod"), modules: new Map([["app", entry]]) } as unknown as Platform;
}

const facts = (world: World, now: Date, configHash = CONFIG) =>
  factsOf(platformOf(world, configHash), world.gate(now), world.catalogue, now);

describe("what an entry of the ledger tells of an update", () => {
  it("names the blessing of what changes, and who signed for it", async () => {
    const world = await readyWorld();
    const blessing = await world.bless("manager", day(2));
    const { manifestDigest } = world.candidate().release;

    const { action, changes, approvers, waivers, window } = facts(world, day(3));

    expect([action, waivers, window]).toEqual(["update", [], undefined]);
    expect(changes).toEqual([{ module: "app", version: VERSION, from: null, to: manifestDigest, blessing }]);
    expect(approvers?.map(({ person, role }) => `${person} as ${role}`).sort()).toEqual([
      "lead as lead",
      "tester as qa",
    ]);
  });

  it("tells of nothing that runs already, and of the same release under another configuration", async () => {
    const world = await readyWorld();
    await world.apply("author", day(2), (await world.bless("manager", day(2))) ?? null);
    expect(facts(world, day(3)).changes).toEqual([]);

    for (const [who, role] of [
      ["lead", "lead"],
      ["tester", "qa"],
    ] as const) {
      await world.vote(who, role, "GO", day(3), { configHash: OTHER_CONFIG });
    }
    const again = await world.bless("manager", day(3), OTHER_CONFIG);
    const { manifestDigest } = world.candidate().release;
    expect(again).toBeDefined();
    expect(facts(world, day(4), OTHER_CONFIG).changes).toEqual([
      { module: "app", version: VERSION, from: manifestDigest, to: manifestDigest, blessing: again },
    ]);
  });

  it("tells which canaries it deploys, and with which weight: that, and no other, is deployed from then on", async () => {
    const world = await readyWorld();
    const { module, release } = world.candidate();
    const canary = { release, population: 10 };
    const entry = { module, current: release, configHash: CONFIG, canary };
    const platform = {
      stack: world.catalogue.stack("prod"),
      modules: new Map([["app", entry]]),
    } as unknown as Platform;
    const { canaries } = factsOf(platform, world.gate(day(2)), world.catalogue, day(2));
    expect(canaries).toEqual([{ module: "app", version: VERSION, to: release.manifestDigest, weight: 10 }]);

    const ledgerOf = (...entries: readonly object[]) =>
      ({
        stack: "prod",
        entries: entries.map((one) => ({ entry: { action: "update", ...one } })),
      }) as unknown as Ledger;
    const update = { outcome: "succeeded", canaries };
    expect(hasDeployed(ledgerOf(update), "app", canary)).toBe(true);
    expect(hasDeployed(ledgerOf(update, { ...update, action: "canary", canaries: [] }), "app", canary)).toBe(true);
    expect(hasDeployed(ledgerOf({ ...update, outcome: "failed" }), "app", canary)).toBe(false);
    expect(hasDeployed(ledgerOf(update, { ...update, canaries: [] }), "app", canary)).toBe(false);
    expect(hasDeployed(ledgerOf(update), "app", { release, population: 50 })).toBe(false);
    expect(hasDeployed(ledgerOf(update), "other", canary)).toBe(false);
    expect(hasDeployed(ledgerOf(), "app", canary)).toBe(false);
  });

  it("tells what is gone, once", async () => {
    const world = await readyWorld();
    await world.apply("author", day(2), null, "failed");
    expect(removals(world.gate(day(3)).ledger("prod"))).toEqual([]);
    await world.apply("author", day(2), null);
    const { manifestDigest } = world.candidate().release;
    const gone = [{ module: "app", version: VERSION, from: manifestDigest, to: null, blessing: null }];
    expect(removals(world.gate(day(3)).ledger("prod"))).toEqual(gone);
    expect(removals(world.gate(day(3)).ledger("prod"), new Set(["app"]))).toEqual([]);
  });

  it("names the window that is open, and the waivers that the blessing rests on", async () => {
    const calendar = `windows:
  early: { description: d, stacks: [prod], zone: UTC, starts: 2026-01-01T00:00, repeats: FREQ=DAILY, minutes: 1440 }
`;
    const world = await readyWorld({ "catalog/trust/calendar.yaml": calendar });
    await world.test("author", day(1), 3);
    await world.waive("manager", "evidence:test-result", day(1));
    await world.waive("operator", "evidence:test-result", day(1));
    await world.bless("manager", day(2));
    const { window, waivers } = facts(world, day(3));
    expect(window).toBe("early");
    expect(world.items(day(3))["evidence:test-result"]).toBe("waived");
    expect(waivers).toHaveLength(2);
  });
});
