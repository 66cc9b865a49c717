import type { ImageSettings } from "../../release/frozen/image.ts";
import type { Done } from "../approve/outcome.ts";
import { type Context, type GlobalOptions, openContext } from "../context.ts";
import { createSteps, type Steps } from "../deliver/progress.ts";
import type { SigningOptions } from "../signers.ts";
import type { BuildOptions } from "./build.ts";
import { type Mission, readMission } from "./mission.ts";
import type { WalkOptions } from "./release.ts";
import { readSettings } from "./state.ts";

/** Options of all that `image` does. */
export interface ImageOptions extends GlobalOptions, BuildOptions, WalkOptions, SigningOptions {
  readonly useFrozen?: string;
  readonly freezeChill?: boolean | string;
  readonly failOn?: string;
  readonly json?: boolean;
}

/** What a part of `image` works on: the mission that this host is configured for. */
export interface Job {
  readonly context: Context;
  readonly mission: Mission;
  readonly settings: ImageSettings;
  readonly options: ImageOptions;
  readonly steps: Steps;
}

/** @throws InputError where nothing is configured here */
export async function working(options: ImageOptions, work: (job: Job) => Promise<Done>): Promise<Done> {
  const context = openContext(options);
  const settings = readSettings(context.root);
  const steps = createSteps(process.stderr);
  try {
    return await work({ context, mission: readMission(context, settings.mission), settings, options, steps });
  } finally {
    steps.finish();
  }
}
