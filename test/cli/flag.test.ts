import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { Approval } from "./approval.ts";
import { platformFiles } from "./checkout.ts";

const FLAGS = `flags:
  FEATURE_NEW:
    description: The new page
    owner: team
    maturity: alpha
    expires: 2099-12-31
    acceptance: [users find it]
    earns: { beta: { errors: { max: 1 } } }
    acceptor: lead
    feedback: https://forum.example/new
  FEATURE_OLD: { description: The old page, owner: team, maturity: alpha, expires: 2020-01-31, acceptance: [x], acceptor: lead }
flagsFrom: pod.envFrom
`;

class Flags extends Approval {
  constructor() {
    super({ "catalog/modules/web.yaml": `${platformFiles()["catalog/modules/web.yaml"]}${FLAGS}` });
  }

  /** What a stack file says of the flags of web. */
  set(stack: string): unknown {
    return parse(this.read(`Pulumi.${stack}.yaml`)).config["imprimatur:flags"]?.web;
  }
}

describe("flag on and off", () => {
  it("change one setting of one stack file, and say what comes next", async () => {
    const checkout = new Flags();
    const before = checkout.read("Pulumi.prod.yaml");
    const on = await checkout.process(["flag", "on", "web", "FEATURE_NEW", "--stack", "dev"]);
    expect({ code: on.code, stderr: on.stderr }).toEqual({ code: 0, stderr: "" });
    expect(on.stdout).toContain("✔ web FEATURE_NEW on in dev");
    expect(on.stdout).toContain("feedback: https://forum.example/new");
    expect(checkout.set("dev")).toEqual({ FEATURE_NEW: "on" });
    expect(checkout.read("Pulumi.prod.yaml")).toBe(before);

    await checkout.verb(["flag", "on", "web", "FEATURE_NEW", "--stack", "dev", "prod", "--percentage", "12.5"]);
    expect([checkout.set("dev"), checkout.set("prod")]).toEqual([
      { FEATURE_NEW: { percentage: 12.5 } },
      { FEATURE_NEW: { percentage: 12.5 } },
    ]);
    const off = await checkout.verb(["flag", "off", "web", "FEATURE_NEW", "--stack", "prod", "--json"]);
    expect(JSON.parse(off.stdout)).toMatchObject({ verb: "flag off", written: ["Pulumi.prod.yaml"] });
    expect(checkout.set("prod")).toEqual({ FEATURE_NEW: "off" });
    const again = await checkout.verb(["flag", "off", "web", "FEATURE_NEW", "--stack", "prod"]);
    expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining("it is so already") });
  });

  it("refuse a feature that has not earned it, in every stack or none", async () => {
    const checkout = new Flags();
    const before = checkout.snapshot();
    const { code, stdout } = await checkout.verb(["flag", "on", "web", "FEATURE_NEW", "--stack", "dev", "prod"]);
    expect(code).toBe(1);
    expect(stdout).toContain("in prod a feature is beta before it is on for everybody, and this one is alpha");
    expect(stdout).toContain("npx imprimatur flag accept web FEATURE_NEW --as beta");
    expect(checkout.snapshot()).toEqual(before);
  });

  it("refuse a flag that has expired, and let it be switched off", async () => {
    const checkout = new Flags();
    const on = await checkout.verb(["flag", "on", "web", "FEATURE_OLD", "--stack", "dev"]);
    expect(on).toMatchObject({ code: 1, stdout: expect.stringContaining("has expired: its last day was 2020-01-31") });
    expect((await checkout.verb(["flag", "off", "web", "FEATURE_OLD", "--stack", "dev"])).code).toBe(0);
  });

  it.each([
    [
      ["web", "FEATURE_NWE", "--stack", "dev"],
      'declares no such flag (got "FEATURE_NWE"; did you mean "FEATURE_NEW"?)',
    ],
    [["wbe", "FEATURE_NEW", "--stack", "dev"], 'did you mean "web"?'],
    [["web", "FEATURE_NEW", "--stack", "prdo"], 'did you mean "prod"?'],
    [["web", "FEATURE_NEW", "--stack", "dev", "--percentage", "101"], "must be a number from 0 to 100"],
    [["web", "FEATURE_NEW", "--stack", "dev", "--percentage", ""], "must be a number from 0 to 100"],
  ])("bad input writes nothing: %j", async (args, message) => {
    const checkout = new Flags();
    const before = checkout.snapshot();
    const { code, stderr } = await checkout.verb(["flag", "on", ...args]);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(message) });
    expect(checkout.snapshot()).toEqual(before);
  });
});

describe("flag opt-in", () => {
  const optIn = (site: string, until: string, stack = "prod") => [
    ...["flag", "opt-in", "web", "FEATURE_NEW", "--stack", stack, "--site", site, "--until", until],
  ];

  it("lets sites try a feature until a day, and shows when that ends", async () => {
    const checkout = new Flags();
    await checkout.verb(optIn("srcnet", "2098-12-31"));
    const { code, stdout } = await checkout.verb(optIn("canfar-b", "2099-01-31"));
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringContaining("FEATURE_NEW for canfar-b until 2099-01-31, srcnet until 2098-12-31 in prod"),
    });
    expect(checkout.set("prod")).toEqual({
      FEATURE_NEW: { sites: { srcnet: "2098-12-31", "canfar-b": "2099-01-31" } },
    });
    const list = await checkout.verb(["flag", "list", "--stack", "prod"]);
    expect(list.stdout).toContain("prod for canfar-b until 2099-01-31, srcnet until 2098-12-31");
  });

  it("refuses a day that has passed, and to take a feature from others", async () => {
    const checkout = new Flags();
    const before = checkout.snapshot();
    const past = await checkout.verb(optIn("srcnet", "2020-12-31"));
    expect(past).toMatchObject({ code: 1, stdout: expect.stringContaining("has ended: its last day was 2020-12-31") });
    for (const [site, until] of [
      ["srcnet", "tomorrow"],
      ["a,b", "2099-01-01"],
      ["", "2099-01-01"],
    ] as const) {
      expect((await checkout.verb(optIn(site, until))).code).toBe(2);
    }
    expect(checkout.snapshot()).toEqual(before);
    await checkout.verb(["flag", "on", "web", "FEATURE_NEW", "--stack", "dev"]);
    const taken = await checkout.verb(optIn("srcnet", "2099-12-31", "dev"));
    expect(taken).toMatchObject({ code: 2, stderr: expect.stringContaining("would take it from the others") });
  });
});

describe("flag expire", () => {
  it("ends what is over and leaves the rest", async () => {
    const checkout = new Flags();
    const sites = "{ old: 2020-01-01, new: 2099-01-01 }";
    const flags = `  imprimatur:flags:\n    web: { FEATURE_NEW: { sites: ${sites} }, FEATURE_OLD: on } # kept\n`;
    checkout.write("Pulumi.prod.yaml", `${checkout.read("Pulumi.prod.yaml")}${flags}`);
    const { code, stdout } = await checkout.verb(["flag", "expire"]);
    expect(code).toBe(0);
    expect(stdout).toContain("web FEATURE_OLD in prod: on → off");
    expect(checkout.read("Pulumi.prod.yaml")).toContain(
      "web: { FEATURE_NEW: { sites: { new: 2099-01-01 } }, FEATURE_OLD: off } # kept",
    );
    expect(await checkout.verb(["flag", "expire"])).toMatchObject({ code: 0, stdout: "nothing is over\n" });
    await checkout.verb(["flag", "expire", "web", "FEATURE_NEW"]);
    expect(checkout.set("prod")).toEqual({ FEATURE_NEW: "off", FEATURE_OLD: "off" });
  });
});

describe("flag accept", () => {
  const accept = (...metrics: string[]) => [
    ...["flag", "accept", "web", "FEATURE_NEW", "--as", "beta", "--reason", "users found it"],
    ...metrics.flatMap((metric) => ["--metric", metric]),
  ];

  it("lets a feature be on for everybody once its acceptor has signed and its file says so", async () => {
    const checkout = new Flags().withKeys("lead");
    const { code, stdout } = await checkout.verb(accept("errors=0.5"), "lead");
    expect(code).toBe(0);
    expect(stdout).toContain("next: set maturity: beta for FEATURE_NEW".replace("next: ", ""));
    const on = ["flag", "on", "web", "FEATURE_NEW", "--stack", "prod"];
    expect((await checkout.verb(on)).code).toBe(1);
    checkout.edit("catalog/modules/web.yaml", "maturity: alpha", "maturity: beta");
    expect((await checkout.verb(on)).code).toBe(0);
    checkout.edit("catalog/modules/web.yaml", "users find it", "it compiles");
    const changed = await checkout.verb(["flag", "list", "--stale", "--json"]);
    expect(changed.code).toBe(1);
    expect(JSON.parse(changed.stdout).flags[0]).toMatchObject({
      earned: "alpha",
      stale: ["lead has not accepted it as beta"],
    });
  });

  it("refuses who is not the acceptor, and numbers out of bounds or not given", async () => {
    const checkout = new Flags().withKeys("lead", "tester");
    const before = checkout.snapshot();
    const other = await checkout.verb(accept("errors=0"), "tester");
    expect(other).toMatchObject({
      code: 1,
      stdout: expect.stringContaining("tester is not the acceptor of web FEATURE_NEW"),
    });
    const high = await checkout.verb(accept("errors=2"), "lead");
    expect(high).toMatchObject({ code: 1, stdout: expect.stringContaining("errors is 2, and may be at most 1") });
    const none = await checkout.verb(accept(), "lead");
    expect(none).toMatchObject({ code: 1, stdout: expect.stringContaining("errors is not given") });
    expect((await checkout.verb(accept("errors=many"), "lead")).code).toBe(2);
    expect(checkout.snapshot()).toEqual(before);
  });
});

describe("flag list", () => {
  it("names what is stale, and exits with 1 where only that is asked for", async () => {
    const checkout = new Flags();
    const all = await checkout.verb(["flag", "list"]);
    expect(all.code).toBe(0);
    expect(all.stdout).toContain("web FEATURE_NEW  alpha, until 2099-12-31, at start");
    const stale = await checkout.verb(["flag", "list", "--stale", "--json"]);
    expect(stale.code).toBe(1);
    expect(JSON.parse(stale.stdout).flags.map(({ flag, stale }: never) => [flag, stale])).toEqual([
      ["FEATURE_OLD", ["expired on 2020-01-31: team takes it out, or renews it"]],
    ]);
  });
});

it("a pull request neither raises a feature's maturity nor picks who accepts it", async () => {
  const checkout = new Flags();
  await checkout.git("init", "-q");
  await checkout.git("add", "-A");
  await checkout.git("commit", "-qm", "protected");
  checkout.edit("catalog/modules/web.yaml", "    acceptor: lead\n", "    acceptor: guest\n");
  const { openCheckout } = await import("../../store/checkout.ts");
  const { catalogue } = openCheckout(checkout.root, { against: "HEAD" });
  expect(catalogue.modules.get("web")?.flags.FEATURE_NEW).toMatchObject({ maturity: "alpha", acceptor: "lead" });
  checkout.edit(
    "catalog/modules/web.yaml",
    "  FEATURE_OLD",
    "  FEATURE_MINE: { description: x, owner: team, maturity: stable, expires: 2099-01-01, acceptance: [x], acceptor: guest }\n  FEATURE_OLD",
  );
  const again = openCheckout(checkout.root, { against: "HEAD" }).catalogue;
  expect(again.modules.get("web")?.flags.FEATURE_MINE).toMatchObject({ maturity: "alpha" });
});
