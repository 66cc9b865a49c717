import { generateKeyPairSync } from "node:crypto";
import { blessingStatement } from "../../release/blessing.ts";
import { Catalogue } from "../../release/catalogue.ts";
import { type Files, memoryFiles, overlay } from "../../release/files.ts";
import { type Candidate, Gate } from "../../release/gate.ts";
import { prettyJson } from "../../release/json.ts";
import { ledgerFile } from "../../release/ledger.ts";
import { recordFileName, recordFolder } from "../../release/records.ts";
import { bundleFileDigest } from "../../release/signing/envelope.ts";
import type { Statement } from "../../release/signing/statement.ts";
import { ledgerStatement, recordStatement } from "../../release/statements.ts";
import { pemSigner } from "../../signing/pem.ts";
import { type Signer, signStatement } from "../../signing/sign.ts";

/** Everybody in the little world, and one key each, made once. */
const PEOPLE = ["author", "lead", "tester", "operator", "manager", "second", "stranger"] as const;
export type Who = (typeof PEOPLE)[number];

const KEYS = new Map(
  PEOPLE.map((person) => {
    const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const pem = publicKey.export({ type: "spki", format: "pem" }).toString();
    const text = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
    return [person, { pem, signer: pemSigner(text, { allowUnencrypted: true }) }] as const;
  }),
);

/** Day 0 of the world; keys are valid from here on. */
const START = Date.parse("2026-01-01T00:00:00Z");
export const day = (n: number) => new Date(START + n * 86_400_000);

export const VERSION = "1.0.0";
const CONFIG = "c".repeat(64);
export const OTHER_CONFIG = "d".repeat(64);

const people = `people:
${PEOPLE.map((person) => `  ${person}:\n    name: ${person}\n    keys:\n      - from: 2026-01-01T00:00:00Z\n        pem: |\n${indent(KEYS.get(person)?.pem ?? "", 10)}`).join("\n")}
roles:
  ci: { description: builds, members: [{ person: author }], may: [cut, attest, record] }
  lead: { description: leads, members: [{ person: lead }, { person: author }] }
  qa: { description: tests, members: [{ person: tester }], veto: true, may: [attest] }
  sre: { description: applies, members: [{ person: operator }], may: [waive, revoke, block] }
  manager: { description: blesses, members: [{ person: manager }], may: [bless, waive] }
`;

const FORMALITY = `blessed: [prod]
voteDays: 30
rules:
  - name: the one rule
    when: { classes: [prod] }
    require:
      evidence: [{ type: test-result, by: ci, thresholds: { failed: { max: 0 } } }]
      votes: [{ role: lead }, { role: qa }]
`;

const MODULE = `description: app
purpose: service
owners: [lead]
maturity: mature
images: { app: { repository: registry.test/app/app } }
`;

const manifest = prettyJson({
  module: "app",
  version: VERSION,
  channel: "stable",
  commit: "a".repeat(40),
  appVersion: VERSION,
  images: { app: { repository: "registry.test/app/app", digest: `sha256:${"b".repeat(64)}` } },
});

function indent(text: string, by: number): string {
  return text
    .trimEnd()
    .split("\n")
    .map((line) => " ".repeat(by) + line)
    .join("\n");
}

/** A catalogue of one module, with people who can sign in memory. */
export class World {
  readonly written = new Map<string, Uint8Array>();
  readonly files: Files;
  readonly base: Record<string, string>;

  constructor(changes: Readonly<Record<string, string>> = {}) {
    this.base = {
      "catalog/trust/stacks.yaml": "stacks: { prod: { class: prod } }\n",
      "catalog/trust/channels.yaml":
        "service: &a { bleed: edge, dev: edge, staging: edge, prod: stable }\noffered: *a\n",
      "catalog/trust/people.yaml": people,
      "catalog/trust/formality.yaml": FORMALITY,
      "catalog/modules/app.yaml": MODULE,
      [`catalog/releases/app/${VERSION}.json`]: manifest,
      ...changes,
    };
    this.files = overlay(memoryFiles(this.base), this.written);
  }

  get catalogue(): Catalogue {
    return new Catalogue(this.files);
  }

  candidate(configHash = CONFIG): Candidate {
    const { catalogue } = this;
    const module = catalogue.module("app", { file: "test", path: "" });
    const release = catalogue.release("app", VERSION);
    if (release === undefined) throw new Error("the world has no release");
    return { module, release, configHash };
  }

  gate(now: Date): Gate {
    return new Gate(this.catalogue, this.files, now);
  }

  standing(now: Date, configHash = CONFIG) {
    return this.gate(now).standing(this.candidate(configHash), this.catalogue.stack("prod"));
  }

  judge(now: Date, configHash = CONFIG) {
    return this.gate(now).judge(this.candidate(configHash), this.catalogue.stack("prod"));
  }

  /** State of each item by id. */
  items(now: Date, configHash = CONFIG): Record<string, string> {
    return Object.fromEntries(this.judge(now, configHash).items.map(({ id, state }) => [id, state]));
  }

  cut(who: Who, at: Date) {
    return this.#record(
      who,
      "cut",
      recordStatement("cut", [this.#subject()], {
        module: "app",
        version: VERSION,
        channel: "stable",
        at: at.toISOString(),
      }),
    );
  }

  test(who: Who, at: Date, failed = 0) {
    const predicate = {
      type: "test-result",
      in: "ci",
      result: failed > 0 ? ("fail" as const) : ("pass" as const),
      metrics: { failed },
      at: at.toISOString(),
    };
    return this.#record(who, "test-result", recordStatement("evidence", [this.#subject()], predicate));
  }

  vote(
    who: Who,
    role: string,
    verdict: "GO" | "NOGO",
    at: Date,
    { configHash = CONFIG, stack = "prod", digest = this.#subject().manifestDigest, days = 14 } = {},
  ) {
    const subject = { ...this.#subject(), manifestDigest: digest };
    const expires = new Date(at.getTime() + days * 86_400_000).toISOString();
    const predicate = {
      verdict,
      role,
      stack,
      configHash: { [digest]: configHash },
      reason: "because",
      at: at.toISOString(),
      expires,
    };
    return this.#record(who, "vote", recordStatement("vote", [subject], predicate));
  }

  revoke(who: Who, at: Date) {
    return this.#record(
      who,
      "revocation",
      recordStatement("revocation", [this.#subject()], { reason: "bad", at: at.toISOString() }),
    );
  }

  block(who: Who, at: Date) {
    return this.#record(
      who,
      "block",
      recordStatement("block", [this.#subject()], { reason: "crashes", at: at.toISOString() }),
    );
  }

  waive(who: Who, rule: string, at: Date, days = 7, reason = "urgent") {
    const expires = new Date(at.getTime() + days * 86_400_000).toISOString();
    return this.#record(
      who,
      "waiver",
      recordStatement("waiver", [this.#subject()], { rule, stack: "prod", reason, at: at.toISOString(), expires }),
    );
  }

  /** Blesses if the judgement has passed, as the verb does. Returns the SHA-256 of the blessing's file. */
  async bless(who: Who, at: Date, configHash = CONFIG): Promise<string | undefined> {
    const judgement = this.judge(at, configHash);
    if (!judgement.passed) return undefined;
    const { catalogue } = this;
    const statement = blessingStatement(
      this.candidate(configHash),
      catalogue.stack("prod"),
      judgement,
      catalogue.formalityDigest,
      at,
    );
    return this.#record(who, "blessing", statement);
  }

  /** Appends to prod's ledger that the release was applied. */
  async apply(
    who: Who,
    at: Date,
    blessing: string | null,
    outcome: "succeeded" | "failed" = "succeeded",
  ): Promise<string> {
    const { entries } = this.gate(at).ledger("prod");
    const seq = entries.length + 1;
    const change = { module: "app", version: VERSION, from: null, to: this.#subject().manifestDigest, blessing };
    const entry = {
      stack: "prod",
      seq,
      previous: entries.at(-1)?.digest ?? null,
      changes: [change],
      outcome,
      planDigest: "e".repeat(64),
      at: at.toISOString(),
      durationSeconds: 1,
    };
    const path = ledgerFile("prod", seq);
    const statement = ledgerStatement(entry);
    this.written.set(path, await this.sign(who, statement));
    return path;
  }

  sign(who: Who, statement: Statement): Promise<Uint8Array> {
    return signStatement(statement, KEYS.get(who)?.signer as Signer);
  }

  #subject() {
    return { module: "app", version: VERSION, manifestDigest: this.candidate().release.manifestDigest };
  }

  async #record(who: Who, label: string, statement: Statement): Promise<string> {
    const bytes = await this.sign(who, statement);
    const digest = bundleFileDigest(bytes);
    this.written.set(`${recordFolder("app", VERSION)}/${recordFileName(label, digest)}`, bytes);
    return digest;
  }
}

/** A world in which everything that is asked for is there by day 1. */
export async function readyWorld(changes: Readonly<Record<string, string>> = {}): Promise<World> {
  const world = new World(changes);
  await world.cut("author", day(1));
  await world.test("author", day(1));
  await world.vote("lead", "lead", "GO", day(1));
  await world.vote("tester", "qa", "GO", day(1));
  return world;
}
