import type { Command } from "commander";
import { DRIFTS } from "../../release/frozen/drift.ts";
import { TIGHTNESS } from "../../release/frozen/requirements.ts";
import { type Done, reportOutcome } from "../approve/outcome.ts";
import { readRelease } from "../candidate.ts";
import { openContext } from "../context.ts";
import { attestBuild } from "../image/attest.ts";
import { configure } from "../image/configure.ts";
import { type ImageOptions, working } from "../image/job.ts";
import { missionOf } from "../image/mission.ts";
import { build, drift, freeze, test, update } from "../image/parts.ts";
import { takeWalk } from "../image/takeWalk.ts";
import { withSigningOptions } from "../signers.ts";
import { examples, repeatable, runsVerb, type Verb } from "../verb.ts";

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
    .option("--freeze-chill [0|1]", "after a build, freeze what came out; write the mission before it", false)
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
    .action(runs("release", ([module = ""], options) => takeWalk(module, options)));
};

function withBuildOptions(command: Command): Command {
  return command
    .option("--builder <name>", "docker or buildah (default: the first that works)")
    .option("--network <mode>", "network of the build, such as host")
    .option("--secret <id=…,src=…>", "file that only the build sees, such as id=pip,src=/etc/pip.conf", repeatable)
    .option("--build-arg <NAME=value>", "argument of the Dockerfile; repeatable", repeatable)
    .option("--attach", "also write an OCI layout of it, with provenance and an SBOM attached (docker)")
    .option("--sbom-generator <image>", "attach the SBOM of a BuildKit scanner as well, such as a mirrored one");
}

function runs(name: string, work: (args: readonly string[], options: ImageOptions) => Promise<Done>) {
  return runsVerb<ImageOptions>((args, options) => reportOutcome(`image ${name}`, options, () => work(args, options)));
}
