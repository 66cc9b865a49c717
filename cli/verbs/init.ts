import { rmSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { Catalogue } from "../../release/catalogue.ts";
import { InputError, refuseInput } from "../../release/errors.ts";
import { memoryFiles } from "../../release/files.ts";
import { Name, Repository } from "../../release/schema/common.ts";
import { newKeyPair } from "../../signing/pem.ts";
import { couldBeCommitted, gitUserName, uncommitted } from "../../store/gitIndex.ts";
import { swapEntries } from "../../store/swap.ts";
import { confirm, newPassphrase } from "../approve/secrets.ts";
import { PIPELINE, starterFiles } from "../approve/starter.ts";
import { type Context, type GlobalOptions, openContext } from "../context.ts";
import { DEPLOYMENTS, missionNames } from "../image/mission.ts";
import { type ExitCode, examples, runsVerb, type Verb } from "../verb.ts";
import { saveNewKey } from "./keys.ts";

interface InitOptions {
  readonly name?: string;
  readonly person?: string;
  readonly module: string;
  readonly registry: string;
  readonly yes?: boolean;
  readonly force?: boolean;
}

export const init: Verb = (program) => {
  program
    .command("init")
    .description("Start a platform of your own: replaces the reference platform's data, and makes two keys")
    .argument("[dir]", "a clone of this template (default: where you are)")
    .option("--name <text>", "your name (default: git's user.name)")
    .option("--person <id>", "your id in catalog/trust/people.yaml (default: from your name)")
    .option("--module <name>", "the first module", "hello")
    .option("--registry <url>", "the registry of its image: host and path", "registry.example.org/platform")
    .option("--yes", "do not ask")
    .option("--force", "replace the data even where it is no longer the reference platform's, or not committed")
    .addHelpText("after", examples("init", 'init --name "Ada Lovelace" --module api --registry ghcr.io/ada --yes'))
    .action(runsVerb<InitOptions>(run));
};

async function run([directory]: readonly string[], options: InitOptions & GlobalOptions): Promise<ExitCode> {
  const context = openContext(
    directory === undefined ? options : { directory: resolve(options.directory ?? ".", directory) },
  );
  const { root } = context;
  const replaced = replacedEntries(context);
  const person = readPerson(root, options);
  checkArguments(options);
  if (!options.force) checkReplaceable(context, replaced);
  const keyFiles = {
    person: join(root, ".keys", `${person.id}.pem`),
    pipeline: join(root, ".keys", `${PIPELINE}.pem`),
  };
  checkKeyFiles(context, Object.values(keyFiles));
  if (!options.yes && !(await confirm(`Replace ${replaced.join(", ")} in ${root} by a platform of your own?`))) {
    refuseInput({ file: "init", path: "", message: "replaces files: say yes on a terminal, or give --yes" });
  }
  const passphrase = await newPassphrase();
  const [own, pipeline] = [newKeyPair(passphrase), newKeyPair(passphrase)];
  const files = starterFiles({
    person: person.id,
    name: person.name,
    personKey: own.publicKeyPem,
    pipelineKey: pipeline.publicKeyPem,
    from: new Date().toISOString(),
    module: options.module,
    registry: options.registry,
  });
  checkStarter(files);
  await saveNewKey(keyFiles.person, own.privateKeyPem);
  try {
    await saveNewKey(keyFiles.pipeline, pipeline.privateKeyPem);
  } catch (error) {
    rmSync(keyFiles.person, { force: true });
    throw error;
  }
  try {
    swapEntries(root, replaced, files);
  } catch (error) {
    for (const file of Object.values(keyFiles)) rmSync(file, { force: true });
    throw error;
  }
  const shown = (file: string) => relative(process.cwd(), file);
  console.log(
    [
      `✔ a platform of your own: stacks dev, staging and prod, and the module ${options.module}`,
      `  your key        ${shown(keyFiles.person)}: you are module-lead, qa and release-manager`,
      `  pipeline's key  ${shown(keyFiles.pipeline)}: give it to your CI, with the passphrase`,
      "  next            docs/walkthrough.md: from here to a release in production",
    ].join("\n"),
  );
  return 0;
}

/** What makes up a platform's own data, as it is there now or will be. */
function replacedEntries({ files }: Context): string[] {
  const stacks = files.list("").filter((name) => /^Pulumi\.[^.]+\.yaml$/.test(name));
  const own = new Set([...stacks, "Pulumi.dev.yaml", "Pulumi.staging.yaml", "Pulumi.prod.yaml"]);
  // Its frozen images go too. What every image gets, in deployments/common, stays: whoever starts one needs it.
  const missions = missionNames(files).map((name) => `${DEPLOYMENTS}/${name}`);
  return ["catalog", "plans", ...own, ...missions];
}

function readPerson(root: string, options: InitOptions): { id: string; name: string } {
  const name = options.name ?? gitUserName(root);
  if (name === undefined) refuseInput({ file: "--name", path: "", message: "give your name: git has no user.name" });
  const derived = name
    .normalize("NFKD")
    .toLowerCase()
    .replace(/\p{M}/gu, "")
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^[^a-z]+|-+$/g, "");
  const id = options.person ?? derived.slice(0, 63);
  if (!Name.safeParse(id).success || id === PIPELINE) {
    const message = `give an id with --person: lower-case letters, digits and dashes, and not ${PIPELINE}`;
    refuseInput({ file: "--person", path: "", message, value: id });
  }
  return { id, name };
}

function checkArguments({ module, registry }: InitOptions): void {
  const name = Name.safeParse(module);
  if (!name.success) refuseInput({ file: "--module", path: "", message: "must be a DNS label", value: module });
  if (!Repository.safeParse(`${registry}/${module}`).success) {
    const message = "must be a registry host, with a path where it has one, such as ghcr.io/your-team";
    refuseInput({ file: "--registry", path: "", message, value: registry });
  }
}

/** Only the reference platform is replaced unasked, and only where git can bring it back. */
function checkReplaceable({ root, catalogue }: Context, replaced: readonly string[]): void {
  if (catalogue.judgedAt === undefined) {
    const message = "is not the reference platform's any more: --force replaces it all the same";
    refuseInput({ file: "catalog", path: "", message });
  }
  const changed = uncommitted(root, replaced);
  if (changed !== undefined && changed.length > 0) {
    const message = `is not committed, with ${changed.length - 1} more: commit it, or replace it with --force`;
    refuseInput({ file: changed[0] ?? "", path: "", message });
  }
}

function checkKeyFiles({ root, files }: Context, keyFiles: readonly string[]): void {
  for (const file of keyFiles) {
    const path = relative(root, file);
    if (files.read(path) !== undefined) {
      refuseInput({ file: path, path: "", message: "is there already, and no key is ever overwritten: move it away" });
    }
    if (couldBeCommitted(root, file)) {
      refuseInput({ file: path, path: "", message: "is not ignored by git: add .keys/ to .gitignore first" });
    }
  }
}

/** Reads what is about to be written as every command will. */
function checkStarter(texts: ReadonlyMap<string, string>): void {
  const catalogue = new Catalogue(memoryFiles(Object.fromEntries(texts)));
  try {
    void [catalogue.modules, catalogue.stackNames, catalogue.channels, catalogue.formality, catalogue.ring];
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new Error(`what init would write is not sound: ${error.message}`);
  }
}
