import type { Command } from "commander";
import { refuseInput } from "../../release/errors.ts";
import { EVIDENCE_TYPES } from "../../release/evidence/types.ts";
import { MAX_BUNDLE_BYTES } from "../../release/signing/envelope.ts";
import { type Done, reportOutcome } from "../approve/outcome.ts";
import { readToolFile } from "../attest/file.ts";
import { checkBundle } from "../attest/foreign.ts";
import type { AttestOptions } from "../attest/options.ts";
import { signEvidence } from "../attest/sign.ts";
import { checkStanding } from "../attest/standing.ts";
import { type NamedRelease, readRelease, releaseText, subjectOf } from "../candidate.ts";
import { type Context, type GlobalOptions, openContext } from "../context.ts";
import { writeRecord } from "../signedRecord.ts";
import { type SigningOptions, withSigningOptions } from "../signers.ts";
import { type ExitCode, examples, repeatable, runsVerb, type Verb } from "../verb.ts";

type Options = AttestOptions & SigningOptions & GlobalOptions;

export const attest: Verb = (program) => {
  withSigningOptions(withEvidenceOptions(program.command("attest")))
    .description("Sign what a test, a scan or a person found about a release, good or bad")
    .option("--bundle <file>", "file a bundle that `cosign attest-blob` has made on the manifest, as it is")
    .option("--json", "print the outcome as JSON")
    .addHelpText(
      "after",
      `${examples(
        "attest skaha 1.1.0 --type test-result --file junit.xml",
        "attest skaha 1.1.0 --type vulnerability-scan --image skaha --file trivy.json",
        'attest skaha 1.1.0 --type load-test --in staging --result pass --summary "500 users, p99 180 ms"',
        "attest skaha 1.1.0 --bundle cosign.sigstore.json",
      )}\n\nTypes:\n${typeLines()}`,
    )
    .action(runsVerb(run));
};

function withEvidenceOptions(command: Command): Command {
  return command
    .argument("<module>", "module of the release")
    .argument("<version>", "version of the release")
    .option("--type <type>", "type of evidence, see below")
    .option("--in <stack>", "stack that it was made in (default: ci)")
    .option("--result <result>", "pass or fail; a file that says so itself need not be repeated")
    .option("--metric <name=number>", "a number that it reports; repeatable", repeatable, [])
    .option("--summary <text>", "what was found, in a sentence")
    .option("--file <file>", "what a tool has written, or a document")
    .option("--format <format>", "format of the file (default: the one that fits)")
    .option("--image <name>", "image that it is about (default: all of the release); repeatable", repeatable, [])
    .option("--with <module@version>", "another release that took part; repeatable", repeatable, []);
}

function typeLines(): string {
  const width = Math.max(...Object.keys(EVIDENCE_TYPES).map((name) => name.length));
  return Object.entries(EVIDENCE_TYPES)
    .map(([name, { description, formats }]) => {
      const reads = formats.length === 0 ? "" : ` (${formats.join(", ")})`;
      return `  ${name.padEnd(width)}  ${description}${reads}`;
    })
    .join("\n");
}

function run([module = "", version = ""]: readonly string[], options: Options): Promise<ExitCode> {
  return reportOutcome("attest", options, async () => {
    const context = openContext(options);
    const named = readRelease(context, module, version);
    return options.bundle === undefined ? signEvidence(context, named, options) : fileBundle(context, named, options);
  });
}

async function fileBundle(context: Context, named: NamedRelease, options: Options): Promise<Done> {
  const others = Object.entries({
    ...options,
    metric: options.metric[0],
    image: options.image[0],
    with: options.with[0],
  })
    .filter(([name, value]) => value !== undefined && ONLY_WHEN_SIGNING.has(name))
    .map(([name]) => `--${name}`);
  if (others.length > 0) {
    const message = "is signed already, and says all that it says: leave the other options out";
    refuseInput({ file: "--bundle", path: "", message, value: others.join(" ") });
  }
  const file = options.bundle ?? "";
  const now = new Date();
  const { bytes, digest, record } = checkBundle(context, named, readToolFile(file, MAX_BUNDLE_BYTES), file, now);
  const { person, predicate } = record;
  checkStanding(context, person, named.module.name, predicate, now);
  const written = writeRecord(context, predicate.type, { bytes, digest, person }, [subjectOf(named)]);
  const verdict = predicate.result === "fail" ? "FAIL: filed as evidence against" : "filed, for";
  return { headline: `${predicate.type} of ${person}: ${verdict} ${releaseText(named)}`, written, person };
}

const ONLY_WHEN_SIGNING = new Set([
  "type",
  "in",
  "result",
  "metric",
  "summary",
  "file",
  "format",
  "image",
  "with",
  "key",
  "keyless",
]);
