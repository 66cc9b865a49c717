import { rmSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { openContext } from "../../cli/context.ts";
import { appendEntry } from "../../cli/ledger/append.ts";
import { openSign } from "../../cli/signers.ts";
import { ledgerFile } from "../../release/ledger.ts";
import { Approval, PASSPHRASE } from "./approval.ts";
import { pin, start } from "./checkout.ts";

/** A platform whose production is in git, with one release pinned and applied, and the next one pinned. */
class Repository extends Approval {
  static async create(): Promise<Repository> {
    const repository = new Repository().withKeys("pipeline") as Repository;
    await repository.git("init", "--quiet", "--initial-branch=main");
    await repository.commit("begin");
    return repository;
  }

  /** @param minutes from now; git knows whole seconds only, so that a commit made now could be before or after an entry */
  async commit(message: string, minutes = -60): Promise<void> {
    await this.git("add", "--all");
    const identity = ["-c", "user.name=Test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false"];
    const at = new Date(Date.now() + minutes * 60_000).toISOString();
    const args = [...identity, "commit", "--quiet", "-m", message];
    expect((await start("git", args, this.root, { GIT_COMMITTER_DATE: at })).code).toBe(0);
  }

  async promote(from: string, to: string, minutes?: number): Promise<void> {
    this.edit("Pulumi.prod.yaml", pin("web", from), pin("web", to));
    await this.commit(`web ${to}`, minutes);
  }

  async apply(version: string, from: string | undefined): Promise<void> {
    const sign = await openSign({ key: this.key("pipeline") }, { IMPRIMATUR_PASSPHRASE: PASSPHRASE });
    const digest = (each: string | undefined) => (each === undefined ? null : this.manifestDigest("web", each));
    const first = from === undefined;
    const store = {
      module: "store",
      version: "1.0.0",
      from: null,
      to: this.manifestDigest("store", "1.0.0"),
      blessing: null,
    };
    const change = { module: "web", version, from: digest(from), to: digest(version), blessing: null };
    await appendEntry(openContext({ directory: this.root }), sign, "prod", {
      changes: [...(first ? [store] : []), change],
      outcome: "succeeded",
      planDigest: "e".repeat(64),
      durationSeconds: 1,
    });
  }

  /** What `verify --history main` says of the pins. */
  async findings(): Promise<{ code: number; problems: string[]; notes: string[]; pinChanges: number }> {
    const { code, stdout } = await this.verb(["verify", "--history", "main", "--json"]);
    const { problems, notes, checked } = JSON.parse(stdout) as {
      problems: { message: string }[];
      notes: { message: string }[];
      checked: { pinChanges: number };
    };
    const messages = (list: { message: string }[]) =>
      list.map(({ message }) => message).filter((text) => /moved|applied/.test(text));
    return { code, problems: messages(problems), notes: messages(notes), pinChanges: checked.pinChanges };
  }
}

const MOVED = /^commit [0-9a-f]{12} of \S+ moved web from 1\.0\.0 to 1\.1\.0/;

it("says of a change that is still to be applied that it is", async () => {
  const repository = await Repository.create();
  await repository.apply("1.0.0", undefined);
  await repository.promote("1.0.0", "1.1.0", 60);
  expect(await repository.findings()).toEqual({
    code: 0,
    problems: [],
    notes: [expect.stringMatching(new RegExp(`${MOVED.source}, and nothing has been applied since$`))],
    pinChanges: 3,
  });
});

it("finds for every change its entry, also where one entry applied several of them", async () => {
  const repository = await Repository.create();
  await repository.promote("1.0.0", "1.1.0", -50);
  await repository.promote("1.1.0", "1.0.0", -40);
  await repository.promote("1.0.0", "1.1.0", -30);
  await repository.apply("1.1.0", undefined);
  expect(await repository.findings()).toEqual({ code: 0, problems: [], notes: [], pinChanges: 5 });
});

it("finds a promotion that came by a merge as one change, whatever its branch looked like", async () => {
  const repository = await Repository.create();
  await repository.apply("1.0.0", undefined);
  await repository.git("switch", "--quiet", "--create", "promotion");
  await repository.promote("1.0.0", "1.1.0");
  await repository.promote("1.1.0", "1.0.0");
  await repository.promote("1.0.0", "1.1.0");
  await repository.git("switch", "--quiet", "main");
  await repository.git("merge", "--quiet", "--no-ff", "promotion", "-m", "merge");
  await repository.apply("1.1.0", "1.0.0");
  expect(await repository.findings()).toEqual({ code: 0, problems: [], notes: [], pinChanges: 3 });
});

it("reports a change that no entry tells of: one that was passed over, and one whose entry was cut off", async () => {
  const repository = await Repository.create();
  await repository.apply("1.0.0", undefined);
  await repository.promote("1.0.0", "1.1.0");
  await repository.apply("1.1.0", "1.0.0");
  expect(await repository.findings()).toMatchObject({ code: 0, problems: [] });
  rmSync(join(repository.root, ledgerFile("prod", 2)));
  expect(await repository.findings()).toMatchObject({ code: 1, problems: [expect.stringMatching(MOVED)] });
  await repository.apply("1.0.0", "1.1.0");
  expect(await repository.findings()).toMatchObject({ code: 1, problems: [expect.stringMatching(MOVED)] });
});

it("reports what was applied and never pinned", async () => {
  const repository = await Repository.create();
  await repository.apply("1.0.0", undefined);
  await repository.apply("1.1.0", "1.0.0");
  const { code, problems } = await repository.findings();
  expect([code, problems]).toEqual([
    1,
    [expect.stringMatching(/^entry 2 of \S+ applied web 1\.1\.0, which no commit of main had pinned/)],
  ]);
});

it("says where the history is not known, and how far it was looked at", async () => {
  const checkout = new Approval();
  expect(await checkout.verb(["verify", "--history", "main"])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("--history: cannot be read"),
  });
  const repository = await Repository.create();
  expect((await repository.verb(["verify", "--history", "mian"])).stderr).toContain('did you mean "main"');
});
