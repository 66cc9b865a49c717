import { nearestHint, refuseInput } from "../../release/errors.ts";
import { CalVersion, type ImageSettings } from "../../release/frozen/image.ts";
import { TIGHTNESS } from "../../release/frozen/requirements.ts";
import type { Done } from "../approve/outcome.ts";
import { openContext } from "../context.ts";
import type { ImageOptions } from "./job.ts";
import { readMission } from "./mission.ts";
import { writeSettings } from "./state.ts";

/** Keeps how the next builds on this host are made. @throws InputError for an unknown mission or a value that is none */
export async function configure(name: string, options: ImageOptions): Promise<Done> {
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
