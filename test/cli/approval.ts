import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished, vi } from "vitest";
import { addKey, PEOPLE_FILE } from "../../cli/approve/people.ts";
import { openContext } from "../../cli/context.ts";
import { describeFailure } from "../../cli/failure.ts";
import { createProgram } from "../../cli/program.ts";
import { openSign } from "../../cli/signers.ts";
import { sha256 } from "../../release/json.ts";
import { ledgerFile } from "../../release/ledger.ts";
import { recordFileName, recordFolder } from "../../release/records.ts";
import { RECORDS, type RecordKind } from "../../release/schema/predicates.ts";
import { buildStatement } from "../../release/signing/statement.ts";
import { recordStatement } from "../../release/statements.ts";
import { newKeyPair } from "../../signing/pem.ts";
import { writeFileAtomically } from "../../store/write.ts";
import { Checkout, type Outcome, start } from "./checkout.ts";

export const PASSPHRASE = "correct horse battery staple";
const PROJECT = join(import.meta.dirname, "../..");

// Keys are made and processes started; both take long on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

const PEOPLE = `# Who is who.
people:
  pipeline: { name: Pipeline }
  lead: { name: Lead }
  deputy: { name: Deputy }
  tester: { name: Tester }
  manager: { name: Release manager }
  ops: { name: Operations }
  guest: { name: Guest }
roles:
  ci: { description: machines, members: [{ person: pipeline }], may: [cut, attest, record] }
  module-lead: { description: answers for a module, members: [{ person: lead, modules: [web] }], may: [attest, block] }
  qa: { description: tests, members: [{ person: tester }], veto: true, may: [attest, revoke] }
  release-manager: { description: blesses, members: [{ person: manager }], may: [bless, revoke, block, waive] }
  sre: { description: runs it, members: [{ person: ops }], may: [attest, waive] }
delegations:
  - { role: module-lead, from: lead, to: deputy, since: "2020-01-01T00:00:00Z", until: "2099-01-01T00:00:00Z", reason: leave }
`;

const FORMALITY = `blessed: [prod]
voteDays: 30
rules:
  - name: tested and wanted
    when: { classes: [prod] }
    require:
      evidence: [{ type: test-result, by: ci, thresholds: { failed: { max: 0 } } }]
      votes: [{ role: module-lead }, { role: qa }]
`;

/** A checkout whose people have real keys. It is gone when the test is over. */
export class Approval extends Checkout {
  readonly #keys = mkdtempSync(join(tmpdir(), "imprimatur-keys-"));

  constructor(files: Readonly<Record<string, string>> = {}) {
    super();
    const all = { [PEOPLE_FILE]: PEOPLE, "catalog/trust/formality.yaml": FORMALITY, ...files };
    for (const [path, text] of Object.entries(all)) this.write(path, text);
    onTestFinished(() => {
      this.remove();
      rmSync(this.#keys, { recursive: true, force: true });
    });
  }

  /** Gives people a key that counts since yesterday. */
  withKeys(...people: readonly string[]): this {
    return this.withKeysFrom(new Date(Date.now() - 86_400_000).toISOString(), ...people);
  }

  /** Gives people a key that counts since an instant, RFC 3339. */
  withKeysFrom(from: string, ...people: readonly string[]): this {
    for (const person of people) {
      const { privateKeyPem, publicKeyPem } = newKeyPair(PASSPHRASE);
      writeFileSync(this.key(person), privateKeyPem, { mode: 0o600 });
      this.write(PEOPLE_FILE, addKey(this.read(PEOPLE_FILE), person, person, { publicKeyPem, from }));
    }
    return this;
  }

  key(person: string): string {
    return join(this.#keys, `${person}.pem`);
  }

  /** Runs a verb in this process, as a person where one is given. */
  async verb(args: readonly string[], person?: string): Promise<Outcome> {
    const key = person === undefined ? [] : ["--key", this.key(person)];
    return runVerb(["-C", this.root, ...args, ...key]);
  }

  /** Runs a verb as a process of its own. */
  process(args: readonly string[], person?: string): Promise<Outcome> {
    const key = person === undefined ? [] : ["--key", this.key(person)];
    const command = join(PROJECT, "cli/main.ts");
    return start(process.execPath, [command, ...args, ...key], this.root, { IMPRIMATUR_PASSPHRASE: PASSPHRASE });
  }

  /** Files a record that no verb would write, rightly signed. Returns its path. */
  async file(person: string, kind: RecordKind, release: readonly [string, string], predicate: object): Promise<string> {
    const [module, version] = release;
    const sign = await openSign({ key: this.key(person) }, { IMPRIMATUR_PASSPHRASE: PASSPHRASE });
    const manifestDigest = this.manifestDigest(module, version);
    const bytes = await sign(recordStatement(kind, [{ module, version, manifestDigest }], predicate as never));
    const path = `${recordFolder(module, version)}/${recordFileName(kind, sha256(bytes))}`;
    writeFileAtomically(join(this.root, path), bytes);
    return path;
  }

  /** Appends to the ledger of production that a release of web was applied, on its blessing where it has one. */
  async record(version: string, blessing: string | null = null): Promise<void> {
    const sign = await openSign({ key: this.key("pipeline") }, { IMPRIMATUR_PASSPHRASE: PASSPHRASE });
    const to = this.manifestDigest("web", version);
    const planDigest = sha256(version);
    const entry = {
      stack: "prod",
      seq: 1,
      previous: null,
      changes: [{ module: "web", version, from: null, to, blessing }],
      outcome: "succeeded",
      planDigest,
      at: new Date(Date.now() - (blessing === null ? 1_800_000 : 0)).toISOString(),
      durationSeconds: 60,
    };
    const statement = buildStatement([{ name: "ledger", sha256: planDigest }], RECORDS.ledger.type, entry);
    writeFileAtomically(join(this.root, ledgerFile("prod", 1)), await sign(statement));
  }

  /** As {@link record}, for a release that is blessed: it is settled. */
  async settle(version: string): Promise<void> {
    const folder = join(this.root, recordFolder("web", version));
    const name = readdirSync(folder).find((file) => file.startsWith("blessing-"));
    if (name === undefined) throw new Error(`web ${version} is not blessed`);
    await this.record(version, sha256(readFileSync(join(folder, name))));
  }

  manifestDigest(module: string, version: string): string {
    const release = openContext({ directory: this.root }).catalogue.release(module, version);
    if (release === undefined) throw new Error(`there is no ${module} ${version}`);
    return release.manifestDigest;
  }

  /** Cuts and tests web 1.1.0, which production is to get. */
  async withTestedRelease(): Promise<this> {
    this.withKeys("pipeline", "lead", "tester", "manager", "ops", "deputy", "guest");
    const at = new Date(Date.now() - 3_600_000).toISOString();
    const cut = { module: "web", version: "1.1.0", channel: "stable", at };
    await this.file("pipeline", "cut", ["web", "1.1.0"], cut);
    const tests = { type: "test-result", in: "ci", result: "pass", metrics: { failed: 0 }, at };
    await this.file("pipeline", "evidence", ["web", "1.1.0"], tests);
    return this;
  }

  vote(person: string, role: string, verdict: "--go" | "--nogo" = "--go"): Promise<Outcome> {
    return this.verb(
      ["vote", "web", "1.1.0", "--for", "prod", "--role", role, verdict, "--reason", "looked at it"],
      person,
    );
  }

  /** As {@link withTestedRelease}, with every vote. */
  async withPassedRelease(): Promise<this> {
    await this.withTestedRelease();
    await this.vote("lead", "module-lead");
    await this.vote("tester", "qa");
    return this;
  }

  /** Ids of what is missing or refused, by the `requires` verb. */
  async open(module = "web", version = "1.1.0", stack = "prod", ...more: string[]): Promise<string[]> {
    const { stdout } = await this.verb(["requires", module, version, "--for", stack, "--json", ...more]);
    const { requirements } = JSON.parse(stdout) as { requirements: { id: string; state: string }[] };
    return requirements.filter(({ state }) => state === "missing" || state === "refused").map(({ id }) => id);
  }
}

/** The reference platform's modules, releases and trust, with nothing signed yet, judged now. */
export function referencePlatform(): Approval {
  const checkout = new Approval();
  for (const path of ["catalog/modules", "catalog/releases", "catalog/trust"]) {
    rmSync(join(checkout.root, path), { recursive: true });
    mkdirSync(join(checkout.root, path));
    cpSync(join(PROJECT, path), join(checkout.root, path), { recursive: true });
  }
  for (const stack of ["dev", "staging", "prod"]) {
    cpSync(join(PROJECT, `Pulumi.${stack}.yaml`), join(checkout.root, `Pulumi.${stack}.yaml`));
  }
  checkout.write(
    "catalog/trust/stacks.yaml",
    checkout.read("catalog/trust/stacks.yaml").replace(/^judgedAt:.*\n/m, ""),
  );
  return checkout;
}

/** Runs the command in this process, and catches what it prints. */
export async function runVerb(args: readonly string[]): Promise<Outcome> {
  let stdout = "";
  let told = "";
  const collect = (text: string) => {
    stdout += text;
    return true;
  };
  const spies = [
    vi.spyOn(process.stderr, "write").mockImplementation((chunk) => {
      told += String(chunk);
      return true;
    }),
    vi.spyOn(process.stdout, "write").mockImplementation((chunk) => collect(String(chunk))),
    vi.spyOn(console, "log").mockImplementation((text) => void collect(`${text}\n`)),
  ];
  const passphrase = process.env.IMPRIMATUR_PASSPHRASE;
  process.env.IMPRIMATUR_PASSPHRASE = PASSPHRASE;
  try {
    const program = createProgram();
    // As the command itself does: errors are described once, below.
    for (const command of program.commands) command.configureOutput({ outputError: () => undefined });
    await program.parseAsync([...args], { from: "user" });
    return { code: Number(process.exitCode ?? 0), stdout, stderr: told };
  } catch (error) {
    const { stderr } = describeFailure(error, { debug: false, json: false });
    return { code: 2, stdout, stderr: `${told}${stderr}` };
  } finally {
    for (const spy of spies) spy.mockRestore();
    process.exitCode = undefined;
    if (passphrase === undefined) delete process.env.IMPRIMATUR_PASSPHRASE;
    else process.env.IMPRIMATUR_PASSPHRASE = passphrase;
  }
}
