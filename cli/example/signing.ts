import type { Catalogue } from "../../release/catalogue.ts";
import { DOCUMENT } from "../../release/evidence/formats.ts";
import type { Candidate } from "../../release/gate.ts";
import type { Item } from "../../release/judgement/item.ts";
import { chartImages } from "../../release/kubernetes/chartImages.ts";
import { recordFileName, recordFolder } from "../../release/records.ts";
import { IMAGE_INVENTORY } from "../../release/rules/chartInventory.ts";
import type { Requirements } from "../../release/schema/formality.ts";
import type { TrustedStack } from "../../release/schema/trust.ts";
import { bundleFileDigest } from "../../release/signing/envelope.ts";
import type { Statement } from "../../release/signing/statement.ts";
import type { Slot } from "../../release/slots.ts";
import { recordStatement } from "../../release/statements.ts";
import { valuesHash } from "../../release/values.ts";
import { type Signer, signStatement } from "../../signing/sign.ts";
import { slotObjects } from "./charts.ts";

/** Signs what the reference platform's people would have signed. */
export class ExampleSigner {
  readonly #catalogue: Catalogue;
  readonly #signers: ReadonlyMap<string, Signer>;
  readonly #written: Map<string, Uint8Array>;

  /** New records go into `written`, by path. */
  constructor(catalogue: Catalogue, signers: ReadonlyMap<string, Signer>, written: Map<string, Uint8Array>) {
    this.#catalogue = catalogue;
    this.#signers = signers;
    this.#written = written;
  }

  /** Supplies one thing that a judgement says is missing. The hour orders acknowledgements of one day. */
  async supply(
    item: Item,
    asked: readonly Requirements["evidence"][number][],
    candidate: Candidate,
    stack: TrustedStack,
    day: Date,
  ): Promise<void> {
    const subject = subjectOf(candidate);
    const [kind, name = ""] = item.id.split(/:(.*)/s);
    if (kind === "cut") {
      const at = new Date(day.getTime() - 5 * 86_400_000).toISOString();
      const { module, version, channel } = candidate.release.manifest;
      await this.file(
        "cut",
        "pipeline",
        candidate,
        recordStatement("cut", [subject], { module, version, channel, at }),
      );
    } else if (kind === "evidence") {
      const requirement = asked.find(
        ({ type, in: place }) => name === (place === undefined ? type : `${type}@${place}`),
      );
      if (requirement === undefined) throw new Error(`nothing asks for ${item.id}`);
      await this.evidence(requirement, candidate, new Date(day.getTime() - 4 * 86_400_000));
    } else if (kind === "notice") {
      const by = item.who?.[0] ?? "";
      const summary = `${name}: ${subject.module} ${subject.version} goes to ${stack.name}; save your work`;
      const predicate = {
        type: "notice",
        in: stack.name,
        result: "pass" as const,
        summary,
        at: new Date(day.getTime() - 2 * 86_400_000).toISOString(),
      };
      await this.file(
        "notice",
        this.#holder(by, candidate, day),
        candidate,
        recordStatement("evidence", [subject], predicate),
      );
    } else if (kind === "vote" || kind === "stage") {
      const [stage, role] = kind === "stage" ? (name.split(":") as [string, string]) : ["9", name];
      // Stages follow one another by an hour, all of them on the day before.
      const at = new Date(day.getTime() - 86_400_000 + Number(stage) * 3_600_000);
      await this.vote(role, candidate, stack, at);
    }
  }

  /** The inventory of a slot: what shows that its chart can stand beside itself. */
  async inventory(candidate: Candidate, slot: Slot, stack: TrustedStack, day: Date): Promise<void> {
    const { module, release } = candidate;
    const { chart } = release.manifest;
    if (chart === undefined) throw new Error(`${module.name} has no chart`);
    const { repository, version, digest } = chart;
    const predicate = {
      type: IMAGE_INVENTORY,
      in: stack.name,
      result: "pass" as const,
      summary: "example of the reference platform",
      inventory: {
        configHash: slot.configHash,
        valuesHash: valuesHash(module, slot.values),
        chart: { name: repository.split("/").at(-1) ?? "", version, digest },
        helm: "v3.22.0",
        kubernetes: "1.36.0",
        images: [...new Set(chartImages(slot.values).flatMap(({ image }) => image ?? []))].sort(),
        release: slot.name,
        objects: slotObjects(slot.name),
        asks: [],
      },
      at: new Date(day.getTime() - 3 * 86_400_000).toISOString(),
    };
    const statement = recordStatement("evidence", [subjectOf(candidate)], predicate);
    await this.file(IMAGE_INVENTORY, "pipeline", candidate, statement);
  }

  /** A record by a person, among a release's records. Returns the SHA-256 of its file. */
  async file(label: string, person: string, { module, release }: Candidate, statement: Statement): Promise<string> {
    const bytes = await this.sign(person, statement);
    const digest = bundleFileDigest(bytes);
    this.#written.set(`${recordFolder(module.name, release.manifest.version)}/${recordFileName(label, digest)}`, bytes);
    return digest;
  }

  /** Signs as a person. */
  async sign(person: string, statement: Statement): Promise<Uint8Array> {
    const signer = this.#signers.get(person);
    if (signer === undefined) throw new Error(`${person} has no key`);
    return signStatement(statement, signer);
  }

  private async evidence(
    { type, by, in: place = "ci", thresholds }: Requirements["evidence"][number],
    candidate: Candidate,
    at: Date,
  ): Promise<void> {
    const metrics = Object.fromEntries(
      Object.entries(thresholds).map(([metric, { min, max }]) => [metric, max ?? Math.max(92, min ?? 0)]),
    );
    const record = type === "freeze-record" ? candidate.release.manifest.freeze?.record : undefined;
    const predicate = {
      type,
      in: place,
      result: "pass" as const,
      metrics,
      ...(record !== undefined && { source: { format: DOCUMENT, sha256: record.slice("sha256:".length) } }),
      summary: "example of the reference platform",
      at: at.toISOString(),
    };
    const statement = recordStatement("evidence", [subjectOf(candidate)], predicate);
    await this.file(type, this.#holder(by, candidate, at), candidate, statement);
  }

  private async vote(role: string, candidate: Candidate, stack: TrustedStack, at: Date): Promise<void> {
    const subject = subjectOf(candidate);
    const predicate = {
      verdict: "GO" as const,
      role,
      stack: stack.name,
      configHash: { [subject.manifestDigest]: candidate.configHash },
      reason: "all that was asked for is there",
      at: at.toISOString(),
      expires: new Date(at.getTime() + 14 * 86_400_000).toISOString(),
    };
    await this.file(
      "vote",
      this.#holder(role, candidate, at),
      candidate,
      recordStatement("vote", [subject], predicate),
    );
  }

  #holder(role: string, { module }: Candidate, at: Date): string {
    const [person] = this.#catalogue.authority.holders(role, module.name, at);
    if (person === undefined) throw new Error(`nobody is ${role} for ${module.name}`);
    return person;
  }
}

function subjectOf({ module, release }: Candidate) {
  return { module: module.name, version: release.manifest.version, manifestDigest: release.manifestDigest };
}
