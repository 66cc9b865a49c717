import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { InputError } from "../../release/errors.ts";
import { day, OTHER_CONFIG, readyWorld, type Who, World } from "./world.ts";

type Step =
  | { readonly verb: "cut" | "bless" | "apply" | "revoke" | "block"; readonly who: Who }
  | { readonly verb: "test"; readonly who: Who; readonly failed: number }
  | { readonly verb: "vote"; readonly who: Who; readonly role: string; readonly go: boolean };

const who = fc.constantFrom<Who>("author", "lead", "tester", "operator", "manager", "stranger");
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ verb: fc.constantFrom("cut", "bless", "apply", "revoke", "block"), who }),
  fc.record({ verb: fc.constant("test"), who, failed: fc.constantFrom(0, 1) }),
  fc.record({ verb: fc.constant("vote"), who, role: fc.constantFrom("lead", "qa"), go: fc.boolean() }),
) as fc.Arbitrary<Step>;

/** What it takes, by those who may; without one of them nothing is blessed. */
const NEEDED: readonly Step[] = [
  { verb: "cut", who: "author" },
  { verb: "test", who: "author", failed: 0 },
  { verb: "vote", who: "lead", role: "lead", go: true },
  { verb: "vote", who: "tester", role: "qa", go: true },
];

/** Most of what it takes, in any order, with anything in between, and a blessing at some point near the end. */
const story = fc
  .tuple(
    fc.shuffledSubarray([...NEEDED], { minLength: 3 }),
    fc.array(fc.tuple(step, fc.nat({ max: 9 })), { maxLength: 4 }),
    fc.array(step, { maxLength: 2 }),
  )
  .map(([needed, noise, end]) => {
    const steps = [...needed];
    for (const [other, at] of noise) steps.splice(at % (steps.length + 1), 0, other);
    return [...steps, { verb: "bless", who: "manager" } as const, ...end];
  });

/** Runs the steps a day apart and returns the world, the history, and the digest of the last blessing. */
async function run(steps: readonly Step[]) {
  const world = new World();
  const history: { step: Step; n: number }[] = [];
  let blessing: string | undefined;
  for (const [index, step] of steps.entries()) {
    const at = day(index + 1);
    history.push({ step, n: index + 1 });
    if (step.verb === "test") await world.test(step.who, at, step.failed);
    else if (step.verb === "vote") await world.vote(step.who, step.role, step.go ? "GO" : "NOGO", at, { days: 20 });
    else if (step.verb === "bless") blessing = (await world.bless(step.who, at)) ?? blessing;
    // As `up` does: what is not allowed is not applied.
    else if (step.verb === "apply") {
      if (world.standing(at).allowed) await world.apply("author", at, blessing ?? null);
    } else await world[step.verb](step.who, at);
  }
  return { world, history };
}

/** The rule of the little world, said once more and simply: what its one formality rule asks for, straight from the history. */
function lastVote(history: readonly { step: Step; n: number }[], person: Who, role: string) {
  return history.findLast(({ step }) => step.verb === "vote" && step.who === person && step.role === role);
}

describe("no order of verbs", () => {
  it("gives a blessing without what formality requires", async () => {
    let allowed = 0;
    await fc.assert(
      fc.asyncProperty(story, async (steps) => {
        const { world, history } = await run(steps);
        const now = history.length + 0.5;
        const standing = world.standing(day(now));
        if (!standing.allowed || standing.settled !== undefined) return;
        allowed += 1;
        expect(history.some(({ step }) => step.verb === "cut" && step.who === "author")).toBe(true);
        expect(history.some(({ step }) => step.verb === "bless" && step.who === "manager")).toBe(true);
        const test = history.findLast(({ step }) => step.verb === "test" && step.who === "author");
        expect(test?.step).toMatchObject({ failed: 0 });
        expect(lastVote(history, "tester", "qa")?.step).toMatchObject({ go: true });
        const leads = (["lead", "author"] as const).map((person) => lastVote(history, person, "lead"));
        expect(leads.some((vote) => vote !== undefined && (vote.step as { go: boolean }).go)).toBe(true);
      }),
      { numRuns: 300 },
    );
    // Else the property would hold of nothing.
    expect(allowed).toBeGreaterThan(20);
  });

  it("gets past a standing veto, before anything was applied", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 10 }), async (steps) => {
        const world = (await run(steps.filter(({ verb }) => verb !== "apply"))).world;
        for (const [path, bytes] of (await readyWorld()).written) world.written.set(path, bytes);
        const late = day(20);
        await world.vote("tester", "qa", "NOGO", late);
        await world.vote("lead", "lead", "GO", late);
        await world.test("author", late);
        await world.bless("manager", late);
        expect(world.standing(day(20.5)).allowed).toBe(false);
        // Nor does waiting help: a NOGO outlives its expiry, and whoever else votes does not take it back.
        expect(world.standing(day(400)).allowed).toBe(false);
      }),
      { numRuns: 60 },
    );
  });

  it("gets past a revocation, also of what was applied", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 8 }),
        fc.array(step, { maxLength: 5 }),
        fc.boolean(),
        async (before, after, applied) => {
          const { world } = await run(before.filter(({ verb }) => verb !== "revoke" && verb !== "block"));
          for (const [path, bytes] of (await readyWorld()).written) world.written.set(path, bytes);
          const blessing = await world.bless("manager", day(10));
          if (applied && world.standing(day(10)).allowed) await world.apply("author", day(10), blessing ?? null);
          await world.revoke("operator", day(11));
          for (const step of after) {
            if (step.verb === "vote") await world.vote(step.who, step.role, "GO", day(12));
            else if (step.verb === "test") await world.test("author", day(12));
            else if (step.verb === "bless") await world.bless(step.who, day(12));
          }
          for (const at of [11.5, 13, 4000]) expect(world.standing(day(at)).allowed).toBe(false);
        },
      ),
      { numRuns: 80 },
    );
  });
});

describe("an expiry", () => {
  it("stops a first application, and never a re-apply or a rollback to what the ledger shows as settled", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 5000 }), fc.integer({ min: 2, max: 14 }), async (later, appliedOn) => {
        const world = await readyWorld();
        const blessing = await world.bless("manager", day(2));
        expect(blessing).toBeDefined();
        // Votes run out two weeks after day 1, so that on day 15 nothing is fit for a first application.
        expect(world.standing(day(15 + later)).allowed).toBe(false);
        await world.apply("author", day(appliedOn), blessing ?? null);
        expect(world.standing(day(15 + later)).allowed).toBe(true);
        // Another configuration was never settled.
        expect(world.standing(day(15 + later), OTHER_CONFIG).allowed).toBe(false);
      }),
      { numRuns: 40 },
    );
  });

  it("does not make a failed application a settled one", async () => {
    const world = await readyWorld();
    const blessing = await world.bless("manager", day(2));
    await world.apply("author", day(3), blessing ?? null, "failed");
    expect(world.standing(day(40)).allowed).toBe(false);
  });
});

describe("any byte changed in any file", () => {
  it("is a refusal, never an acceptance, never a crash", async () => {
    const ready = await readyWorld();
    await ready.bless("manager", day(2));
    expect(ready.standing(day(3)).allowed).toBe(true);
    const encoder = new TextEncoder();
    const original = new Map([
      ...Object.entries(ready.base).map(([path, text]) => [path, encoder.encode(text)] as const),
      ...ready.written,
    ]);
    const damage = fc.record({
      path: fc.constantFrom(...original.keys()),
      at: fc.nat(),
      flip: fc.integer({ min: 1, max: 255 }),
      cut: fc.boolean(),
    });
    await fc.assert(
      fc.property(damage, ({ path, at, flip, cut }) => {
        const bytes = Uint8Array.from(original.get(path) ?? []);
        const position = at % bytes.length;
        const changed = cut ? bytes.slice(0, position) : bytes;
        if (!cut) changed[position] = (bytes[position] as number) ^ flip;
        const world = new World();
        for (const [name, content] of original) world.written.set(name, content);
        world.written.set(path, changed);
        // Trust files are read by people, who may change a name or a comment: what they decide is the protected branch's.
        if (path.startsWith("catalog/trust/") || path.startsWith("catalog/modules/")) {
          expectNoCrash(() => world.standing(day(3)));
          return;
        }
        let allowed = false;
        expectNoCrash(() => {
          allowed = world.standing(day(3)).allowed;
        });
        expect(allowed, `${path} at ${position}`).toBe(false);
      }),
      { numRuns: 600 },
    );
  });
});

/** Bad input is said as such; anything else thrown is a crash. */
function expectNoCrash(run: () => unknown): void {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(InputError);
  }
}
