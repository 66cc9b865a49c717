import { join } from "node:path";
import type { Command } from "commander";
import {
  buildManifest,
  type CutManifest,
  type CutParts,
  differences,
  sameContent,
} from "../../release/cut/manifest.ts";
import { nextEdgeVersion, readVersion } from "../../release/cut/version.ts";
import { refuseInput } from "../../release/errors.ts";
import { sha256 } from "../../release/json.ts";
import { ofKind, readRecords, recordFolder } from "../../release/records.ts";
import type { Release } from "../../release/schema/manifest.ts";
import type { Module } from "../../release/schema/module.ts";
import type { ReleaseSubject } from "../../release/statements.ts";
import { createFileAtomically } from "../../store/write.ts";
import { type Done, Refusal, reportOutcome } from "../approve/outcome.ts";
import { checkPower, judgedAtNote } from "../approve/signing.ts";
import { type Context, type GlobalOptions, openContext } from "../context.ts";
import { checkAncestry } from "../cut/ancestry.ts";
import { checkMechanics, readChartFiles } from "../cut/mechanics.ts";
import { type CutOptions, readCutOptions } from "../cut/options.ts";
import { resolveArtifacts, typedArtifacts } from "../cut/resolve.ts";
import { signRecord, writeRecord } from "../signedRecord.ts";
import { openSign, type Sign, type SigningOptions, withSigningOptions } from "../signers.ts";
import { type ExitCode, examples, repeatable, runsVerb, type Verb } from "../verb.ts";

type Options = CutOptions & SigningOptions & GlobalOptions;

export const cut: Verb = (program) => {
  withSigningOptions(withCutOptions(program.command("cut")))
    .description("Write the manifest of a new release, and sign for having made it")
    .option("--json", "print the outcome as JSON")
    .addHelpText(
      "after",
      examples(
        "cut skaha 1.2.0 --channel beta --commit <id> --chart …/charts/skaha@sha256:… --image skaha=…/skaha@sha256:…",
        "cut skaha --edge --resolve --commit <id> --chart …/charts/skaha:1.2.0 --image skaha=…/skaha:edge",
        "cut gathering-conditions 1.0.3 --channel beta --commit <id> --content https://…@<id>:<SHA-256>",
      ),
    )
    .action(runsVerb(run));
};

function withCutOptions(command: Command): Command {
  return command
    .argument("<module>", "module that it is a release of")
    .argument("[version]", "version; with --edge the next one by default")
    .option("--chart <ref@digest>", "its Helm chart, with the chart's own version as tag where that differs")
    .option(
      "--image <name=ref@digest>",
      "one of its images; the name is the module's by default; repeatable",
      repeatable,
      [],
    )
    .option(
      "--content <repo@commit:sha256>",
      "content; name=… where it is not the module's; repeatable",
      repeatable,
      [],
    )
    .option("--commit <id>", "source commit that it was built from")
    .option("--app-version <version>", "version of what runs (default: the version without its commit)")
    .option("--channel <channel>", "how well proven it claims to be")
    .option("--acceptance <criterion>", "criterion for its acceptance, agreed beforehand; repeatable", repeatable, [])
    .option("--freeze <parts>", "mission=…,common=…,cal=…[,record=sha256:…] of a frozen module")
    .option("--edge", "a build as CI makes it: channel edge, and the next version by default")
    .option(
      "--resolve",
      "look tags up in the registries (login: docker login, or IMPRIMATUR_REGISTRY_USER and _PASSWORD)",
    )
    .option("--chart-dir <directory>", "Chart.yaml and values.yaml there must agree with what is cut")
    .option("--depends-on-file <file>", "the deployment's Chart.yaml, whose dependency on the chart must agree too")
    .option("--repo <directory>", "a clone of the source: what is cut must be built on releases of an equal version");
}

function run([moduleName = "", versionText]: readonly string[], options: Options): Promise<ExitCode> {
  return reportOutcome("cut", options, async () => {
    const context = openContext(options);
    const module = context.catalogue.module(moduleName, { file: "<module>", path: "" });
    const request = readCutOptions(module, options);
    const version = versionText === undefined ? undefined : readVersion(module, versionText, request.commit);
    if (version === undefined && !options.edge) {
      refuseInput({ file: "<version>", path: "", message: "name the version; only --edge finds one by itself" });
    }
    const files = readChartFiles(module, options);
    const sign = await openSign(options);
    const artifacts = options.resolve ? await resolveArtifacts(request) : typedArtifacts(request);
    const { chart: _, ...rest } = request;
    const parts: CutParts = { ...rest, ...artifacts };

    const built = buildCut(context, module, version, parts);
    const releases = context.catalogue.releases(module.name);
    checkMechanics(module, built.manifest, parts, files);
    if (options.repo !== undefined) {
      checkAncestry(module, releases, built.manifest.version, request.commit, options.repo);
    }
    return write(context, module, built, sign);
  });
}

/** The manifest, at the version that was named or, for an edge build, at the next one. */
function buildCut(context: Context, module: Module, version: string | undefined, parts: CutParts): CutManifest {
  const { catalogue } = context;
  const at = (name: string) => buildManifest(module, name, parts, catalogue.releasePath(module.name, name));
  if (version !== undefined) return at(version);
  const releases = catalogue.releases(module.name);
  const edges = releases.filter(({ manifest }) => manifest.channel === "edge");
  // A job that is run again cuts no second release of the same build.
  const again = edges.map(({ manifest }) => at(manifest.version)).find((built, i) => sameAs(built, edges[i]));
  const known = releases.map(({ manifest }) => manifest);
  const next = nextEdgeVersion(module, known, parts.commit, new Date());
  if (again === undefined && next === undefined) {
    refuseInput({ file: "<version>", path: "", message: `${module.versions} versions are named by people: give one` });
  }
  return again ?? at(readVersion(module, next ?? "", parts.commit));
}

function sameAs(built: CutManifest, release: Release | undefined): boolean {
  return release !== undefined && sameContent(built.manifest, release.manifest);
}

/** Signs first, so that no manifest is left behind whose author nobody knows; then writes what is not there yet. */
async function write(context: Context, module: Module, { manifest, text }: CutManifest, sign: Sign): Promise<Done> {
  const { version, channel } = manifest;
  const existing = context.catalogue.release(module.name, version);
  if (existing !== undefined) checkUnchanged(context, existing, { manifest, text });
  const manifestDigest = existing?.manifestDigest ?? `sha256:${sha256(text)}`;
  const subject: ReleaseSubject = { module: module.name, version, manifestDigest };
  const now = new Date();
  const predicate = { module: module.name, version, channel, at: now.toISOString() };
  const bundle = await signRecord(context, sign, "cut", [subject], predicate);
  checkPower(context.catalogue.authority, bundle.person, "cut", [module.name], now);
  if (hasCut(context, subject, bundle.person, now)) {
    return {
      headline: `${module.name} ${version} is cut already, with the same content: nothing to do`,
      written: [],
      person: bundle.person,
    };
  }
  const path = context.catalogue.releasePath(module.name, version);
  if (existing === undefined && !createFileAtomically(join(context.root, path), text)) {
    throw new Refusal(`${path} has just been written by somebody else`, ["cut again: the next version is free"]);
  }
  const record = writeRecord(context, "cut", bundle, [subject]);
  return {
    headline:
      existing === undefined
        ? `${module.name} ${version}@${manifestDigest} is cut, channel ${channel}`
        : `${module.name} ${version} is cut already, with the same content: ${bundle.person} signed for it too`,
    written: [...(existing === undefined ? [path] : []), ...record],
    person: bundle.person,
    notes: judgedAtNote(context),
  };
}

/** @throws Refusal where a release of that version has other content: manifests are immutable */
function checkUnchanged({ catalogue }: Context, existing: Release, { manifest }: CutManifest): void {
  if (sameContent(existing.manifest, manifest)) return;
  const { module, version } = existing.manifest;
  const keys = differences(existing.manifest, manifest).join(", ");
  throw new Refusal(
    `${catalogue.releasePath(module, version)} has other content (${keys}), and a release never changes`,
    ["cut it under a new version"],
  );
}

/** Whether somebody has signed for the release already. */
function hasCut({ files, catalogue }: Context, subject: ReleaseSubject, person: string, now: Date): boolean {
  const { records } = readRecords(files, recordFolder(subject.module, subject.version), catalogue.ring, { now });
  return ofKind(records, "cut").some(
    (record) => record.person === person && record.subjects.includes(subject.manifestDigest),
  );
}
