import { join } from "node:path";
import { refuseInput } from "../../release/errors.ts";
import { prettyJson } from "../../release/json.ts";
import { pinText } from "../../release/pins.ts";
import { TrainFile, TrainName } from "../../release/schema/train.ts";
import { createFileAtomically } from "../../store/write.ts";
import { type Done, endsInOutcome, Refusal } from "../approve/outcome.ts";
import { readReleases, releaseText } from "../candidate.ts";
import { type GlobalOptions, openContext } from "../context.ts";
import type { Verb } from "../verb.ts";

interface TrainOptions extends GlobalOptions {
  readonly description?: string;
}

export const train: Verb = (program) => {
  const command = program
    .command("train")
    .description("Write the manifest of a train: releases of several modules that are voted on and released as one")
    .argument("<train>", "its name, such as canfar-2026-q3; vote, gonogo, bless, promote, notes and drplan take it")
    .argument("<release...>", "<module>@<version> for each")
    .option("--description <text>", "what it is about");
  endsInOutcome(command, run, 'train canfar-2026-q3 skaha@1.1.0 cavern@1.2.1 --description "Third quarter"');
};

async function run([name = "", ...args]: readonly string[], { description, ...options }: TrainOptions): Promise<Done> {
  const context = openContext(options);
  const { catalogue } = context;
  checkName(name, [...catalogue.modules.keys()]);
  const releases = readReleases(context, args);
  const pins = Object.fromEntries(releases.map(({ module, release }) => [module.name, pinText(release)]));
  const made = TrainFile.parse({ train: name, ...(description && { description }), releases: pins });
  const carries = releases.map(releaseText).join(", ");
  const path = catalogue.trainPath(name);
  const before = catalogue.train(name);
  if (before !== undefined || !createFileAtomically(join(context.root, path), text(made))) {
    const same = before !== undefined && text(before) === text(made);
    if (same) return { headline: `${name} carries ${carries} already: nothing to do`, written: [] };
    throw new Refusal(`${path} carries something else, and a train never changes`, ["give the new one another name"]);
  }
  return {
    headline: `✔ ${name} carries ${carries}`,
    written: [path],
    notes: [`next: npx imprimatur gonogo open ${name} --for <stack>`],
  };
}

function text({ $schema: _, ...train }: TrainFile): string {
  return prettyJson({ $schema: "../../schemas/train.json", ...train });
}

function checkName(name: string, modules: readonly string[]): void {
  const place = { file: "<train>", path: "", value: name };
  const parsed = TrainName.safeParse(name);
  if (!parsed.success) refuseInput({ ...place, message: parsed.error.issues[0]?.message ?? "is no name" });
  if (!modules.includes(name)) return;
  refuseInput({ ...place, message: "is the name of a module, and a train has one of its own" });
}
