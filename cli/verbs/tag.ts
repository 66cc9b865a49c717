import { join } from "node:path";
import { readFreeze } from "../../release/cut/artifacts.ts";
import { readVersion } from "../../release/cut/version.ts";
import { refuseInput } from "../../release/errors.ts";
import type { Module } from "../../release/schema/module.ts";
import { releaseRefs } from "../../release/sourceRefs.ts";
import { writeFileAtomically } from "../../store/write.ts";
import { type Done, Refusal, reportOutcome } from "../approve/outcome.ts";
import { readRelease, releaseText } from "../candidate.ts";
import { type Context, type GlobalOptions, openContext } from "../context.ts";
import { activeLines } from "../tag/lines.ts";
import { planTags } from "../tag/plan.ts";
import { checkClean, openSource, type SourceRepository } from "../tag/source.ts";
import { makeRefs, toPush } from "../tag/write.ts";
import { examples, runsVerb, type Verb } from "../verb.ts";

interface TagOptions extends GlobalOptions {
  readonly repo?: string;
  readonly push?: boolean;
  readonly remote: string;
  readonly prepare?: boolean;
  readonly freeze?: string;
  readonly json?: boolean;
}

export const tag: Verb = (program) => {
  program
    .command("tag")
    .description(
      "Make a release's branch and annotated tags in its source, once version files, tags and manifest agree",
    )
    .argument("<module>", "the module")
    .argument("[version]", "the release; without one, the versions that still get patches are listed")
    .option("--repo <directory>", "a clone of the module's source")
    .option("--push", "push them too, all or none")
    .option("--remote <name>", "where to", "origin")
    .option("--prepare", "before a release is cut: write its version files, for a commit of your own")
    .option("--freeze <parts>", "mission=…,common=…,cal=… for --prepare of a frozen module")
    .option("--json", "print the outcome as JSON (schemas/outcome.json)")
    .addHelpText(
      "after",
      examples(
        "tag maya-io 2.3.1+3f9c2d1 --repo ../maya-io --push",
        "tag roman-notebook roman-12.1.0 --repo ../images --prepare --freeze mission=roman-12.1.0,common=1.3.1,cal=0.14.0",
        "tag skaha",
      ),
    )
    .action(runsVerb<TagOptions>((args, options) => reportOutcome("tag", options, async () => run(args, options))));
};

function run([moduleName = "", version]: readonly string[], options: TagOptions): Done {
  const context = openContext(options);
  const module = context.catalogue.module(moduleName, { file: "<module>", path: "" });
  if (version === undefined) return list(context, module);
  if (options.repo === undefined) {
    refuseInput({ file: "--repo", path: "", message: `name a clone of ${module.source ?? "the module's source"}` });
  }
  const source = openSource(options.repo);
  checkClean(source);
  return options.prepare
    ? prepare(context, module, version, source, options)
    : make(context, version, source, module, options);
}

function list(context: Context, module: Module): Done {
  const details = activeLines(context, module);
  const headline =
    details.length === 0
      ? `${module.name} names no versions that still get patches: git.active in catalog/modules/${module.name}.yaml`
      : `${module.name}: versions that still get patches`;
  return { headline, details, written: [] };
}

function make(context: Context, version: string, source: SourceRepository, module: Module, options: TagOptions): Done {
  const named = readRelease(context, module.name, version);
  const plan = planTags(source, named);
  const { commit, branch, tags, newBranch, newTags } = plan;
  const lacking = options.push ? toPush(source, options.remote, plan) : [];
  makeRefs(source, named, plan);
  if (lacking.length > 0) source.run(["push", "--quiet", "--atomic", options.remote, ...lacking]);
  const made = [...(newBranch ? [`branch ${branch}`] : []), ...newTags.map((name) => `tag ${name}`)];
  const headline =
    made.length === 0
      ? `${releaseText(named)} is tagged already: ${tags.join(", ")}`
      : `✔ ${releaseText(named)} at ${commit.slice(0, 12)}: ${made.join(", ")}`;
  const again = `next: npx imprimatur tag ${releaseText(named)} --repo ${options.repo} --push`;
  const pushed = lacking.length === 0 ? `${options.remote} has them already` : `pushed to ${options.remote}`;
  return { headline, written: [], notes: [options.push ? pushed : again] };
}

function prepare(context: Context, module: Module, text: string, source: SourceRepository, options: TagOptions): Done {
  const version = readVersion(module, text, undefined);
  if (context.catalogue.release(module.name, version) !== undefined) {
    throw new Refusal(`${module.name} ${version} is cut already: its version files are those of its commit`);
  }
  const freeze = options.freeze === undefined ? undefined : readFreeze(options.freeze);
  const { files } = releaseRefs(module, { version, ...(freeze && { freeze }) });
  const changed = [...files].filter(([path, content]) => source.ask("show", `HEAD:${path}`)?.trim() !== content);
  for (const [path, content] of changed) writeFileAtomically(join(source.root, path), `${content}\n`);
  const written = changed.map(([path]) => join(source.root, path));
  const says = changed.map(([path, content]) => `  ${path}  ${content}`);
  const headline =
    files.size === 0
      ? `${module.name} has no version files: git.files in catalog/modules/${module.name}.yaml`
      : `${changed.length} of ${files.size} version files changed for ${module.name} ${version}`;
  return {
    headline,
    details: says,
    written,
    notes: [`next: commit them, build it, and cut ${module.name} ${version}`],
  };
}
