import { join } from "node:path";
import { DRIFTS } from "../../release/frozen/drift.ts";
import { recordDigest } from "../../release/frozen/record.ts";
import { type Done, Refusal } from "../approve/outcome.ts";
import { signEvidence } from "../attest/sign.ts";
import { type NamedRelease, releaseText } from "../candidate.ts";
import type { Context } from "../context.ts";
import type { SigningOptions } from "../signers.ts";
import { type Mission, readRecord, recordPath } from "./mission.ts";
import { findBuild, findResult, resultPath } from "./state.ts";

/**
 * Signs what a frozen build gave as evidence about the release that was cut from it: freeze record, tests, drift and SBOM.
 * @throws Refusal where the build is not of the record that the manifest names, or was not tested and compared
 */
export async function attestBuild(
  context: Context,
  mission: Mission,
  named: NamedRelease,
  options: SigningOptions,
): Promise<Done> {
  const { root } = context;
  const record = checkBuild(context, mission, named);
  const [test, drift, sbom] = (["test", "drift", "sbom"] as const).map((which) => {
    if (findResult(root, mission.name, which) === undefined) {
      const verb = which === "test" ? "test" : "drift";
      throw new Refusal(`the build has no ${which} result`, [`npx imprimatur image ${verb}`]);
    }
    return join(root, resultPath(mission.name, which));
  });
  const { counts } = JSON.parse(findResult(root, mission.name, "drift")?.toString("utf8") ?? "{}");
  const differences = DRIFTS.map((kind) => Number(counts[kind])).reduce((sum, number) => sum + number, 0);
  const nothing = { metric: [], image: [], with: [], ...options };
  const result = differences === 0 ? "pass" : "fail";
  const all = [
    { ...nothing, type: "freeze-record", file: join(root, recordPath(mission)), summary: record },
    { ...nothing, type: "import-test", file: test ?? "", format: "junit" },
    { ...nothing, type: "drift", file: drift ?? "", result, metric: [`changed=${differences}`] },
    { ...nothing, type: "sbom", file: sbom ?? "", format: "cyclonedx", image: [mission.image.image] },
  ];
  const done: Done[] = [];
  for (const evidence of all) done.push(await signEvidence(context, named, evidence));
  const [first] = done;
  return {
    headline: `✔ the frozen build of ${releaseText(named)} is signed for`,
    details: done.map(({ headline }) => headline),
    written: done.flatMap(({ written }) => written),
    ...(first?.person === undefined ? {} : { person: first.person }),
    notes: [...new Set(done.flatMap(({ notes = [] }) => notes))],
  };
}

/** A rebuild elsewhere has another image digest; it is the same release if it is of the same record. */
function checkBuild(context: Context, mission: Mission, named: NamedRelease): string {
  const build = findBuild(context.root, mission.name);
  const frozen = readRecord(context, mission);
  const again = ["npx imprimatur image build", "npx imprimatur image test", "npx imprimatur image drift"];
  if (build?.tightness !== "frozen" || build.record === null) {
    const configure = `npx imprimatur image configure ${mission.name} --use-frozen frozen --freeze-chill --cal-version none`;
    throw new Refusal("the last build here is not a frozen one", [configure, ...again]);
  }
  if (frozen === undefined || recordDigest(frozen) !== build.record) {
    throw new Refusal("the last build here is of another freeze record than the one that is committed", again);
  }
  const due = named.release.manifest.freeze?.record;
  if (due !== build.record) {
    const why = `the manifest of ${releaseText(named)} names ${due ?? "no freeze record"}, and the build is of ${build.record}`;
    throw new Refusal(why, ["check out the commit that it was cut from, and build that"]);
  }
  return build.record;
}
