import { describe, expect, it } from "vitest";
import { recordFolder } from "../../release/records.ts";
import { day, OTHER_CONFIG, readyWorld, VERSION, World } from "./world.ts";

describe("what is asked for", () => {
  it("is met when all is there, and nothing else", async () => {
    const world = await readyWorld();
    expect(world.items(day(2))).toEqual({
      cut: "met",
      channel: "met",
      "evidence:test-result": "met",
      "vote:lead": "met",
      "vote:qa": "met",
      "independent-approval": "met",
    });
  });

  it("is missing item by item, with who can supply it and how", () => {
    const { items } = new World().judge(day(1));
    expect(items.map(({ id, state, who, command }) => ({ id, state, who, command }))).toEqual([
      { id: "cut", state: "missing", who: undefined, command: "npx imprimatur cut app 1.0.0 …" },
      { id: "channel", state: "met", who: undefined, command: undefined },
      {
        id: "evidence:test-result",
        state: "missing",
        who: ["ci"],
        command: "npx imprimatur attest app 1.0.0 --type test-result",
      },
      {
        id: "vote:lead",
        state: "missing",
        who: ["author", "lead"],
        command: 'npx imprimatur vote app 1.0.0 --for prod --role lead --go --reason "…"',
      },
      {
        id: "vote:qa",
        state: "missing",
        who: ["tester"],
        command: 'npx imprimatur vote app 1.0.0 --for prod --role qa --go --reason "…"',
      },
      { id: "independent-approval", state: "missing", who: ["lead", "qa"], command: undefined },
    ]);
  });
});

describe("votes", () => {
  it("of a person who does not hold the role do not count", async () => {
    const world = await readyWorld();
    world.written.clear();
    await world.vote("stranger", "qa", "GO", day(1));
    expect(world.items(day(2))["vote:qa"]).toBe("missing");
  });

  it.each([
    ["for another manifest", { digest: `sha256:${"9".repeat(64)}` }],
    ["for another stack", { stack: "staging" }],
    ["for another configuration", { configHash: OTHER_CONFIG }],
  ])("replayed %s do not count", async (_, where) => {
    const world = new World();
    await world.cut("author", day(1));
    await world.vote("tester", "qa", "GO", day(1), where);
    expect(world.items(day(2))["vote:qa"]).toBe("missing");
  });

  it("are void when the configuration changes, and the refusal names who must vote again", async () => {
    const world = await readyWorld();
    const item = world.judge(day(2), OTHER_CONFIG).items.find(({ id }) => id === "vote:qa");
    expect(item).toMatchObject({
      state: "missing",
      text: "qa: 0 of 1 GO; tester voted before manifest or configuration changed",
    });
  });

  it("run out: at their own expiry, and at the latest when formality says", async () => {
    const world = new World();
    await world.cut("author", day(1));
    await world.vote("tester", "qa", "GO", day(1), { days: 14 });
    expect(world.items(day(14.9))["vote:qa"]).toBe("met");
    expect(world.items(day(15))["vote:qa"]).toBe("missing");
    await world.vote("tester", "qa", "GO", day(2), { days: 3650 });
    expect(world.items(day(31.9))["vote:qa"]).toBe("met");
    expect(world.items(day(32))["vote:qa"]).toBe("missing");
  });

  it("dated before the cut, or in the future, do not count", async () => {
    const world = new World();
    await world.cut("author", day(5));
    await world.vote("tester", "qa", "GO", day(4));
    expect(world.items(day(6))["vote:qa"]).toBe("missing");
    await world.vote("tester", "qa", "GO", day(7));
    expect(world.items(day(6))["vote:qa"]).toBe("missing");
    expect(world.items(day(8))["vote:qa"]).toBe("met");
  });

  it("of one person count once", async () => {
    const two = new World({
      "catalog/trust/formality.yaml":
        "blessed: [prod]\nrules: [{ name: two, require: { votes: [{ role: lead, count: 2 }] } }]\n",
    });
    await two.cut("author", day(1));
    await two.vote("lead", "lead", "GO", day(1));
    await two.vote("lead", "lead", "GO", day(2));
    expect(two.items(day(3))["vote:lead"]).toBe("missing");
    await two.vote("author", "lead", "GO", day(2));
    expect(two.items(day(3))["vote:lead"]).toBe("met");
  });

  it("are replaced by a later vote of the same person", async () => {
    const world = await readyWorld();
    await world.vote("tester", "qa", "NOGO", day(2));
    expect(world.items(day(3))).toMatchObject({ "vote:qa": "missing", "veto:qa:tester": "refused" });
    await world.vote("tester", "qa", "GO", day(3));
    expect(world.judge(day(4)).passed).toBe(true);
  });

  it("of an author alone are no independent approval", async () => {
    const world = new World({
      "catalog/trust/formality.yaml":
        "blessed: [prod]\nrules: [{ name: lead only, require: { votes: [{ role: lead }] } }]\n",
    });
    await world.cut("author", day(1));
    await world.vote("author", "lead", "GO", day(1));
    expect(world.items(day(2))).toMatchObject({ "vote:lead": "met", "independent-approval": "missing" });
    await world.vote("lead", "lead", "GO", day(1));
    expect(world.judge(day(2)).passed).toBe(true);
  });
});

describe("acknowledgements in stages", () => {
  const staged = "blessed: [prod]\nrules: [{ name: stages, require: { stages: [[lead], [qa, sre]] } }]\n";

  it("count only in order", async () => {
    const world = new World({ "catalog/trust/formality.yaml": staged });
    await world.cut("author", day(1));
    await world.vote("tester", "qa", "GO", day(2));
    await world.vote("lead", "lead", "GO", day(3));
    await world.vote("operator", "sre", "GO", day(4));
    expect(world.items(day(5))).toMatchObject({ "stage:1:lead": "met", "stage:2:qa": "missing", "stage:2:sre": "met" });
    await world.vote("tester", "qa", "GO", day(4));
    expect(world.judge(day(5)).passed).toBe(true);
  });
});

describe("evidence", () => {
  it("is refused when the newest failed, or lies outside its bounds", async () => {
    const world = await readyWorld();
    await world.test("author", day(2), 3);
    const item = world.judge(day(3)).items.find(({ id }) => id === "evidence:test-result");
    expect(item).toMatchObject({ state: "refused", text: "test-result: failed; failed is 3, at most 0 is allowed" });
    await world.test("author", day(4));
    expect(world.judge(day(5)).passed).toBe(true);
  });

  it("counts only from its gate manager", async () => {
    const world = await readyWorld();
    for (const path of [...world.written.keys()].filter((name) => name.includes("/test-result-")))
      world.written.delete(path);
    await world.test("tester", day(1));
    expect(world.items(day(2))["evidence:test-result"]).toBe("missing");
  });
});

describe("revocations and blocks", () => {
  it("refuse, whatever else there is, and cannot be waived", async () => {
    const world = await readyWorld();
    await world.revoke("operator", day(2));
    await world.waive("operator", "revoked", day(2));
    await world.waive("manager", "revoked", day(2));
    expect(world.judge(day(3)).items[0]).toMatchObject({
      id: "revoked",
      state: "refused",
      text: "revoked by operator: bad",
    });
  });

  it("count only from those who may", async () => {
    const world = await readyWorld();
    await world.revoke("stranger", day(2));
    expect(world.judge(day(3)).passed).toBe(true);
  });

  it("a block stops promotion and lets what runs go on", async () => {
    const world = await readyWorld();
    const blessing = await world.bless("manager", day(2));
    await world.block("operator", day(3));
    expect(world.standing(day(4)).allowed).toBe(false);
    await world.apply("author", day(5), blessing ?? null);
    expect(world.standing(day(6)).allowed).toBe(true);
  });
});

describe("waivers", () => {
  it("lift one requirement when two people have signed the same text, until they run out", async () => {
    const world = await readyWorld();
    for (const path of [...world.written.keys()].filter((name) => name.includes("/test-result-")))
      world.written.delete(path);
    await world.waive("operator", "evidence:test-result", day(2));
    expect(world.items(day(3))["evidence:test-result"]).toBe("missing");
    await world.waive("manager", "evidence:test-result", day(2), 7, "another text");
    expect(world.items(day(3))["evidence:test-result"]).toBe("missing");
    await world.waive("manager", "evidence:test-result", day(2));
    expect(world.items(day(3))["evidence:test-result"]).toBe("waived");
    expect(world.items(day(9))["evidence:test-result"]).toBe("missing");
  });
});

describe("a file that proves nothing", () => {
  it("refuses the release and is named: it may have been a NOGO", async () => {
    const world = await readyWorld();
    const path = `${recordFolder("app", VERSION)}/vote-000000000000.sigstore.json`;
    world.written.set(path, Buffer.from("{}"));
    const [first] = world.judge(day(2)).items;
    expect(first).toMatchObject({ state: "refused", id: `unusable:${path}` });
    expect(first?.text).toContain(path);
  });
});
