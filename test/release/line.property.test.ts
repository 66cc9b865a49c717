import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LINE, standingStops } from "../../release/line.ts";
import { recordFileName } from "../../release/records.ts";
import { bundleFileDigest } from "../../release/signing/envelope.ts";
import { namedStatement } from "../../release/statements.ts";
import { day, type Who, World } from "./world.ts";

/** One turn: a role's member or a stranger stops the line, or lifts what stood at that time. */
const aTurn = fc.record({
  who: fc.constantFrom<Who>("operator", "manager", "stranger"),
  state: fc.constantFrom("stopped" as const, "lifted" as const),
});

describe("the line", () => {
  it("stands still exactly while the last who may have stopped it since anybody who may has lifted that", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(aTurn, { maxLength: 8 }), async (turns) => {
        const world = new World({ "catalog/trust/calendar.yaml": "stopTheLine: [sre, manager]\n" });
        const stops = (now: Date) => standingStops(world.catalogue, world.files, now);
        let expected = 0;
        for (const [index, { who, state }] of turns.entries()) {
          const at = day(10 + index);
          const lifts = state === "lifted" ? stops(at).flatMap(({ digest }) => digest ?? []) : [];
          const predicate = { state, lifts, reason: `turn ${index}`, at: at.toISOString() };
          const bytes = await world.sign(who, namedStatement("line", "the line", predicate));
          world.written.set(`${LINE}/${recordFileName(state, bundleFileDigest(bytes))}`, bytes);
          if (who !== "stranger") expected = state === "stopped" ? expected + 1 : 0;
          // It counts at whatever instant one judges, also before it was signed.
          for (const now of [at, day(0), day(5000)]) expect(stops(now)).toHaveLength(expected);
        }
      }),
      { numRuns: 30 },
    );
  });

  it("is not lifted by a record that is older than the stop, whoever knew its digest", async () => {
    const world = new World({ "catalog/trust/calendar.yaml": "stopTheLine: [sre]\n" });
    const file = async (state: "stopped" | "lifted", lifts: string[], at: Date) => {
      const predicate = { state, lifts, reason: "x", at: at.toISOString() };
      const bytes = await world.sign("operator", namedStatement("line", "the line", predicate));
      world.written.set(`${LINE}/${recordFileName(state, bundleFileDigest(bytes))}`, bytes);
      return bundleFileDigest(bytes);
    };
    const stop = await file("stopped", [], day(10));
    await file("lifted", [stop], day(9));
    expect(standingStops(world.catalogue, world.files, day(20))).toHaveLength(1);
    await file("lifted", [stop], day(10));
    expect(standingStops(world.catalogue, world.files, day(20))).toEqual([]);
  });
});
