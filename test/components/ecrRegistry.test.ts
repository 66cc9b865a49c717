import { describe, expect, test } from "vitest";
import { MOVING_TAGS } from "../../components/ecrPolicies.ts";
import { EcrRegistry, type EcrRegistryArgs } from "../../components/ecrRegistry.ts";
import { publicAccess } from "../../release/aws/accessPolicy.ts";
import { lifecycleFaults } from "../../release/aws/lifecycle.ts";
import { type Recorded, record } from "./record.ts";

const args: EcrRegistryArgs = {
  url: "111111111111.dkr.ecr.us-west-2.amazonaws.com/team",
  repositories: ["team/api", "team/lab"],
  keyAlias: "org-platform-east-team-images",
  push: "arn:aws:iam::111111111111:role/delivery",
  pull: ["arn:aws:iam::111111111111:role/nodes"],
  scan: "basic",
  edgeDays: 30,
  dailyDays: 60,
  protect: false,
};
const outputs = ({ type }: { type: string }) => (type === "aws:kms/key:Key" ? { arn: "arn:key", keyId: "key" } : {});
const build = (changes: Partial<EcrRegistryArgs> = {}) =>
  record((opts) => new EcrRegistry("team", { ...args, ...changes }, opts), { outputs });
const all = (resources: readonly Recorded[], type: string) => resources.filter((resource) => resource.type === type);
const POLICY = "aws:ecr/repositoryPolicy:RepositoryPolicy";
const LIFECYCLE = "aws:ecr/lifecyclePolicy:LifecyclePolicy";

test("each image has a repository whose tags stay, scanned and encrypted", async () => {
  const resources = await build();

  expect(resources.map(({ type, name }) => `${type.split(":").at(-1)} ${name}`).sort()).toEqual([
    "Alias team",
    "EcrRegistry team",
    "Key team",
    "LifecyclePolicy team/team/api",
    "LifecyclePolicy team/team/lab",
    "Repository team/team/api",
    "Repository team/team/lab",
    "RepositoryPolicy team/team/api",
    "RepositoryPolicy team/team/lab",
  ]);
  expect(all(resources, "aws:ecr/repository:Repository").map(({ inputs }) => inputs)).toEqual(
    args.repositories.map((name) => ({
      name,
      imageTagMutability: "IMMUTABLE_WITH_EXCLUSION",
      imageTagMutabilityExclusionFilters: ["edge", "edge-*", "d_*", "recommended"].map((filter) => ({
        filter,
        filterType: "WILDCARD",
      })),
      imageScanningConfiguration: { scanOnPush: true },
      encryptionConfigurations: [{ encryptionType: "KMS", kmsKey: "arn:key" }],
      forceDelete: false,
    })),
  );
});

test("tags may move by no more patterns than ECR takes, each as it takes them", () => {
  expect(MOVING_TAGS.length).toBeLessThanOrEqual(5);
  for (const tag of MOVING_TAGS) expect(tag).toMatch(/^[0-9a-zA-Z._*-]{1,128}$/);
  // Neither what was blessed nor what was formally tagged.
  for (const tag of ["rel-api-1.0.0", "roman-12.0.0", "w_2026_30", "edges"]) {
    const moving = MOVING_TAGS.filter((pattern) => new RegExp(`^${pattern.replaceAll("*", ".*")}$`).test(tag));
    expect(moving).toEqual([]);
  }
});

test("enhanced scanning covers exactly its repositories; basic needs no more than they say", async () => {
  const type = "aws:ecr/registryScanningConfiguration:RegistryScanningConfiguration";

  expect(all(await build(), type)).toEqual([]);
  expect(all(await build({ scan: "enhanced" }), type).map(({ inputs }) => inputs)).toEqual([
    {
      scanType: "ENHANCED",
      rules: [
        {
          scanFrequency: "CONTINUOUS_SCAN",
          repositoryFilters: [
            { filter: "team/api", filterType: "WILDCARD" },
            { filter: "team/lab", filterType: "WILDCARD" },
          ],
        },
      ],
    },
  ]);
});

test("protection covers the repositories and their key", async () => {
  const kept = async (protect: boolean) =>
    (await build({ protect })).filter((resource) => resource.protect).map(({ type }) => type);

  expect(await kept(true)).toEqual([
    "aws:kms/key:Key",
    "aws:ecr/repository:Repository",
    "aws:ecr/repository:Repository",
  ]);
  expect(await kept(false)).toEqual([]);
});

describe("the access policy", () => {
  const statements = async () => JSON.parse(all(await build(), POLICY)[0]?.inputs.policy as string).Statement;

  test("lets those pull that are named, and one role push", async () => {
    const [pull, push] = await statements();

    expect(pull).toMatchObject({ Effect: "Allow", Principal: { AWS: args.pull } });
    expect(pull.Action).not.toContain("ecr:PutImage");
    expect(push).toMatchObject({ Effect: "Allow", Principal: { AWS: [args.push] } });
    expect(push.Action).toContain("ecr:PutImage");
  });

  test("denies everybody else to push, whatever their own role allows", async () => {
    expect((await statements())[2]).toEqual({
      Sid: "NobodyElsePushes",
      Effect: "Deny",
      Principal: "*",
      Action: ["ecr:CompleteLayerUpload", "ecr:InitiateLayerUpload", "ecr:PutImage", "ecr:UploadLayerPart"],
      Condition: { ArnNotEquals: { "aws:PrincipalArn": args.push } },
    });
  });

  test("is not public, as the policy pack sees it", async () => {
    expect(publicAccess(all(await build(), POLICY)[0]?.inputs.policy)).toEqual([]);
  });
});

describe("the lifecycle policy", () => {
  const policy = async () => all(await build(), LIFECYCLE)[0]?.inputs.policy as string;

  test("keeps what was released first, and expires old edge and daily images alone", async () => {
    const { rules } = JSON.parse(await policy());

    expect(
      rules.map((rule: { rulePriority: number; selection: object }) => [rule.rulePriority, rule.selection]),
    ).toEqual([
      [1, { tagStatus: "tagged", tagPatternList: ["rel-*"], countType: "imageCountMoreThan", countNumber: 1_000_000 }],
      [
        2,
        {
          tagStatus: "tagged",
          tagPatternList: ["edge-*"],
          countType: "sinceImagePushed",
          countUnit: "days",
          countNumber: 30,
        },
      ],
      [
        3,
        {
          tagStatus: "tagged",
          tagPatternList: ["d_*"],
          countType: "sinceImagePushed",
          countUnit: "days",
          countNumber: 60,
        },
      ],
    ]);
  });

  test("has no fault that the policy pack knows", async () => {
    expect(lifecycleFaults(await policy(), 20_000)).toEqual([]);
  });
});
