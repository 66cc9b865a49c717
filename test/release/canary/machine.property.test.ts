import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseDocument } from "yaml";
import { type CanaryCommand, type CanaryState, nextState } from "../../../release/canary/machine.ts";
import { canaryState, writeState } from "../../../release/canary/state.ts";
import { Catalogue } from "../../../release/catalogue.ts";
import { overlay } from "../../../release/files.ts";
import { prettyJson, sha256 } from "../../../release/json.ts";
import type { Ledger } from "../../../release/ledger.ts";
import { parseBytes } from "../../../release/parse.ts";
import { type Platform, readPlatform } from "../../../release/platform.ts";
import type { Release } from "../../../release/schema/manifest.ts";
import { StackFile, type StackSettings } from "../../../release/schema/stack.ts";
import { workingTree } from "../../../store/files.ts";

const ROOT = join(import.meta.dirname, "../../..");
const FILE = "Pulumi.prod.yaml";
const MODULE = "gathering-conditions";
const STACK_FILE = readFileSync(join(ROOT, FILE), "utf8");
const LADDER = [5, 25, 100];

/** Releases of the reference platform, and one that is yet to come. */
const VERSIONS = ["1.0.1", "1.0.2", "1.0.3"];
const coming = Object.fromEntries(
  ["1.0.3"].map((version) => {
    const digest = `sha256:${sha256(version)}`;
    const content = { conditions: { repository: "https://example.org/conditions", commit: "c".repeat(40), digest } };
    const manifest = {
      module: MODULE,
      version,
      channel: "stable",
      commit: "c".repeat(40),
      appVersion: version,
      content,
    };
    return [`catalog/releases/${MODULE}/${version}.json`, prettyJson(manifest)];
  }),
);
const files = overlay(
  workingTree(ROOT),
  new Map(Object.entries(coming).map(([path, text]) => [path, Buffer.from(text)])),
);
const catalogue = new Catalogue(files);
const releaseOf = (version: string): Release => {
  const found = catalogue.release(MODULE, version);
  if (found === undefined) throw new Error(`there is no ${version}`);
  return found;
};

type Fact = "blessed" | "revoked" | "proven" | "disproven" | "applied";

/** What a person may do, or what may happen meanwhile. */
type Event =
  | CanaryCommand
  | { readonly fact: Fact; readonly version: string }
  | { readonly step: "interrupt"; readonly after: number; readonly command: CanaryCommand };

const version = fc.constantFrom(...VERSIONS);
/** Mostly a next step that makes sense, so that walks get far; sometimes any. */
const command: fc.Arbitrary<CanaryCommand> = fc.oneof(
  { weight: 1, arbitrary: fc.constant({ step: "revert" as const, leaves: "population" as const }) },
  { weight: 2, arbitrary: fc.record({ step: fc.constantFrom("start" as const, "supersede" as const), version }) },
  { weight: 1, arbitrary: fc.record({ step: fc.constant("emergency" as const), version }) },
  {
    weight: 6,
    arbitrary: fc.record({ step: fc.constant("widen" as const), to: fc.constantFrom(0, 5, 5, 5, 10, 25, 25, 100) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      step: fc.constantFrom("promote" as const, "promote" as const, "revert" as const, "settle" as const),
    }),
  },
);
const event: fc.Arbitrary<Event> = fc.oneof(
  { weight: 6, arbitrary: command },
  {
    weight: 4,
    arbitrary: fc.record({
      fact: fc.constantFrom<Fact>(
        "blessed",
        "blessed",
        "revoked",
        "proven",
        "proven",
        "disproven",
        "applied",
        "applied",
        "applied",
      ),
      version,
    }),
  },
  { weight: 1, arbitrary: fc.record({ step: fc.constant("interrupt" as const), after: fc.nat(2), command }) },
);

/** A stack with its file, its ledger and its flag server, of which only what counts is kept. */
class World {
  text = STACK_FILE;
  versions: Pick<CanaryState, "stable" | "before" | "canary"> = { stable: "1.0.1", before: "1.0.0", canary: null };
  /** In the ledger. */
  recorded = 0;
  /** In Unleash. */
  actual = 0;
  readonly blessed = new Set(["1.0.0", ...VERSIONS]);
  readonly proven = new Set<string>();
  /** The canary that the last update has deployed. */
  deployed: string | null = null;

  /** @param inFile whether the versions stand in a real stack file, which takes a hundred times as long */
  readonly inFile: boolean;

  constructor(inFile = true) {
    this.inFile = inFile;
  }

  learn({ fact, version }: { readonly fact: Fact; readonly version: string }): void {
    if (fact === "blessed") this.blessed.add(version);
    if (fact === "revoked") this.blessed.delete(version);
    if (fact === "proven") this.proven.add(version);
    if (fact === "applied") this.deployed = this.state().canary;
    if (fact === "disproven") this.proven.delete(version);
  }

  platform(): Platform {
    const settings = parseBytes(Buffer.from(this.text), FILE, StackFile).config as StackSettings;
    return readPlatform(catalogue, "prod", settings, FILE);
  }

  entry() {
    const entry = this.platform().modules.get(MODULE);
    if (entry === undefined) throw new Error("the stack file has lost the module");
    return entry;
  }

  state(): CanaryState {
    if (!this.inFile) return { ...this.versions, population: this.recorded };
    const step = { module: MODULE, step: "widen", stable: "", canary: null, population: this.recorded, owed: false };
    const entry = { canary: step, at: "2026-01-01T00:00:00Z" };
    return canaryState(this.entry(), { stack: "prod", entries: [{ entry }] } as unknown as Ledger);
  }

  next(command: CanaryCommand) {
    return nextState(this.state(), command, {
      ladder: LADDER,
      live: true,
      blessed: (candidate) => this.blessed.has(candidate),
      deployed: (candidate) => this.deployed === candidate,
      proven: (candidate) => this.proven.has(candidate),
    });
  }

  write(state: CanaryState): void {
    const { stable, before, canary } = state;
    this.versions = { stable, before, canary };
    if (!this.inFile) return;
    this.text = writeState(this.text, this.entry(), state, releaseOf, FILE);
    // It is read as a platform again, nothing else in it has changed, and no comment has been lost.
    expect(this.state()).toMatchObject(this.versions);
    expect(rest(this.text)).toEqual(rest(STACK_FILE));
    expect(this.text.match(/#.*/g)).toEqual(STACK_FILE.match(/#.*/g));
  }

  /** Carries a command out, or its first effects only. */
  run(command: CanaryCommand, effects = Number.POSITIVE_INFINITY): "done" | "refused" {
    const next = this.next(command);
    if ("refused" in next) return "refused";
    for (const effect of next.effects.slice(0, effects)) {
      if (effect === "population") this.actual = next.state.population;
      if (effect === "record") this.recorded = next.state.population;
      if (effect === "versions") this.write(next.state);
      // Wherever it is interrupted, nobody gets more than is recorded.
      expect(this.actual).toBeLessThanOrEqual(this.recorded);
    }
    return "done";
  }
}

/** Everything of a stack file but what a canary may change. */
function rest(text: string): unknown {
  const { config, ...others } = parseDocument(text).toJS();
  const { "imprimatur:canaries": _, "imprimatur:modules": modules, ...settings } = config;
  return { ...others, settings, modules: { ...modules, [MODULE]: undefined } };
}

describe("from any sequence of steps", () => {
  it.each([
    ["", false, 4000],
    [", in a real stack file, which stays valid", true, 60],
  ])(
    "no canary without a blessing for both, on the ladder, revert leads to the last stable%s",
    (_, inFile, numRuns) => {
      fc.assert(
        fc.property(fc.array(event, { minLength: 5, maxLength: 30, size: "max" }), (events) => {
          const world = new World(inFile);
          for (const happens of events) {
            const before = world.state();
            if ("fact" in happens) world.learn(happens);
            else if (happens.step === "interrupt") world.run(happens.command, happens.after);
            else if (world.run(happens) === "done") checkStep(before, happens, world);
            const after = world.state();
            expect([0, ...LADDER]).toContain(after.population);
            expect([0, ...LADDER]).toContain(world.actual);
            expect(world.actual).toBeLessThanOrEqual(world.recorded);
            if (after.canary !== null) expect(after.canary).not.toBe(after.stable);
          }
        }),
        { numRuns },
      );
    },
  );

  function checkStep(before: CanaryState, { step, ...more }: CanaryCommand, world: World): void {
    const after = world.state();
    const has = (version: string | null) => version !== null && world.blessed.has(version);
    if (step === "start" || step === "supersede") {
      expect([has(after.stable), has(after.canary)]).toEqual([true, true]);
      expect([after.population, world.actual]).toEqual([0, 0]);
    }
    if (step === "widen" && after.population > before.population) {
      expect([has(after.stable), has(after.canary)]).toEqual([true, true]);
      const rungs = [0, ...LADDER];
      expect(world.deployed).toBe(after.canary);
      expect(rungs.indexOf(after.population)).toBe(rungs.indexOf(before.population) + 1);
      if (before.population > 0) expect(world.proven).toContain(after.canary);
    }
    if (step === "promote") {
      expect(after).toEqual({ ...before, stable: before.canary, before: before.stable, canary: null });
      expect([has(after.stable), world.proven.has(after.stable)]).toEqual([true, true]);
      expect(world.deployed).toBe(after.stable);
    }
    if (step === "emergency") {
      expect([after.canary, has(after.stable), world.actual]).toEqual([null, true, world.actual]);
      expect(after.stable).toBe("version" in more ? more.version : "");
    }
    if (step === "revert" && "leaves" in more) {
      // Without Unleash nobody is moved: the population is owed where there is one.
      expect(after).toEqual({ ...before, canary: null });
    } else if (step === "revert") {
      expect(after).toEqual({ ...before, canary: null, population: 0 });
      expect(world.actual).toBe(0);
    }
    if (step === "settle") expect([after.population, world.actual, after.stable]).toEqual([0, 0, before.stable]);
  }

  it("revert leads back to what was stable before the canary, to the byte, whatever the steps between", () => {
    const inner = fc.array(
      fc.oneof(
        fc.record({ step: fc.constant("widen" as const), to: fc.constantFrom(...LADDER) }),
        fc.record({ step: fc.constant("supersede" as const), version: fc.constantFrom("1.0.3", "1.0.2") }),
      ),
      { maxLength: 8 },
    );
    fc.assert(
      fc.property(inner, (steps) => {
        const world = new World();
        for (const each of VERSIONS) world.proven.add(each);
        expect(world.run({ step: "start", version: "1.0.2" })).toBe("done");
        for (const each of steps) {
          world.learn({ fact: "applied", version: "" });
          world.run(each);
        }
        expect(world.run({ step: "revert" })).toBe("done");
        expect(world.state()).toMatchObject({ stable: "1.0.1", canary: null, population: 0 });
        expect(world.text).toBe(STACK_FILE);
      }),
      { numRuns: 30 },
    );
  });

  it("a command that was interrupted anywhere can be given again, and then is done", () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 8 }), command, fc.nat(3), (steps, last, after) => {
        const world = new World(false);
        for (const each of VERSIONS) world.proven.add(each);
        for (const each of steps) {
          world.run(each);
          world.learn({ fact: "applied", version: "" });
        }
        const whole = new World(false);
        Object.assign(whole, world);
        if (whole.run(last) === "refused") return;
        world.run(last, after);
        world.run(last);
        expect([world.state(), world.actual]).toEqual([whole.state(), whole.actual]);
      }),
      { numRuns: 1000 },
    );
  });
});
