import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Catalogue } from "../../release/catalogue.ts";
import { type AnyRecord, readRecords, recordFolder } from "../../release/records.ts";
import { newKeyPair } from "../../signing/pem.ts";
import { workingTree } from "../../store/files.ts";
import { Checkout, type Outcome, start } from "./checkout.ts";

const COMMAND = join(import.meta.dirname, "../../cli/main.ts");
const PASSPHRASE = "correct horse battery";

/** What is public about each person: cannot be made up, since messages name them. */
const ROLES = `roles:
  ci: { description: builds, members: [{ person: pipeline }], may: [cut, attest] }
  lead: { description: leads web, members: [{ person: ada, modules: [web] }], may: [cut] }
  qa: { description: tests, members: [{ person: quinn }], may: [attest] }
  sre: { description: runs it, members: [{ person: sam }], may: [attest] }
`;

/** The small platform, with people who have keys of their own, and formality that asks for evidence. */
export class SigningCheckout extends Checkout {
  readonly #keys = mkdtempSync(join(tmpdir(), "imprimatur-keys-"));

  constructor() {
    super();
    const people = ["pipeline", "ada", "quinn", "sam"].map((person) => {
      const { privateKeyPem, publicKeyPem } = newKeyPair(PASSPHRASE);
      writeFileSync(this.key(person), privateKeyPem);
      chmodSync(this.key(person), 0o600);
      const pem = publicKeyPem.trim().replaceAll("\n", "\n          ");
      return `  ${person}:\n    name: ${person}\n    keys:\n      - from: 2026-01-01T00:00:00Z\n        pem: |\n          ${pem}\n`;
    });
    this.write("catalog/trust/people.yaml", `people:\n${people.join("")}${ROLES}`);
    this.write(
      "catalog/trust/formality.yaml",
      `blessed: []
rules:
  - name: tested
    require:
      evidence:
        - { type: test-result, by: ci, thresholds: { failed: { max: 0 } } }
        - { type: load-test, by: qa, in: prod }
`,
    );
  }

  /** Path of a person's private key. */
  key(person: string): string {
    return join(this.#keys, `${person}.pem`);
  }

  /** Runs the command as a person, with no registry login of this machine's user. */
  runAs(person: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Outcome> {
    const own = { IMPRIMATUR_KEY: this.key(person), IMPRIMATUR_PASSPHRASE: PASSPHRASE, DOCKER_CONFIG: this.#keys };
    return start(process.execPath, [COMMAND, ...args], this.root, { ...own, ...env });
  }

  /** The records of a release, judged now. Fails where one is unusable. */
  records(module: string, version: string): readonly AnyRecord[] {
    const files = workingTree(this.root);
    const { ring } = new Catalogue(files);
    const { records, unusable } = readRecords(files, recordFolder(module, version), ring, { now: new Date() });
    if (unusable.length > 0) throw new Error(JSON.stringify(unusable));
    return records;
  }

  /** Versions that a module has manifests for. */
  versions(module: string): string[] {
    return readdirSync(join(this.root, "catalog/releases", module)).sort();
  }

  override remove(): void {
    super.remove();
    rmSync(this.#keys, { recursive: true, force: true });
  }
}
