import type { Command } from "commander";
import { nearestHint, refuseInput } from "../../release/errors.ts";
import { DRIFTS } from "../../release/frozen/drift.ts";
import { CalVersion, type ImageSettings } from "../../release/frozen/image.ts";
import { recordDigest } from "../../release/frozen/record.ts";
import { TIGHTNESS } from "../../release/frozen/requirements.ts";
import { type Done, Refusal, reportOutcome } from "../approve/outcome.ts";
import { readRelease } from "../candidate.ts";
import { type Context, type GlobalOptions, openContext } from "../context.ts";
import { createSteps, type Steps } from "../deliver/progress.ts";
import { attestBuild } from "../image/attest.ts";
import { type BuildOptions, buildImage } from "../image/build.ts";
import { driftLines, driftOf, readKinds } from "../image/drift.ts";
import { freezeImage } from "../image/freeze.ts";
import { type Mission, missionOf, readMission, readVersions } from "../image/mission.ts";
import { type WalkOptions, type Work, walk } from "../image/release.ts";
import { readSettings, writeSettings } from "../image/state.ts";
import { testImage } from "../image/test.ts";
import { updateRequirements } from "../image/update.ts";
import { count } from "../render/text.ts";
import { type SigningOptions, withSigningOptions } from "../signers.ts";
import { examples, repeatable, runsVerb, type Verb } from "../verb.ts";

interface ImageOptions extends GlobalOptions, BuildOptions, WalkOptions, SigningOptions {
  readonly useFrozen?: string;
  readonly freezeChill?: boolean | string;
  readonly failOn?: string;
  readonly json?: boolean;
}

/** What a part of the verb works on. */
interface Job {
  readonly context: Context;
  readonly mission: Mission;
  readonly settings: ImageSettings;
  readonly options: ImageOptions;
  readonly steps: Steps;
}

export const image: Verb = (program) => {
  const group = program
    .command("image")
    .description("Build images from frozen requirements: what was tested is what ships");
  const part = (name: string, description: string, example: string) =>
    group
      .command(name)
      .description(description)
      .option("--json", "print the outcome as JSON (schemas/outcome.json)")
      .addHelpText("after", examples(example));

  part(
    "configure <mission>",
    "Say how the next builds on this host are made",
    "image configure roman --use-frozen floating --freeze-chill --cal-version 0.13.0",
  )
    .requiredOption("--use-frozen <how>", `which requirements are built from: ${TIGHTNESS.join(", ")}`)
    .option("--freeze-chill [0|1]", "after a build, freeze what came out", false)
    .requiredOption("--cal-version <version>", "version of the calibration software, none or latest")
    .action(runs("configure", ([mission = ""], options) => configure(mission, options)));
  part("update", "Fetch the floating requirements from where they are delivered", "image update").action(
    runs("update", (_, options) => working(options, update)),
  );
  withBuildOptions(part("build", "Build the image as configured; where it floats, update first", "image build")).action(
    runs("build", (_, options) => working(options, build)),
  );
  part("freeze", "Record what is really in the last build, and freeze a floating one", "image freeze").action(
    runs("freeze", (_, options) => working(options, freeze)),
  );
  part("test", "Import, and run scripts and notebooks, in the last build with no network", "image test").action(
    runs("test", (_, options) => working(options, test)),
  );
  part("drift", "Show what differs between what was frozen and what was built", "image drift --fail-on added,changed")
    .option("--fail-on <kinds>", "kinds of drift that end with exit code 1", DRIFTS.join(","))
    .action(runs("drift", (_, options) => working(options, drift)));
  withSigningOptions(
    part(
      "attest <module> <version>",
      "Sign what the frozen build gave, as evidence",
      "image attest roman-notebook roman-12.0.0",
    ),
  ).action(
    runs("attest", async ([module = "", version = ""], options) => {
      const context = openContext(options);
      const named = readRelease(context, module, version);
      return attestBuild(context, missionOf(context, module), named, options);
    }),
  );
  withBuildOptions(
    part(
      "release <module>",
      "Take the whole walk, up to where people decide; run it again to go on",
      "image release roman-notebook --cal-version 0.13.0",
    ),
  )
    .option("--cal-version <version>", "version of the calibration software that the release is for")
    .action(runs("release", ([module = ""], options) => release(module, options)));
};

function withBuildOptions(command: Command): Command {
  return command
    .option("--builder <name>", "docker or buildah (default: the first that works)")
    .option("--network <mode>", "network of the build, such as host")
    .option("--secret <id=…,src=…>", "file that only the build sees, such as id=pip,src=/etc/pip.conf", repeatable)
    .option("--build-arg <NAME=value>", "argument of the Dockerfile; repeatable", repeatable)
    .option("--attach", "attach provenance and an SBOM to the image (docker buildx)");
}

function runs(name: string, work: (args: readonly string[], options: ImageOptions) => Promise<Done>) {
  return runsVerb<ImageOptions>((args, options) => reportOutcome(`image ${name}`, options, () => work(args, options)));
}

async function configure(name: string, options: ImageOptions): Promise<Done> {
  const context = openContext(options);
  const mission = readMission(context, name);
  const useFrozen = TIGHTNESS.find((word) => word === options.useFrozen);
  if (useFrozen === undefined) {
    const value = options.useFrozen ?? "";
    const message = `must be one of ${TIGHTNESS.join(", ")}`;
    return refuseInput({ file: "--use-frozen", path: "", message, value, ...nearestHint(value, TIGHTNESS) });
  }
  const calVersion = CalVersion.safeParse(options.calVersion);
  if (!calVersion.success) {
    const message = "must be a version, none or latest";
    return refuseInput({ file: "--cal-version", path: "", message, value: options.calVersion ?? "" });
  }
  if (!["1", "0", true, false].includes(options.freezeChill ?? false)) {
    refuseInput({ file: "--freeze-chill", path: "", message: "must be 0 or 1", value: String(options.freezeChill) });
  }
  const freezeChill = options.freezeChill === true || options.freezeChill === "1";
  const settings = { mission: mission.name, useFrozen, freezeChill, calVersion: calVersion.data };
  const written = writeSettings(context.root, settings);
  return { headline: `✔ ${configured(settings)}`, written: [written], notes: ["next: npx imprimatur image build"] };
}

function configured({ mission, useFrozen, freezeChill, calVersion }: ImageSettings): string {
  return `${mission}: ${useFrozen}, CAL ${calVersion}${freezeChill ? ", frozen after the build" : ""}`;
}

async function working(options: ImageOptions, work: (job: Job) => Promise<Done>): Promise<Done> {
  const context = openContext(options);
  const settings = readSettings(context.root);
  const steps = createSteps(process.stderr);
  try {
    return await work({ context, mission: readMission(context, settings.mission), settings, options, steps });
  } finally {
    steps.finish();
  }
}

async function update({ context, mission, settings, steps }: Job): Promise<Done> {
  steps.step("fetching requirements");
  const written = await updateRequirements(context, mission, settings);
  const none = settings.calVersion === "none" ? "left alone, as configured" : "as they were";
  return { headline: `✔ requirements of ${mission.name}: ${written.length === 0 ? none : "updated"}`, written };
}

async function build(job: Job): Promise<Done> {
  const { context, mission, settings, options, steps } = job;
  const updated = settings.useFrozen === "floating" ? await update(job) : undefined;
  readVersions(context, mission);
  steps.step(`building ${mission.name}, ${settings.useFrozen}`);
  const built = await buildImage(context, mission, settings, options, steps.detail);
  const frozen = settings.freezeChill ? await freeze(job) : undefined;
  return {
    headline: `✔ ${mission.name} is built (${settings.useFrozen}, ${built.builder}): ${built.image}`,
    details: [updated, frozen].flatMap((done) => done?.headline ?? []),
    written: [...(updated?.written ?? []), ...(frozen?.written ?? [])],
    notes: ["next: npx imprimatur image test"],
  };
}

async function freeze({ context, mission, steps }: Job): Promise<Done> {
  steps.step("listing what is in the image");
  const { record, written } = await freezeImage(context, mission);
  const packages = Object.values(record.environments).flatMap(({ pip, conda, npm }) => [...pip, ...conda, ...npm]);
  const what = `${count(packages.length, "package")} and ${count(record.deb.length, "Debian package")}`;
  return { headline: `✔ what is in the image: ${what}, ${recordDigest(record)}`, written };
}

async function test({ context, mission, steps }: Job): Promise<Done> {
  const { cases, written } = await testImage(context, mission, steps.step);
  const failed = cases.filter(({ failure }) => failure !== undefined);
  const skipped = cases.filter((item) => item.skipped !== undefined);
  if (failed.length > 0) {
    const why = failed.map(({ environment, name, failure }) => `${environment}: ${name}: ${failure}`).join("; ");
    throw new Refusal(`${failed.length} of ${count(cases.length, "test")} failed: ${why}`, [], {}, [written]);
  }
  return {
    headline: `✔ ${count(cases.length, "test")} of ${mission.name}: ${cases.length - skipped.length} passed, ${skipped.length} skipped`,
    written: [written],
    notes: skipped.map(({ environment, name, skipped: why }) => `${environment}: ${name} was not run: ${why}`),
  };
}

async function drift({ context, mission, options, steps }: Job): Promise<Done> {
  const kinds = readKinds(options.failOn ?? DRIFTS.join(","));
  steps.step("listing what is in the image");
  const { drift: all, written } = await driftOf(context, mission);
  const lines = driftLines(all);
  const counted = all.filter(({ kind }) => kinds.includes(kind));
  if (counted.length > 0) {
    const what = `${count(all.length, "difference")} between what was frozen and what was built: ${lines.join("; ").replace(/ {2,}/g, " ")}`;
    throw new Refusal(what, ["rebuild it frozen, or freeze it anew"], {}, written);
  }
  const headline = all.length === 0 ? "✔ no drift: what was built is what was frozen" : "✔ no drift of these kinds";
  return { headline, details: lines, written };
}

const WORK: Readonly<Record<Exclude<Work, "configure-floating" | "configure-frozen">, (job: Job) => Promise<Done>>> = {
  build,
  test,
  drift,
};

/** Does what it can by itself, step by step, and stops where people decide. */
async function release(module: string, options: ImageOptions): Promise<Done> {
  const { name } = missionOf(openContext(options), module);
  const written: string[] = [];
  for (;;) {
    const context = openContext(options);
    const mission = readMission(context, name);
    const steps = walk(context, mission, options);
    const next = steps.find(({ done }) => !done);
    if (next?.work === undefined) {
      const details = steps.map(({ title, done }) => `  ${done ? "✔" : "○"} ${title}`);
      const after = [
        `npx imprimatur image attest ${module} ${readVersions(context, mission).mission} --key <key>`,
        `npx imprimatur deliver ${module} ${readVersions(context, mission).mission} --for <stack> --to <registry> --formal-tag`,
      ];
      const headline =
        next === undefined ? `✔ ${name}: every step is done` : `${name}: people decide now: ${next.title}`;
      return {
        headline,
        details,
        written,
        notes: (next === undefined ? after : [next.command]).map((text) => `next: ${text}`),
      };
    }
    written.push(...(await doWork(next.work, name, options)).written);
    const isDone = walk(openContext(options), mission, options).find(({ title }) => title === next.title)?.done;
    if (!isDone) throw new Refusal(`${next.title}: not so yet`, [next.command], {}, written);
  }
}

function doWork(work: Work, mission: string, options: ImageOptions): Promise<Done> {
  if (work === "configure-frozen") {
    return configure(mission, { ...options, useFrozen: "frozen", freezeChill: true, calVersion: "none" });
  }
  if (work !== "configure-floating") return working(options, WORK[work]);
  if (options.calVersion === undefined) {
    refuseInput({
      file: "--cal-version",
      path: "",
      message: "say for which version of the calibration software, or none",
    });
  }
  return configure(mission, { ...options, useFrozen: "floating", freezeChill: true });
}
