import { refuseInput } from "../../release/errors.ts";
import { type Done, Refusal } from "../approve/outcome.ts";
import { openContext } from "../context.ts";
import { configure } from "./configure.ts";
import { type ImageOptions, type Job, working } from "./job.ts";
import { missionOf, readMission, readVersions } from "./mission.ts";
import { build, drift, test } from "./parts.ts";
import { type Work, walk } from "./release.ts";

const WORK: Readonly<Record<Exclude<Work, "configure-floating" | "configure-frozen">, (job: Job) => Promise<Done>>> = {
  build,
  test,
  drift,
};

/** Does what it can by itself, step by step, and stops where people decide. */
export async function takeWalk(module: string, options: ImageOptions): Promise<Done> {
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
