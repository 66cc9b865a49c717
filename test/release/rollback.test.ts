import { expect, it } from "vitest";
import { factsOf } from "../../release/applied.ts";
import type { Gate } from "../../release/gate.ts";
import type { Ledger } from "../../release/ledger.ts";
import type { Platform } from "../../release/platform.ts";
import { LedgerEntry } from "../../release/schema/ledger.ts";
import { day, World } from "./world.ts";

const digest = (letter: string) => `sha256:${letter.repeat(64)}`;

/** A ledger of entries that each change some modules to a release, by letter. */
function ledgerOf(
  ...steps: readonly (readonly [outcome: string, changes: Readonly<Record<string, string>>])[]
): Ledger {
  const entries = steps.map(([outcome, changes], index) => ({
    entry: LedgerEntry.parse({
      stack: "prod",
      seq: index + 1,
      previous: index === 0 ? null : "0".repeat(64),
      changes: Object.entries(changes).map(([module, to]) => ({
        module,
        version: to,
        from: null,
        to: digest(to),
        blessing: null,
      })),
      outcome,
      planDigest: "e".repeat(64),
      at: day(index).toISOString(),
      durationSeconds: 1,
    }),
    person: "author",
    path: "",
    digest: "",
  }));
  return { stack: "prod", entries };
}

function actionOf(ledger: Ledger, wanted: Readonly<Record<string, string>>) {
  const { catalogue } = new World();
  const modules = new Map(
    Object.entries(wanted).map(([name, to]) => [
      name,
      { module: { name }, current: { manifest: { version: to }, manifestDigest: digest(to) }, configHash: "" },
    ]),
  );
  const gate = { ledger: () => ledger, standing: () => ({}), records: () => [] } as unknown as Gate;
  const platform = { stack: catalogue.stack("prod"), modules } as unknown as Platform;
  return factsOf(platform, gate, catalogue, day(9)).action;
}

it("an update is a rollback where all that it changes ran there before", () => {
  const ledger = ledgerOf(["succeeded", { web: "a", api: "a" }], ["succeeded", { web: "b" }]);
  expect(actionOf(ledger, { web: "a", api: "a" })).toBe("rollback");
  expect(actionOf(ledger, { web: "c", api: "a" })).toBe("update");
  expect(actionOf(ledger, { web: "a", api: "b" })).toBe("update");
  expect(actionOf(ledger, { web: "b", api: "a" })).toBe("update");
});

it("what failed never ran", () => {
  const ledger = ledgerOf(["failed", { web: "a" }], ["succeeded", { web: "b" }]);
  expect(actionOf(ledger, { web: "a" })).toBe("update");
});
