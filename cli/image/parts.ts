import { join } from "node:path";
import { DRIFTS } from "../../release/frozen/drift.ts";
import { recordDigest } from "../../release/frozen/record.ts";
import { sbomOf } from "../../release/frozen/sbom.ts";
import { type Done, Refusal } from "../approve/outcome.ts";
import { count } from "../render/text.ts";
import { buildImage, readBuildOptions } from "./build.ts";
import { driftLines, driftOf, readKinds } from "./drift.ts";
import { freezeImage, listBuild } from "./freeze.ts";
import type { Job } from "./job.ts";
import { attachSbom } from "./layout.ts";
import { readVersions } from "./mission.ts";
import { findResult, layoutPath } from "./state.ts";
import { testImage } from "./test.ts";
import { updateRequirements } from "./update.ts";

/** Fetches the floating requirements, or leaves them alone as configured. */
export async function update({ context, mission, settings, steps }: Job): Promise<Done> {
  steps.step("fetching requirements");
  const written = await updateRequirements(context, mission, settings);
  const none = settings.calVersion === "none" ? "left alone, as configured" : "as they were";
  return { headline: `✔ requirements of ${mission.name}: ${written.length === 0 ? none : "updated"}`, written };
}

/** Builds as configured: one that floats is updated before and, where that is configured, frozen after. */
export async function build(job: Job): Promise<Done> {
  const { context, mission, settings, options, steps } = job;
  readBuildOptions(options);
  const updated = settings.useFrozen === "floating" ? await update(job) : undefined;
  readVersions(context, mission);
  steps.step(`building ${mission.name}, ${settings.useFrozen}`);
  const built = await buildImage(context, mission, settings, options, steps.detail);
  const frozen = settings.freezeChill ? await freeze(job) : undefined;
  const attached = options.attach ? await attach(job) : undefined;
  return {
    headline: `✔ ${mission.name} is built (${settings.useFrozen}, ${built.builder}): ${built.image}`,
    details: [updated, frozen, attached].flatMap((done) => done?.headline ?? []),
    written: [updated, frozen, attached].flatMap((done) => done?.written ?? []),
    notes: ["next: npx imprimatur image test"],
  };
}

/** Attaches the SBOM of what is really in the build: no generator has to be pulled for it. */
async function attach({ context, mission, steps }: Job): Promise<Done> {
  steps.step("attaching the SBOM");
  const known = findResult(context.root, mission.name, "sbom");
  const sbom = known ?? Buffer.from(sbomOf((await listBuild(context, mission)).record));
  const layout = layoutPath(mission.name);
  const digest = attachSbom(join(context.root, layout), sbom);
  return { headline: `✔ with provenance and SBOM: oci:${layout}, ${digest}`, written: [layout] };
}

/** Records what is in the last build. */
export async function freeze({ context, mission, steps }: Job): Promise<Done> {
  steps.step("listing what is in the image");
  const { record, written } = await freezeImage(context, mission);
  const packages = Object.values(record.environments).flatMap(({ pip, conda, npm }) => [...pip, ...conda, ...npm]);
  const what = `${count(packages.length, "package")} and ${count(record.deb.length, "Debian package")}`;
  return { headline: `✔ what is in the image: ${what}, ${recordDigest(record)}`, written };
}

/** @throws Refusal where a test has failed; the results are kept all the same */
export async function test({ context, mission, steps }: Job): Promise<Done> {
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

/** @throws Refusal where something has drifted in a way that `--fail-on` names; the report is kept all the same */
export async function drift({ context, mission, options, steps }: Job): Promise<Done> {
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
