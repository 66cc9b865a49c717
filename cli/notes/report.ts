import { z } from "zod";
import { Channel, Digest, Name } from "../../release/schema/common.ts";
import { FlagMaturity } from "../../release/schema/flags.ts";
import { Nature } from "../../release/schema/formality.ts";
import { RoadmapFile } from "../../release/schema/roadmap.ts";

const Brought = z.strictObject({
  commit: z.string(),
  title: z.string(),
  pullRequest: z.string().optional(),
  issues: z.array(z.string()),
});

const Flag = z.strictObject({ flag: z.string(), description: z.string(), maturity: FlagMaturity });

const Artifact = z.strictObject({
  kind: z.enum(["chart", "image", "content"]),
  name: z.string(),
  before: z.string().optional(),
  after: z.string().optional(),
});

const Tests = z.strictObject({
  added: z.array(z.string()),
  removed: z.array(z.string()),
  attested: z.boolean().describe("The later report is the one that a signed test result of the release names"),
});

/** What is new in one module. */
const ModuleNotes = z.strictObject({
  module: Name,
  description: z.string(),
  from: z.string().optional().describe("What it is compared with; absent where there is nothing before it"),
  to: z.string().optional().describe("Absent where the module is taken out"),
  draft: z.boolean().describe("Not cut yet: what it will be is what its source is now"),
  channel: Channel.optional(),
  manifestDigest: Digest.optional(),
  nature: Nature.optional(),
  acceptance: z.array(z.string()),
  tracks: z.array(z.string()).describe("Tracks that the stack keeps it to"),
  artifacts: z.array(Artifact),
  history: z
    .strictObject({ brought: z.array(Brought), lost: z.array(Brought) })
    .optional()
    .describe("Absent where no clone of its source was given"),
  flagsIn: z.array(Flag),
  flagsOut: z.array(Flag),
  tests: Tests.optional(),
  provisions: z.array(z.strictObject({ person: Name, text: z.string() })).describe("What its deployment needs besides"),
});
export type ModuleNotes = z.infer<typeof ModuleNotes>;

const Instructions = z.strictObject({
  platform: z.array(z.string()).describe("Commands for who applies a stack of the platform, in order"),
  helm: z.array(z.string()).describe("Commands for deployers who run plain Helm, in order"),
});

const { releases, tracks } = RoadmapFile.shape;

/** Release notes (`schemas/notes.json`). */
export const Notes = z
  .strictObject({
    title: z.string(),
    from: z.string(),
    to: z.string(),
    stack: Name.optional().describe("The stack that they are for"),
    release: releases.unwrap().element.optional().describe("What the roadmap says of this release"),
    modules: z.array(ModuleNotes).describe("Each behind what it needs"),
    tracks: tracks.unwrap(),
    differences: z.array(
      z.strictObject({
        section: z.string(),
        key: z.string(),
        values: z.record(z.string(), z.string()).describe("By stack"),
      }),
    ),
    parity: z
      .array(z.strictObject({ what: z.string(), reason: z.string() }))
      .describe("Differences that are agreed on"),
    upgrade: Instructions,
    rollback: Instructions,
    roadmap: releases.unwrap(),
    feedback: z.array(z.string()).describe("Links to where users discuss and report"),
  })
  .meta({ title: "Imprimatur release notes" });
export type Notes = z.infer<typeof Notes>;
