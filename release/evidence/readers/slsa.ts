import { z } from "zod";
import { isObject } from "../../json.ts";
import { type Findings, jsonOf, notOfFormat, type Reader } from "../findings.ts";

const FORMAT = "SLSA provenance (v1 or v0.2) in JSON";

const Material = z.object({ uri: z.string().optional(), digest: z.record(z.string(), z.string()).optional() });

/** https://slsa.dev/spec/v1.0/provenance */
const V1 = z.object({
  buildDefinition: z.object({
    buildType: z.string(),
    externalParameters: z.record(z.string(), z.unknown()).default({}),
    resolvedDependencies: z.array(Material).default([]),
  }),
  runDetails: z.object({ builder: z.object({ id: z.string().min(1) }) }),
});

/** https://slsa.dev/spec/v0.2/provenance */
const V02 = z.object({
  builder: z.object({ id: z.string().min(1) }),
  buildType: z.string(),
  invocation: z.object({ configSource: Material.optional() }).optional(),
  materials: z.array(Material).default([]),
});

const Statement = z.object({
  subject: z.array(z.object({ digest: z.record(z.string(), z.string()) })).optional(),
  predicateType: z.string(),
  predicate: z.unknown(),
});

interface Source {
  readonly builder: string;
  readonly branch: string | undefined;
  readonly commit: string | undefined;
}

/**
 * Reads SLSA provenance: an in-toto statement or its bare predicate. The metric `branch:<name>` is 1 for the branch that
 * was built, so that a threshold can ask for it. Where a builder's id is trusted is for the signature to say.
 */
export const readSlsa: Reader = (bytes, file) => {
  const json = jsonOf(bytes, file, FORMAT, z.record(z.string(), z.unknown()));
  const statement = "predicateType" in json ? Statement.safeParse(json) : undefined;
  if (statement?.success === false) notOfFormat(file, FORMAT, "its statement is malformed");
  const { builder, branch, commit } = sourceOf(statement === undefined ? json : statement.data.predicate, file);
  if (commit === undefined) notOfFormat(file, FORMAT, "it names no source commit");
  const from = branch === undefined ? "no branch that it names" : `branch ${branch}`;
  const about = (statement?.data?.subject ?? []).flatMap(({ digest }) => digest.sha256 ?? []);
  const findings: Findings = {
    result: "pass",
    metrics: branch === undefined ? {} : { [`branch:${branch}`]: 1 },
    summary: `built from commit ${commit.slice(0, 12)} of ${from} by ${builder.slice(0, 200)}`,
    commit,
  };
  return statement === undefined ? findings : { ...findings, about };
};

function sourceOf(predicate: unknown, file: string): Source {
  const v1 = V1.safeParse(predicate);
  if (v1.success) {
    const { buildDefinition, runDetails } = v1.data;
    const { workflow, source, ref } = buildDefinition.externalParameters;
    const stated = [isObject(workflow) ? workflow.ref : undefined, isObject(source) ? source.ref : source, ref];
    return { builder: runDetails.builder.id, ...originOf(buildDefinition.resolvedDependencies, stated) };
  }
  const v02 = V02.safeParse(predicate);
  if (!v02.success)
    return notOfFormat(file, FORMAT, "it has neither runDetails.builder.id nor builder.id with a build type");
  const { builder, invocation, materials } = v02.data;
  const config = invocation?.configSource;
  return { builder: builder.id, ...originOf(config === undefined ? materials : [config, ...materials], []) };
}

/** The branch and commit of the first source in git: those that follow are its submodules and build tools. */
function originOf(materials: readonly z.infer<typeof Material>[], stated: readonly unknown[]): Omit<Source, "builder"> {
  const commitOf = ({ digest }: z.infer<typeof Material>) =>
    [digest?.gitCommit, digest?.sha1].find((id) => id !== undefined && /^[0-9a-f]{40}$/.test(id));
  const source = materials.find((material) => commitOf(material) !== undefined);
  const branches = [source?.uri, ...stated].flatMap((text) => branchOf(text) ?? []);
  return { branch: branches[0], commit: source && commitOf(source) };
}

function branchOf(text: unknown): string | undefined {
  if (typeof text !== "string") return undefined;
  return /(?:^|@)refs\/heads\/([\w./-]{1,200})$/.exec(text)?.[1];
}
