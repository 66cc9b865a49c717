import { z } from "zod";

/** What a template may name, and what stands for it. */
export const PLACEHOLDERS = {
  module: "the module's name",
  version: "the version as the module writes it",
  major: "first number of the version",
  minor: "second number of the version",
  patch: "third number of the version",
  commit: "the commit that the version names, or the first seven digits of the one it was built from",
  mission: "MISSION_VERSION of the freeze",
  common: "VERSION of the freeze's common infrastructure",
  cal: "CAL_VERSION of the freeze",
} as const;
export type Placeholder = keyof typeof PLACEHOLDERS;

const Template = z
  .string()
  .min(1)
  .refine(
    (text) => [...text.matchAll(/\{(.*?)\}/g)].every(([, name = ""]) => name in PLACEHOLDERS),
    `may name {${Object.keys(PLACEHOLDERS).join("}, {")}}`,
  );

const RepositoryPath = z
  .string()
  .regex(/^(?!\/)(?!.*(^|\/)\.\.?(\/|$))[\w./-]+$/, "must be a path in the source repository");

/** How a module's source repository names what is released: its tags, its release branch and its version files. */
export const SourceRefs = z.strictObject({
  tags: z
    .array(Template)
    .min(1)
    .optional()
    .describe("Annotated tags, such as v{version}; by default as the scheme of the versions has it"),
  branch: Template.optional().describe("Branch that a release is patched from, such as release/{major}.{minor}"),
  files: z
    .record(RepositoryPath, Template)
    .default({})
    .describe("Files that hold nothing but a version, such as deployments/common/VERSION: {common}"),
  active: z
    .record(
      z.string().regex(/^\d+(\.\d+)?$/, "must be a line of versions, such as 1 or 1.2"),
      z.string().regex(/^(?!-)[\w./-]+$/, "must be the name of a branch"),
    )
    .default({})
    .describe("Lines of versions that still get patches, each with the branch that they are made on"),
});
export type SourceRefs = z.infer<typeof SourceRefs>;
