import { describe, expect, it } from "vitest";
import { Authority } from "../../../release/authority.ts";
import type { Dossier } from "../../../release/judgement/dossier.ts";
import { judgeEvidence } from "../../../release/judgement/evidence.ts";
import type { AnyRecord } from "../../../release/records.ts";
import { ReleaseManifest } from "../../../release/schema/manifest.ts";
import { ModuleFile } from "../../../release/schema/module.ts";
import { PeopleFile } from "../../../release/schema/people.ts";
import { Evidence } from "../../../release/schema/predicates.ts";

const digest = (hex: string) => `sha256:${hex.repeat(64)}`;
const [MANIFEST, HUB, CONTROLLER] = [digest("0"), digest("1"), digest("2")];

const manifest = ReleaseManifest.parse({
  module: "nublado",
  version: "1.0.0",
  channel: "beta",
  commit: "a".repeat(40),
  appVersion: "1.0.0",
  images: {
    hub: { repository: "registry.test/hub", digest: HUB },
    controller: { repository: "registry.test/controller", digest: CONTROLLER },
  },
});
const module = {
  ...ModuleFile.parse({ description: "a module", purpose: "service", owners: ["team"], maturity: "mature" }),
  name: "nublado",
  namespace: "nublado",
};
const authority = new Authority(
  PeopleFile.parse({
    people: { pipeline: { name: "Pipeline" } },
    roles: { ci: { description: "builds", members: [{ person: "pipeline" }] } },
  }),
);

/** A scan of something, some hours into the day. */
function scan(subject: string, hour: number, critical: number, result: "pass" | "fail" = "pass"): AnyRecord {
  const at = new Date(Date.UTC(2026, 6, 24, hour)).toISOString();
  const predicate = Evidence.parse({ type: "vulnerability-scan", in: "ci", result, metrics: { critical }, at });
  const name = `${subject} ${hour} ${critical} ${result}`;
  return { kind: "evidence", predicate, subjects: [subject], person: "pipeline", path: name, digest: name };
}

/** How the scans stand against `critical: { max: 0 }`. */
function judged(...records: AnyRecord[]) {
  const evidence = [{ type: "vulnerability-scan", by: "ci", thresholds: { critical: { max: 0 } } }];
  const dossier: Dossier = {
    module,
    release: { manifest, manifestDigest: MANIFEST },
    stack: { name: "prod", class: "prod" },
    configHash: "0".repeat(64),
    nature: "feature",
    asked: {
      rules: [],
      evidence,
      votes: [],
      stages: [],
      soaks: [],
      notices: [],
      window: "none",
      voteDays: 30,
      tracks: [],
    },
    channelAdmitted: true,
    records: { records, unusable: [] },
    ledgers: new Map(),
    running: false,
    stops: [],
    authority,
    now: new Date("2026-07-25T00:00:00Z"),
  };
  const [item] = judgeEvidence(dossier);
  return `${item?.state}: ${item?.text}`;
}

describe("evidence that is per image", () => {
  it("has to be there for every image", () => {
    expect(judged()).toBe("missing: vulnerability-scan: none yet");
    expect(judged(scan(HUB, 1, 0))).toBe("missing: vulnerability-scan: none for image controller");
    expect(judged(scan(HUB, 1, 0), scan(CONTROLLER, 2, 0))).toBe("met: vulnerability-scan: by pipeline");
    expect(judged(scan(MANIFEST, 1, 0))).toBe("met: vulnerability-scan: by pipeline");
  });

  it("is not made good by that of another image, however new", () => {
    const refused = "refused: vulnerability-scan: critical is 3, at most 0 is allowed";
    expect(judged(scan(HUB, 1, 3), scan(CONTROLLER, 2, 0))).toBe(refused);
    expect(judged(scan(CONTROLLER, 2, 0), scan(HUB, 1, 3))).toBe(refused);
  });

  it("counts in its newest word, about the image or about the whole", () => {
    expect(judged(scan(HUB, 1, 3), scan(CONTROLLER, 2, 0), scan(HUB, 3, 0))).toMatch(/^met/);
    expect(judged(scan(HUB, 1, 0), scan(CONTROLLER, 2, 0), scan(MANIFEST, 3, 1))).toMatch(/^refused/);
    expect(judged(scan(HUB, 4, 0), scan(CONTROLLER, 2, 0), scan(MANIFEST, 3, 1))).toMatch(/^refused/);
    expect(judged(scan(MANIFEST, 1, 1), scan(HUB, 4, 0), scan(CONTROLLER, 2, 0))).toMatch(/^met/);
  });

  it("is a failure where two words of one instant differ", () => {
    const both = [scan(MANIFEST, 1, 0), scan(MANIFEST, 1, 0, "fail")];
    expect(judged(...both)).toBe("refused: vulnerability-scan: failed");
    expect(judged(...both.reverse())).toBe("refused: vulnerability-scan: failed");
  });
});
