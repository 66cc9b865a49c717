import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { broughtBy, readLog } from "../../../release/notes/commits.ts";

const brought = (subject: string, body = "") => {
  const { commit: _, ...rest } = broughtBy({ commit: "c", subject, body });
  return rest;
};

describe("what a commit brought", () => {
  it.each([
    ["Sessions start faster (#123)", "", { title: "Sessions start faster", pullRequest: "123", issues: [] }],
    [
      "Merge pull request #7 from ada/gpu",
      "Sessions with a GPU\n\nCloses #5",
      { title: "Sessions with a GPU", pullRequest: "7", issues: ["#5"] },
    ],
    [
      "Merge pull request #8 from ada/x",
      "",
      { title: "Merge pull request #8 from ada/x", pullRequest: "8", issues: [] },
    ],
    [
      "Merge branch 'gpu' into 'main'",
      "Sessions with a GPU\n\nSee merge request canfar/skaha!45",
      { title: "Sessions with a GPU", pullRequest: "45", issues: [] },
    ],
    ["Merge branch 'hotfix'", "", { title: "Merge branch 'hotfix'", issues: [] }],
    ["DM-345: read UTF-8 names", "", { title: "DM-345: read UTF-8 names", issues: ["DM-345"] }],
    ["[CADC-12] quick fix", "", { title: "[CADC-12] quick fix", issues: ["CADC-12"] }],
    ["Fix quotas", "fixes opencadc/vos#9, refs: DM-77", { title: "Fix quotas", issues: ["opencadc/vos#9", "DM-77"] }],
    ["Use SHA-256 and colour #123456abc; see https://x.test/a#12", "", expect.objectContaining({ issues: [] })],
    ["wip", "", { title: "wip", issues: [] }],
  ])("%s", (subject, body, expected) => {
    expect(brought(subject, body)).toEqual(expected);
  });

  it("reads back any log, whatever the messages say", () => {
    const line = fc.string({ unit: "grapheme" }).map((text) => text.replace(/[\p{Cc}\s]+/gu, " ").trim());
    const commits = fc.array(fc.record({ commit: fc.stringMatching(/^[0-9a-f]{40}$/), subject: line, body: line }));
    fc.assert(
      fc.property(commits, (all) => {
        const log = all.map(({ commit, subject, body }) => `${commit}\u001f${subject}\u001f${body}\u001e\n`).join("");
        expect(readLog(log)).toEqual(all);
      }),
    );
  });
});
