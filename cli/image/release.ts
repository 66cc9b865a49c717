import { readJunit } from "../../release/evidence/readers/junit.ts";
import type { ImageBuild, ImageSettings } from "../../release/frozen/image.ts";
import { recordDigest } from "../../release/frozen/record.ts";
import { git } from "../../store/git.ts";
import { uncommitted } from "../../store/gitIndex.ts";
import type { Context } from "../context.ts";
import { DEPLOYMENTS, type Mission, readRecord, readVersions, versionFile } from "./mission.ts";
import { findBuild, findResult, findSettings } from "./state.ts";

/** Work that the program does by itself. */
export type Work = "configure-floating" | "build" | "test" | "configure-frozen" | "drift";

/** A step of the walk. */
export interface Step {
  readonly title: string;
  readonly done: boolean;
  /** Command that does it. */
  readonly command: string;
  /** Undefined where people decide. */
  readonly work?: Work;
}

/** What the walk is told, where it cannot see it. */
export interface WalkOptions {
  readonly calVersion?: string;
}

/**
 * The walk of a release, from what is there: nothing is remembered, so that it goes on wherever it was left, and on another
 * host.
 */
export function walk(context: Context, mission: Mission, { calVersion }: WalkOptions): readonly Step[] {
  const { root, catalogue } = context;
  const versions = readVersions(context, mission);
  const record = readRecord(context, mission);
  const digest = record === undefined ? undefined : recordDigest(record);
  const settings = findSettings(root);
  const build = findBuild(root, mission.name);
  const manifest = catalogue.release(mission.image.module, versions.mission)?.manifest;
  const isReleased = manifest !== undefined && (digest === undefined || manifest.freeze?.record !== digest);
  const cals = [...versions.cal].every(([name, cal]) => record?.environments[name]?.cal === cal);
  const isFrozen = record?.mission === versions.mission && record.common === versions.common && cals;
  const isOther = calVersion !== undefined && calVersion !== "none" && ![...versions.cal.values()].includes(calVersion);
  const wantsFloating = !isFrozen || isOther;
  const saved = isFrozen && uncommitted(root, [DEPLOYMENTS])?.length === 0;
  const ofRecord = build?.tightness === "frozen" && build.record === digest;
  const cal = calVersion ?? settings?.calVersion ?? "<version>";
  const verb = `npx imprimatur image`;
  const configure = `${verb} configure ${mission.name}`;
  const asked = calVersion === undefined || settings?.calVersion === calVersion;
  const floating = !wantsFloating || (asked && isConfigured(settings, mission, "floating"));
  const testedFloating = saved || ofRecord || passed(root, mission, build, "floating");
  return [
    {
      title: `versions: ${versions.mission} in ${versionFile(mission, "mission")}, ${versions.common} in ${versionFile(mission, "common")}`,
      done: !isReleased,
      command: `edit ${versionFile(mission, "mission")} and ${versionFile(mission, "common")}`,
    },
    {
      title: "configured to float, and to freeze what comes out",
      done: floating,
      command: `${configure} --use-frozen floating --freeze-chill --cal-version ${cal}`,
      work: "configure-floating",
    },
    { title: "built and frozen", done: !wantsFloating, command: `${verb} build`, work: "build" },
    { title: "the floating image is tested", done: testedFloating, command: `${verb} test`, work: "test" },
    {
      title: "versions, requirements and freezes are committed",
      done: saved,
      command: `git add ${DEPLOYMENTS} && git commit -m "Freeze ${versions.mission}"`,
    },
    {
      title: "configured to build what was frozen",
      done: isConfigured(settings, mission, "frozen"),
      command: `${configure} --use-frozen frozen --freeze-chill --cal-version none`,
      work: "configure-frozen",
    },
    { title: "built from the freeze record", done: ofRecord, command: `${verb} build`, work: "build" },
    {
      title: "the frozen image is tested",
      done: passed(root, mission, build, "frozen"),
      command: `${verb} test`,
      work: "test",
    },
    { title: "nothing has drifted", done: ofRecord && noDrift(root, mission), command: `${verb} drift`, work: "drift" },
    ...published(context, mission, versions, digest, manifest?.freeze),
  ];
}

/** From here on people decide: a review, a name for it, and who may have it. */
function published(
  { root }: Context,
  { image: { module, image } }: Mission,
  { mission, common, cal: cals }: ReturnType<typeof readVersions>,
  digest: string | undefined,
  freeze:
    | { readonly mission: string; readonly common: string; readonly cal: string; readonly record?: string | undefined }
    | undefined,
): Step[] {
  const cal = [...cals.values()].find((value) => value !== null) ?? "none";
  const parts = `mission=${mission},common=${common},cal=${cal},record=${digest ?? "sha256:…"}`;
  const isCut =
    digest !== undefined &&
    freeze !== undefined &&
    freeze.mission === mission &&
    freeze.common === common &&
    freeze.cal === cal &&
    freeze.record === digest;
  const tagged = [mission, common].every(
    (tag) => git(root, ["rev-parse", "--verify", "--quiet", `refs/tags/${tag}`]).ok,
  );
  return [
    {
      title: "reviewed, merged and cut: the manifest names versions and freeze record",
      done: isCut,
      command: `npx imprimatur cut ${module} ${mission} --image ${image}=<repository>@sha256:… --commit $(git rev-parse HEAD) --channel stable --freeze ${parts}`,
    },
    {
      title: `tagged ${mission} and ${common}`,
      done: tagged,
      command: `npx imprimatur tag ${module} ${mission} --repo .`,
    },
  ];
}

function isConfigured(
  settings: ImageSettings | undefined,
  { name }: Mission,
  how: ImageSettings["useFrozen"],
): boolean {
  return settings?.mission === name && settings.useFrozen === how;
}

function passed(root: string, { name }: Mission, build: ImageBuild | undefined, how: ImageBuild["tightness"]): boolean {
  const report = findResult(root, name, "test");
  return build?.tightness === how && report !== undefined && readJunit(report, name).result === "pass";
}

function noDrift(root: string, { name }: Mission): boolean {
  const report = findResult(root, name, "drift");
  return report !== undefined && JSON.parse(report.toString("utf8")).drift.length === 0;
}
