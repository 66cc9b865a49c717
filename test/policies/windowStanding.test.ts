import { describe, expect, it } from "vitest";
import { occurrenceName, stepFolder } from "../../release/calendar/steps.ts";
import { gonogoFolder } from "../../release/gonogo.ts";
import { LINE } from "../../release/line.ts";
import { recordFileName } from "../../release/records.ts";
import type { WindowStep } from "../../release/schema/dayRecords.ts";
import { bundleFileDigest } from "../../release/signing/envelope.ts";
import { namedStatement, recordStatement } from "../../release/statements.ts";
import { day, type Who } from "../release/world.ts";
import { digestOf, SignedPlatform } from "./signedPlatform.ts";
import { judge, refusals, resourceOf, startPolicy } from "./support.ts";

const CHART = "registry.test/charts/app";
const REPOSITORY = "registry.test/app/app";

/** Every night from 23:00 to 01:00 UTC; all is judged at midnight, when an hour is left. */
const CALENDAR = `windows:
  nightly: { description: x, stacks: [prod], confirmedBy: qa, zone: UTC, starts: 2026-01-01T23:00, repeats: FREQ=DAILY, minutes: 120 }
freezes:
  audit: { from: 2026-04-01T00:00:00Z, until: 2026-05-01T00:00:00Z, stacks: [staging], reason: the auditors are here }
stopTheLine: [sre]
`;
const OCCURRENCE = {
  window: "nightly",
  start: new Date("2026-04-10T23:00:00Z"),
  end: new Date("2026-04-11T01:00:00Z"),
};

class Night extends SignedPlatform {
  constructor(more: Readonly<Record<string, string>> = {}) {
    const made = { images: { app: REPOSITORY }, chart: CHART };
    super(
      {
        app: { chart: CHART, images: { app: { repository: REPOSITORY } } },
        slow: { takes: { rollout: 40, rollback: 21 } },
      },
      { "app 1.0.0": made, "app 1.1.0": made, "app 1.2.0": made, "slow 1.0.0": { content: "example.org/slow" } },
      {
        "catalog/trust/calendar.yaml": CALENDAR,
        "catalog/trust/formality.yaml":
          "blessed: []\nrules: [{ name: r, when: { classes: [prod] }, require: { window: always } }]\n",
        ...more,
      },
    );
  }

  /** Production has run app 1.0.0, and runs 1.1.0. */
  async ran(): Promise<this> {
    await this.settled("prod", day(10), { "app 1.0.0": undefined });
    await this.settled("prod", day(20), { "app 1.1.0": undefined });
    return this;
  }

  /** Signs a step of the night that is judged. */
  async step(who: Who, step: WindowStep["step"], at = day(99)): Promise<this> {
    const predicate = { window: "nightly", start: OCCURRENCE.start.toISOString(), step, at: at.toISOString() };
    const bytes = await this.sign(who, namedStatement("window", occurrenceName(OCCURRENCE), predicate));
    this.written.set(`${stepFolder(OCCURRENCE)}/${recordFileName(step, bundleFileDigest(bytes))}`, bytes);
    return this;
  }

  /** Files what a go/no-go for a date of the window, on app 1.2.0, came to. */
  async decided(verdict: "GO" | "NO-GO", start = OCCURRENCE.start): Promise<this> {
    const subjects = [this.claim("app 1.2.0")];
    const at = day(99).toISOString();
    const about = { stack: "prod", releases: { app: "1.2.0" }, window: "nightly", start: start.toISOString(), at };
    const opened = await this.sign("author", recordStatement("opening", subjects, { ...about, decides: at }));
    const opening = bundleFileDigest(opened);
    const rest = { verdict, opening, configHash: {}, votes: [], against: [] };
    const closed = await this.sign("author", recordStatement("decision", subjects, { ...about, ...rest }));
    this.written.set(`${gonogoFolder("prod")}/${recordFileName("opening", opening)}`, opened);
    this.written.set(`${gonogoFolder("prod")}/${recordFileName("decision", bundleFileDigest(closed))}`, closed);
    return this;
  }

  /** An update of production, as the policy sees it. */
  pack() {
    return startPolicy("window-and-freeze", this.save(), {}, {});
  }

  release(words: string, stack = "prod") {
    const claim = { ...this.claim(words), configHash: "c".repeat(64) };
    return resourceOf("imprimatur:release:ModuleRelease", "it", claim, { custom: false, stack });
  }
}

describe("a window that somebody has to confirm", () => {
  const tentative =
    "app 1.2.0 goes into a window on prod: nightly of 2026-04-10T23:00:00Z is tentative until qa confirms it";

  it("takes nothing in before that, but lets back in what ran before", async () => {
    const night = await new Night().ran();
    const pack = await night.pack();
    const { refused } = await judge(pack, night.release("app 1.2.0"));
    expect(refused).toMatchObject([{ message: tentative, remedy: "npx imprimatur window confirm nightly" }]);
    expect(await refusals(pack, night.release("app 1.0.0"))).toEqual([]);
    expect(await refusals(pack, night.release("app 1.1.0"))).toEqual([]);
  });

  it("takes in after that what fits into the time that is left, with its way back", async () => {
    const night = await (await new Night().ran()).step("tester", "confirm");
    const pack = await night.pack();
    expect(await refusals(pack, night.release("app 1.2.0"))).toEqual([]);
    expect(await refusals(pack, night.release("slow 1.0.0"))).toEqual([
      "slow 1.0.0 goes into a window on prod, and it takes 40 min to roll out and 21 min to roll back, and 60 min are left of nightly; the next is nightly, from 2026-04-11T23:00:00Z to 2026-04-12T01:00:00Z",
    ]);
  });

  it.each([
    ["a stranger", "stranger", day(99)],
    ["the right person, later than now", "tester", day(101)],
  ] as const)("is not confirmed by %s", async (_, who, at) => {
    const night = await (await new Night().ran()).step(who, "confirm", at);
    expect(await refusals(await night.pack(), night.release("app 1.2.0"))).toEqual([tentative]);
  });

  it("takes nothing in once it is closed by who may, whoever else says so", async () => {
    const night = await (await (await new Night().ran()).step("tester", "confirm")).step("stranger", "close");
    expect(await refusals(await night.pack(), night.release("app 1.2.0"))).toEqual([]);
    await night.step("author", "close");
    expect(await refusals(await night.pack(), night.release("app 1.2.0"))).toEqual([
      "app 1.2.0 goes into a window on prod: nightly of 2026-04-10T23:00:00Z is closed already",
    ]);
  });
});

describe("a window that asks for a go/no-go", () => {
  const calendar = CALENDAR.replace("confirmedBy: qa", "gonogo: [prod]");
  const night = () => new Night({ "catalog/trust/calendar.yaml": calendar }).ran();
  const asks =
    "app 1.2.0 goes into a window on prod: nightly of 2026-04-10T23:00:00Z changes prod on a GO only: app 1.2.0";

  it("takes in what it said GO to, and what ran before", async () => {
    const decided = await (await night()).decided("GO");
    const pack = await decided.pack();
    expect(await refusals(pack, decided.release("app 1.2.0"))).toEqual([]);
    expect(await refusals(pack, decided.release("app 1.0.0"))).toEqual([]);
  });

  it("takes nothing in without one, on a NO-GO, or on a GO for another date", async () => {
    const bare = await night();
    const { refused } = await judge(await bare.pack(), bare.release("app 1.2.0"));
    expect(refused).toMatchObject([
      { message: `${asks} has none`, remedy: "npx imprimatur gonogo open --window nightly --for prod" },
    ]);
    const no = await (await night()).decided("NO-GO");
    expect(await refusals(await no.pack(), no.release("app 1.2.0"))).toEqual([`${asks} is a NO-GO`]);
    const other = await (await night()).decided("GO", new Date("2026-04-09T23:00:00Z"));
    expect(await refusals(await other.pack(), other.release("app 1.2.0"))).toEqual([`${asks} has none`]);
  });
});

describe("in a freeze", () => {
  it("replicas, flags and certificates of what runs change, and its chart and images do not", async () => {
    const night = new Night();
    await night.settled("staging", day(10), { "app 1.0.0": undefined });
    const pack = await night.pack();
    const release = (version: string, values: object) =>
      resourceOf(
        "kubernetes:helm.sh/v3:Release",
        "app",
        {
          chart: `oci://${CHART}@${digestOf(`app ${version} chart`)}`,
          values: { image: `${REPOSITORY}@${digestOf(`app ${version} app`)}`, ...values },
        },
        { stack: "staging" },
      );
    const changed = { replicas: 9, env: { FEATURE_X: "true" }, tls: { secretName: "renewed" } };
    expect(await refusals(pack, release("1.0.0", changed))).toEqual([]);
    const frozen =
      "is of no release that staging runs or ran by its ledger, and staging is frozen until 2026-05-01T00:00:00Z (audit: the auditors are here)";
    expect(await refusals(pack, release("1.1.0", {}))).toEqual([
      `its chart ${frozen}`,
      `the image "${REPOSITORY}@${digestOf("app 1.1.0 app")}" at values.image ${frozen}`,
    ]);
  });

  it("what ran before comes back with its chart and images, and what failed has never run", async () => {
    const night = new Night();
    await night.settled("staging", day(10), { "app 1.0.0": undefined });
    await night.settled("staging", day(20), { "app 1.1.0": undefined });
    await night.settled("staging", day(30), { "app 1.2.0": undefined }, { outcome: "failed" });
    const pack = await night.pack();
    const rollback = (version: string) => {
      const chart = `oci://${CHART}@${digestOf(`app ${version} chart`)}`;
      const values = { image: `${REPOSITORY}@${digestOf(`app ${version} app`)}` };
      return [
        night.release(`app ${version}`, "staging"),
        resourceOf("kubernetes:helm.sh/v3:Release", "app", { chart, values }, { stack: "staging" }),
      ];
    };
    expect(await refusals(pack, ...rollback("1.0.0"))).toEqual([]);
    const refused = await refusals(pack, ...rollback("1.2.0"));
    expect(refused.map((message) => message.replace(/ is of no release .*/, ""))).toEqual([
      "app 1.2.0",
      "its chart",
      `the image "${REPOSITORY}@${digestOf("app 1.2.0 app")}" at values.image`,
    ]);
  });
});

describe("while the line is stopped", () => {
  it("an image that is not settled is refused, and one that is settled stays", async () => {
    const night = new Night({ "catalog/trust/formality.yaml": "blessed: [prod]\nrules: []\n" });
    const [settled = ""] = await night.blessed("app 1.0.0", ["prod"]);
    await night.blessed("app 1.1.0", ["prod"]);
    await night.settled("prod", day(20), { "app 1.0.0": settled });
    const at = day(90).toISOString();
    const bytes = await night.sign(
      "operator",
      namedStatement("line", "the line", { state: "stopped", reason: "x", at }),
    );
    night.written.set(`${LINE}/${recordFileName("stopped", bundleFileDigest(bytes))}`, bytes);
    const pack = await startPolicy("blessed-images", night.save());
    const pod = (version: string) =>
      resourceOf("kubernetes:core/v1:Pod", "it", {
        spec: { containers: [{ name: "main", image: `${REPOSITORY}@${digestOf(`app ${version} app`)}` }] },
      });
    expect(await refusals(pack, pod("1.0.0"))).toEqual([]);
    const [refused, ...more] = await refusals(pack, pod("1.1.0"));
    expect(more).toEqual([]);
    expect(refused).toContain(`the line is stopped: stopped by operator at ${at}: x`);
  });
});
