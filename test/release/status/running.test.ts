import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Ledger, runningIn } from "../../../release/ledger.ts";
import { LedgerEntry } from "../../../release/schema/ledger.ts";
import { canariesOf, runningModules } from "../../../release/status/running.ts";

const digest = (hex: string) => `sha256:${hex.repeat(64)}`;

type Facts = Partial<LedgerEntry>;

function ledger(...facts: readonly Facts[]): Ledger {
  const entries = facts.map((each, index) => {
    const own = {
      stack: "prod",
      seq: index + 1,
      previous: null,
      changes: [],
      outcome: "succeeded",
      durationSeconds: 1,
    };
    const at = new Date(Date.UTC(2026, 0, index + 1)).toISOString();
    const entry = LedgerEntry.parse({ ...own, planDigest: "e".repeat(64), at, ...each });
    return { entry, person: "pipeline", path: `${index}`, digest: `${index}` };
  });
  return { stack: "prod", entries };
}

const change = (module: string, to: string | null) => ({
  module,
  version: to ?? "none",
  from: null,
  to: to && digest(to),
  blessing: null,
});

describe("runningModules", () => {
  it("tells since when, by which entry, and what ran before", () => {
    const own = ledger(
      { changes: [change("web", "a")] },
      { changes: [change("web", "b")] },
      { changes: [change("web", "b")] },
    );
    expect(runningModules(own).get("web")).toEqual({
      version: "b",
      manifestDigest: digest("b"),
      since: "2026-01-02T00:00:00.000Z",
      entry: 2,
      blessing: null,
      previous: { version: "a", manifestDigest: digest("a") },
    });
  });

  it("agrees with the ledger on what runs, whatever was applied, failed and taken away", () => {
    const step = fc.record({
      changes: fc
        .uniqueArray(fc.tuple(fc.constantFrom("web", "store"), fc.constantFrom("a", "b", "c", null)), {
          selector: ([module]) => module,
        })
        .map((list) => list.map(([module, to]) => change(module, to))),
      outcome: fc.constantFrom("succeeded" as const, "failed" as const),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        const own = ledger(...steps);
        for (const module of ["web", "store"]) {
          expect(runningModules(own).get(module)?.manifestDigest ?? null).toBe(runningIn(own, module)?.to ?? null);
        }
      }),
    );
  });
});

describe("canariesOf", () => {
  const canary = { module: "conditions", stable: "1.0.0", canary: "1.1.0", population: 5, owed: false };

  it("shows the last step of a canary until it is over and nothing is owed", () => {
    const start: Facts = { action: "canary", canary: { ...canary, step: "start" } };
    const promote: Facts = {
      action: "canary",
      canary: { ...canary, step: "promote", canary: null, stable: "1.1.0", owed: true },
    };
    const settle: Facts = { action: "canary", canary: { ...canary, step: "settle", canary: null, population: 0 } };
    expect(canariesOf(ledger(start)).get("conditions")).toMatchObject({ step: "start", population: 5 });
    expect(canariesOf(ledger(start, promote)).get("conditions")).toMatchObject({ owed: true, canary: null });
    expect(canariesOf(ledger(start, promote, settle)).size).toBe(0);
  });

  it("takes no notice of a step that failed", () => {
    expect(canariesOf(ledger({ outcome: "failed", canary: { ...canary, step: "start" } })).size).toBe(0);
  });
});
