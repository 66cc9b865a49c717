import { rmSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { refuseInput } from "../../release/errors.ts";
import { prettyJson } from "../../release/json.ts";
import { Name } from "../../release/schema/common.ts";
import { newKeyPair, savePrivateKey } from "../../signing/pem.ts";
import { findPrivateKeys } from "../../signing/private-keys.ts";
import { makeFolder } from "../../store/folder.ts";
import { couldBeCommitted, stagedFiles } from "../../store/gitIndex.ts";
import { writeFileAtomically } from "../../store/write.ts";
import { addKey, PEOPLE_FILE } from "../approve/people.ts";
import { newPassphrase } from "../approve/secrets.ts";
import { type GlobalOptions, openContext } from "../context.ts";
import { count } from "../render/text.ts";
import { type ExitCode, examples, runsVerb, type Verb } from "../verb.ts";

interface NewOptions {
  readonly name?: string;
  readonly out?: string;
  readonly printOnly?: boolean;
  readonly json?: boolean;
}

export const keys: Verb = (program) => {
  const group = program.command("keys").description("Make signing keys, and keep private ones out of the repository");
  group
    .command("new")
    .description("Make an encrypted key pair; its public half goes into catalog/trust/people.yaml")
    .argument("<person>", "id under people in catalog/trust/people.yaml")
    .option("--name <text>", "how messages call them; for somebody who is not there yet")
    .option("--out <file>", "where the private key goes (default: .keys/<person>.pem, which git ignores)")
    .option("--print-only", "print the public key, and leave catalog/trust/people.yaml as it is")
    .option("--json", "print the outcome as JSON")
    .addHelpText("after", examples("keys new ada", 'keys new grace --name "Grace, quality" --out ~/grace.pem'))
    .action(runsVerb<NewOptions>(create));
  group
    .command("check")
    .description("Look for private keys in all that git tracks or has staged; as a pre-commit hook it refuses them")
    .option("--json", "print what was found as JSON")
    .addHelpText("after", examples("keys check"))
    .action(runsVerb<{ json?: boolean }>(check));
};

async function create([person = ""]: readonly string[], options: NewOptions & GlobalOptions): Promise<ExitCode> {
  const { root, files } = openContext(options);
  if (!Name.safeParse(person).success) {
    const message = "must be lower-case letters, digits and dashes, and begin with a letter";
    refuseInput({ file: "<person>", path: "", message, value: person });
  }
  const out = options.out === undefined ? join(root, ".keys", `${person}.pem`) : resolve(options.out);
  if (couldBeCommitted(root, out)) {
    const message = "git does not ignore this file: a private key must never get into a commit";
    refuseInput({ file: "--out", path: "", message, value: out, nearest: `.keys/${person}.pem` });
  }
  const pair = newKeyPair(await newPassphrase());
  const from = new Date().toISOString();
  const peopleYaml = new TextDecoder().decode(files.read(PEOPLE_FILE));
  const changed = options.printOnly
    ? undefined
    : addKey(peopleYaml, person, options.name, { publicKeyPem: pair.publicKeyPem, from });
  await saveNewKey(out, pair.privateKeyPem);
  try {
    if (changed !== undefined) writeFileAtomically(join(root, PEOPLE_FILE), changed);
  } catch (error) {
    // A private half whose public half is nowhere would only be mistaken for one that counts.
    rmSync(out, { force: true });
    throw error;
  }
  const shown = relative(process.cwd(), out);
  if (options.json) {
    process.stdout.write(
      prettyJson({ person, from, privateKey: shown, publicKey: pair.publicKeyPem, listed: changed !== undefined }),
    );
    return 0;
  }
  const listed =
    changed === undefined
      ? pair.publicKeyPem.trimEnd()
      : `public half    ${PEOPLE_FILE}, trusted from ${from} on; give ${person} a role there, and merge it`;
  console.log(`private half   ${shown}: keep it; sign with --key, or set IMPRIMATUR_KEY\n${listed}`);
  return 0;
}

/** Writes a private key that only its owner can read, in a folder that only its owner can open. */
export async function saveNewKey(path: string, privateKeyPem: string): Promise<void> {
  makeFolder(dirname(path), 0o700);
  try {
    await savePrivateKey(path, privateKeyPem);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    const message = "is there already, and no key is ever overwritten: move it away, or name another file with --out";
    refuseInput({ file: path, path: "", message });
  }
}

async function check(_: readonly string[], options: { readonly json?: boolean } & GlobalOptions): Promise<ExitCode> {
  const { root, files } = openContext(options);
  const staged = stagedFiles(root);
  if (staged === undefined) {
    refuseInput({ file: root, path: "", message: "is in no git repository, so there is nothing to check" });
  }
  // What is staged goes into the next commit; what else a tracked file holds by now, into the one after it.
  const present = staged.flatMap(({ path }) => {
    const bytes = files.read(path);
    return bytes === undefined ? [] : [{ path, bytes }];
  });
  const found = new Map(
    findPrivateKeys([...staged, ...present]).map((finding) => [`${finding.path}:${finding.line}`, finding]),
  );
  const findings = [...found.values()];
  if (options.json) process.stdout.write(prettyJson({ files: staged.length, findings }));
  else {
    for (const { path, line, kind } of findings) console.log(`✘ ${path}:${line} ${kind}`);
    console.log(
      findings.length === 0
        ? `no private key in ${count(staged.length, "file")} that git tracks`
        : `${count(findings.length, "private key")}: take it out with git rm --cached, and replace it: docs/rotate-keys.md`,
    );
  }
  return findings.length === 0 ? 0 : 1;
}
