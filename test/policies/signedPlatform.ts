import { blessingStatement } from "../../release/blessing.ts";
import { prettyJson, sha256 } from "../../release/json.ts";
import { ledgerFile } from "../../release/ledger.ts";
import { recordFileName, recordFolder } from "../../release/records.ts";
import { type Evidence, RECORDS } from "../../release/schema/predicates.ts";
import { bundleFileDigest } from "../../release/signing/envelope.ts";
import { buildStatement, type Statement } from "../../release/signing/statement.ts";
import { recordStatement } from "../../release/statements.ts";
import { day, type Who, World } from "../release/world.ts";
import { checkoutOf } from "./support.ts";

/** How everything is configured that is blessed here. */
export const CONFIG = "c".repeat(64);

/** The instant that such a platform is judged at. */
const JUDGED = day(100).toISOString();

const STACKS = `judgedAt: ${JUDGED}
stacks: { bleed: { class: bleed }, dev: { class: dev }, staging: { class: staging }, prod: { class: prod, gate: { mode: enforce } } }
`;
const ALL = "{ bleed: experimental, dev: experimental, staging: experimental, prod: experimental }";

/** A release, as a test writes it; digests are made from names. */
export interface Made {
  readonly images?: Readonly<Record<string, string>>;
  readonly chart?: string;
  readonly content?: string;
  readonly freeze?: object;
  /** Stable by default. */
  readonly channel?: string;
}

/** `sha256:…` of a text: every artifact of a test has the digest of its name. */
export const digestOf = (text: string) => `sha256:${sha256(text)}`;

/** A catalogue on disk with signed records, for policies that judge releases. */
export class SignedPlatform extends World {
  /**
   * @param modules module files, by name
   * @param releases by `<module> <version>`
   */
  constructor(
    modules: Readonly<Record<string, object>>,
    releases: Readonly<Record<string, Made>>,
    more: Readonly<Record<string, string>> = {},
  ) {
    const common = { purpose: "service", owners: ["lead"], maturity: "mature", description: "of a test" };
    super({
      "catalog/trust/stacks.yaml": STACKS,
      "catalog/trust/channels.yaml": `service: ${ALL}\noffered: ${ALL}\n`,
      "catalog/trust/formality.yaml": "blessed: [staging, prod]\nrules: []\n",
      ...Object.fromEntries(
        Object.entries(modules).map(([name, module]) => [
          `catalog/modules/${name}.yaml`,
          JSON.stringify({ ...common, ...module }),
        ]),
      ),
      ...Object.fromEntries(
        Object.entries(releases).map(([words, made]) => {
          const [module = "", version = ""] = words.split(" ");
          return [`catalog/releases/${module}/${version}.json`, manifestText(module, version, made)];
        }),
      ),
      ...more,
    });
  }

  /** Writes all of it into a temporary folder, which goes when the tests of the file are done. */
  save(): string {
    return checkoutOf({ ...this.base, ...Object.fromEntries(this.written) });
  }

  manifestDigest(words: string): string {
    return this.#candidate(words).release.manifestDigest;
  }

  /** What a component of ours says of a release. */
  claim(words: string) {
    const [module = "", version = ""] = words.split(" ");
    return { module, version, manifestDigest: this.manifestDigest(words), channel: "stable", purpose: "service" };
  }

  /** Cuts a release where that has not been done, and blesses it for stacks. Returns the blessings' digests. */
  async blessed(words: string, stacks: readonly string[], at = day(10), configHash = CONFIG): Promise<string[]> {
    const { release } = this.#candidate(words);
    const { module, version, channel } = release.manifest;
    await this.file("author", "cut", words, "cut", { module, version, channel, at: day(1).toISOString() });
    const blessings: string[] = [];
    for (const name of stacks) {
      const { catalogue } = this;
      const candidate = this.#candidate(words, configHash);
      const judgement = this.gate(at).judge(candidate, catalogue.stack(name));
      const statement = blessingStatement(candidate, catalogue.stack(name), judgement, catalogue.formalityDigest, at);
      blessings.push(await this.#write(words, "blessing", await this.sign("manager", statement)));
    }
    return blessings;
  }

  /** Signs a record of any kind about a release. */
  async file<K extends "cut" | "evidence" | "revocation" | "block" | "waiver">(
    who: Who,
    kind: K,
    words: string,
    label: string,
    predicate: Parameters<typeof recordStatement<K>>[2],
  ): Promise<string> {
    const { module, version, manifestDigest } = this.claim(words);
    const statement: Statement = recordStatement(kind, [{ module, version, manifestDigest }], predicate);
    return this.#write(words, label, await this.sign(who, statement));
  }

  evidenceOf(words: string, type: string, more: Partial<Evidence> = {}, who: Who = "author") {
    const predicate = { type, in: "ci", result: "pass" as const, at: day(5).toISOString(), ...more };
    return this.file(who, "evidence", words, type, predicate);
  }

  revoked(words: string) {
    return this.file("operator", "revocation", words, "revocation", {
      reason: "it loses data",
      at: day(20).toISOString(),
    });
  }

  blocked(words: string) {
    return this.file("operator", "block", words, "block", { reason: "it crashes", at: day(20).toISOString() });
  }

  /** Appends to a stack's ledger that releases were applied, each on a blessing or none; or something else that was done. */
  async settled(
    stack: string,
    at: Date,
    changes: Readonly<Record<string, string | undefined>>,
    more: object = {},
  ): Promise<void> {
    const { entries } = this.gate(at).ledger(stack);
    const seq = entries.length + 1;
    const entry = RECORDS.ledger.schema.parse({
      stack,
      seq,
      previous: entries.at(-1)?.digest ?? null,
      changes: Object.entries(changes).map(([words, blessing]) => {
        const [module = "", version = ""] = words.split(" ");
        return { module, version, from: null, to: this.manifestDigest(words), blessing: blessing ?? null };
      }),
      outcome: "succeeded",
      ...more,
      planDigest: "e".repeat(64),
      at: at.toISOString(),
      durationSeconds: 1,
    });
    const path = ledgerFile(stack, seq);
    const statement = buildStatement([{ name: path, sha256: entry.planDigest }], RECORDS.ledger.type, entry);
    this.written.set(path, await this.sign("author", statement));
  }

  async #write(words: string, label: string, bytes: Uint8Array): Promise<string> {
    const [module = "", version = ""] = words.split(" ");
    const digest = bundleFileDigest(bytes);
    this.written.set(`${recordFolder(module, version)}/${recordFileName(label, digest)}`, bytes);
    return digest;
  }

  #candidate(words: string, configHash = CONFIG) {
    const [name = "", version = ""] = words.split(" ");
    const { catalogue } = this;
    const module = catalogue.module(name, { file: "test", path: "" });
    const release = catalogue.release(name, version);
    if (release === undefined) throw new Error(`there is no ${words}`);
    return { module, release, configHash };
  }
}

function manifestText(
  module: string,
  version: string,
  { images = {}, chart, content, freeze, channel = "stable" }: Made,
): string {
  return prettyJson({
    module,
    version,
    channel,
    commit: "a".repeat(40),
    appVersion: version,
    images: Object.fromEntries(
      Object.entries(images).map(([name, repository]) => [
        name,
        { repository, digest: digestOf(`${module} ${version} ${name}`) },
      ]),
    ),
    ...(chart === undefined
      ? {}
      : { chart: { repository: chart, version, digest: digestOf(`${module} ${version} chart`) } }),
    ...(content === undefined
      ? {}
      : {
          content: {
            [module]: { repository: content, commit: "a".repeat(40), digest: digestOf(`${module} ${version} content`) },
          },
        }),
    ...(freeze === undefined ? {} : { freeze }),
  });
}
