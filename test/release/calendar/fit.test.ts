import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectedTime, misfit } from "../../../release/calendar/fit.ts";
import type { Ledger } from "../../../release/ledger.ts";
import { LedgerEntry } from "../../../release/schema/ledger.ts";

const takes = { rollout: 10, rollback: 2 };
const web = { name: "web", takes };
const store = { name: "store", takes };

/** A ledger with one entry for each `[module, seconds, action, outcome]`. */
function ledgerOf(...entries: readonly [module: string, seconds: number, action?: string, outcome?: string][]): Ledger {
  return {
    stack: "prod",
    entries: entries.map(([module, durationSeconds, action = "update", outcome = "succeeded"], index) => ({
      entry: LedgerEntry.parse({
        stack: "prod",
        seq: index + 1,
        previous: null,
        action,
        changes: [{ module, version: "1.0.0", from: null, to: `sha256:${"a".repeat(64)}`, blessing: null }],
        outcome,
        planDigest: "b".repeat(64),
        at: "2026-08-06T22:00:00Z",
        durationSeconds,
      }),
      person: "pipeline",
      path: "",
      digest: "",
    })),
  };
}

describe("the expected time", () => {
  it.each([
    ["what is declared, where the ledger knows nothing", ledgerOf(), [web], 600, 120],
    ["of several that are new, all of them", ledgerOf(), [web, store], 1200, 240],
    ["the longest that succeeded", ledgerOf(["web", 60], ["web", 90], ["web", 999, "update", "failed"]), [web], 90, 90],
    ["its own rollbacks for the way back", ledgerOf(["web", 60], ["web", 20, "rollback"]), [web], 60, 20],
    ["the longer of two that are known", ledgerOf(["web", 60], ["store", 80]), [web, store], 80, 80],
    ["what is new on top of what is known", ledgerOf(["web", 60]), [web, store], 660, 180],
    ["not what was slow long ago", ledgerOf(["web", 900], ...Array(5).fill(["web", 30])), [web], 30, 30],
    ["nothing where nothing changes", ledgerOf(["web", 60]), [], 0, 0],
  ] as const)("is %s", (_, ledger, modules, rollout, rollback) => {
    expect(expectedTime(ledger, modules)).toEqual({ rollout, rollback });
  });
});

describe("a change fits into what is left of a window", () => {
  const END = new Date("2026-08-07T00:00:00Z");
  const left = (seconds: number) => new Date(END.getTime() - seconds * 1000);

  it("up to the second in which rollout and rollback still end before it does", () => {
    fc.assert(
      fc.property(fc.nat(7200), fc.nat(7200), (rollout, rollback) => {
        const total = rollout + rollback;
        expect(misfit({ rollout, rollback }, left(total), END)).toBeUndefined();
        expect(misfit({ rollout, rollback }, left(total - 1), END)).toMatch(/ min are left$/);
      }),
    );
  });

  it("and it says how much is lacking: what it takes is rounded up, what is left down", () => {
    expect(misfit({ rollout: 61, rollback: 30 }, left(90), END)).toBe(
      "takes 2 min to roll out and 1 min to roll back, and 1 min are left",
    );
  });
});
