import { rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openContext } from "../../cli/context.ts";
import { standingStops } from "../../release/line.ts";
import { Approval } from "./approval.ts";

const ROLES = { "catalog/trust/calendar.yaml": "stopTheLine: [sre, module-lead]\n" };
const PROMOTE = ["promote", "web", "1.1.0", "--to", "prod"];

/** A checkout where web 1.1.0 is blessed for production, unless somebody stops it. */
async function blessed(): Promise<Approval> {
  const checkout = await new Approval(ROLES).withPassedRelease();
  await checkout.verb(["bless", "web", "1.1.0", "--for", "prod"], "manager");
  return checkout;
}

const stop = (checkout: Approval, person: string, reason = "logins fail") =>
  checkout.process(["stop-the-line", "--reason", reason, "--json"], person);
const lift = (checkout: Approval, person: string) =>
  checkout.process(["stop-the-line", "--lift", "--reason", "it was a certificate", "--json"], person);

/** Where the record of the line stands that a run has written. */
function written(stdout: string): string {
  const [path = ""] = JSON.parse(stdout).written;
  expect(path).toMatch(/^catalog\/line\/(stopped|lifted)-[0-9a-f]{12}\.sigstore\.json$/);
  return path;
}

describe("stop-the-line", () => {
  it.each([
    ["ops", "in one of two roles"],
    ["lead", "in the other, although for some modules only"],
  ])("%s, %s, halts all promotion at once, until it is lifted", async (person) => {
    const checkout = await blessed();
    const stopped = await stop(checkout, person);
    expect(stopped.code).toBe(0);
    expect(stopped.stderr).toBe(`report  the line is stopped by ${person}: logins fail\n`);
    written(stopped.stdout);
    const before = checkout.snapshot();
    for (const stack of ["prod", "dev"]) {
      const refused = await checkout.verb(["promote", "web", "1.1.0", "--to", stack]);
      expect(refused.code).toBe(1);
      expect(refused.stdout).toContain(`the line is stopped: stopped by ${person} at `);
    }
    expect(checkout.snapshot()).toEqual(before);
    expect(await checkout.open()).toEqual(["line"]);
    const rule = ["waive", "web", "1.1.0", "--for", "prod", "--rule", "line", "--reason", "x", "--expires", "1d"];
    expect(await checkout.verb(rule, "manager")).toMatchObject({
      code: 1,
      stdout: expect.stringContaining("no waiver lifts line"),
    });

    written((await lift(checkout, "ops")).stdout);
    expect((await checkout.verb(PROMOTE)).code).toBe(0);
    expect(JSON.parse((await lift(checkout, "ops")).stdout).written).toEqual([]);
  });

  it("keeps a release from being blessed, and does not touch what is settled: a rollback to it goes through", async () => {
    const checkout = await new Approval(ROLES).withPassedRelease();
    await stop(checkout, "ops");
    const bless = await checkout.verb(["bless", "web", "1.1.0", "--for", "prod"], "manager");
    expect(bless).toMatchObject({ code: 1, stdout: expect.stringContaining("the line is stopped") });

    const settled = await blessed();
    await settled.settle("1.1.0");
    await stop(settled, "ops");
    expect((await settled.verb(PROMOTE)).code).toBe(0);
  });

  it("takes only the word of those roles, and writes nothing else", async () => {
    const checkout = await blessed();
    await stop(checkout, "ops");
    const before = checkout.snapshot();
    for (const run of [stop, lift]) {
      const { code, stdout } = await run(checkout, "guest");
      expect(code).toBe(1);
      expect(JSON.parse(stdout).refused).toMatchObject({
        reason: "guest is in no role that may stop the line",
        next: ["ask deputy or lead or ops"],
      });
    }
    expect(checkout.snapshot()).toEqual(before);
  });

  it("stands until each stop is lifted, and one that is made later is not lifted beforehand", async () => {
    const checkout = await blessed();
    await stop(checkout, "ops", "first");
    await stop(checkout, "lead", "second");
    await lift(checkout, "lead");
    await stop(checkout, "ops", "third");
    const { catalogue, files } = openContext({ directory: checkout.root });
    const texts = standingStops(catalogue, files, new Date()).map(({ text }) => text);
    expect(texts).toEqual([expect.stringMatching(/^stopped by ops at .*: third$/)]);
  });

  it("says that it is stopped already, records the second word too, and status says it once", async () => {
    const checkout = await blessed();
    await stop(checkout, "ops", "logins fail");
    const again = await stop(checkout, "lead", "so do uploads");
    expect(again.code).toBe(0);
    written(again.stdout);
    expect(JSON.parse(again.stdout).notes[0]).toMatch(/^it is stopped already: stopped by ops at .*: logins fail$/);
    const { stdout } = await checkout.verb(["status", "--no-cluster"]);
    const lines = stdout.split("\n").filter((line) => line.startsWith("✘ the line is stopped"));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(": logins fail; stopped by lead at ");
  });

  it("cannot be taken back by deleting the file: the protected branch has it", async () => {
    const checkout = await blessed();
    const path = written((await stop(checkout, "ops")).stdout);
    await checkout.git("init", "--quiet", "--initial-branch", "main");
    await checkout.git("add", "--all");
    await checkout.git("commit", "--quiet", "-m", "the line is stopped");
    rmSync(join(checkout.root, path));
    expect((await checkout.verb([...PROMOTE, "--dry-run"])).code).toBe(0);
    const judged = await checkout.verb([...PROMOTE, "--dry-run", "--against", "main"]);
    expect(judged).toMatchObject({ code: 1, stdout: expect.stringContaining("the line is stopped") });
    const { stdout } = await checkout.verb(["verify", "--against", "main", "--json"]);
    expect(JSON.parse(stdout).problems).toEqual([
      { file: path, message: expect.stringMatching(/^was deleted here: who stopped the line/) },
    ]);
  });

  it("counts also when somebody has tampered with the file, and verify finds it", async () => {
    const checkout = await blessed();
    const path = written((await stop(checkout, "ops")).stdout);
    checkout.write(
      path,
      checkout.read(path).replace(/"payload":\s*"./, (text) => `${text.slice(0, -1)}A`),
    );
    const refused = await checkout.verb(PROMOTE);
    expect(refused).toMatchObject({ code: 1, stdout: expect.stringContaining(`the line is stopped: ${path}`) });
    const { stdout } = await checkout.verb(["verify", "--json"]);
    expect(JSON.parse(stdout).problems).toMatchObject([{ file: path }]);
  });
});
