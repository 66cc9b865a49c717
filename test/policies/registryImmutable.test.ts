import { beforeAll, describe, expect, test } from "vitest";
import type { Pack } from "../../engine/pack.ts";
import type { JsonObject } from "../../release/json.ts";
import { checkoutOf, judge, refusals, resourceOf, startPolicy, UNKNOWN } from "./support.ts";

const catalogue = checkoutOf({
  "catalog/modules/web.yaml": `description: web
purpose: service
owners: [ci]
maturity: mature
images:
  web: { repository: registry.test/app/web }
  proxy: { repository: docker.io/library/nginx }
`,
});
const DIGEST = `sha256:${"a".repeat(64)}`;

const REPOSITORY = "aws:ecr/repository:Repository";
const GOOD: JsonObject = {
  name: "app/web",
  imageTagMutability: "IMMUTABLE",
  imageScanningConfiguration: { scanOnPush: true },
  encryptionConfigurations: [{ encryptionType: "KMS", kmsKey: UNKNOWN }],
};
const repository = (changes: JsonObject = {}, stack = "prod") =>
  resourceOf(REPOSITORY, "web", { ...GOOD, ...changes }, { stack });
const excluding = (...filters: string[]) =>
  repository({
    imageTagMutability: "IMMUTABLE_WITH_EXCLUSION",
    imageTagMutabilityExclusionFilters: filters.map((filter) => ({ filter, filterType: "WILDCARD" })),
  });
const scanning = (inputs: JsonObject) =>
  resourceOf("aws:ecr/registryScanningConfiguration:RegistryScanningConfiguration", "scanning", inputs);
const enhanced = (filter: string, scanFrequency = "SCAN_ON_PUSH") =>
  scanning({
    scanType: "ENHANCED",
    rules: [{ scanFrequency, repositoryFilters: [{ filter, filterType: "WILDCARD" }] }],
  });
const lifecycle = (policy: JsonObject[string], stack = "prod") =>
  resourceOf("aws:ecr/lifecyclePolicy:LifecyclePolicy", "web", { repository: "app/web", policy }, { stack });
const rule = (rulePriority: number, selection: JsonObject, action = "expire") => ({
  rulePriority,
  selection: { countType: "imageCountMoreThan", countNumber: 10, ...selection },
  action: { type: action },
});
const rules = (...all: JsonObject[]) => JSON.stringify({ rules: all });
const KEEP = rule(1, { tagStatus: "tagged", tagPrefixList: ["rel-"], countNumber: 20_000 });
const EDGE = rule(2, { tagStatus: "tagged", tagPatternList: ["edge-*"] });
const ANY = rule(9, { tagStatus: "any" });
const UNTAGGED = rule(3, { tagStatus: "untagged", countType: "sinceImagePushed", countUnit: "days", countNumber: 7 });
const access = (statement: unknown, type = "aws:ecr/repositoryPolicy:RepositoryPolicy") =>
  resourceOf(type, "web", { policy: JSON.stringify({ Version: "2012-10-17", Statement: statement }) });
const allow = (Principal: unknown, more: JsonObject = {}) => ({
  Sid: "pull",
  Effect: "Allow",
  Principal,
  Action: "ecr:*",
  ...more,
});
const pod = (image: unknown, stack = "prod") =>
  resourceOf("kubernetes:core/v1:Pod", "web", { spec: { containers: [{ name: "web", image }] } } as JsonObject, {
    stack,
  });

let pack: Pack;
beforeAll(async () => {
  pack = await startPolicy("registry-immutable", catalogue);
});

describe("registry-immutable passes", () => {
  test.each([
    ["a repository as it should be", repository()],
    ["one whose floating tags may move", excluding("edge", "edge-*", "daily-*", "recommended")],
    ["a lifecycle that keeps releases first", lifecycle(rules(ANY, EDGE, KEEP))],
    ["one given as an object", lifecycle({ rules: [KEEP, EDGE] })],
    ["one on untagged images alone", lifecycle(rules(UNTAGGED))],
    [
      "one that keeps by pattern",
      lifecycle(rules(rule(1, { tagStatus: "tagged", tagPatternList: ["rel-*"], countNumber: 50_000 }), ANY)),
    ],
    [
      "a policy that names roles",
      access([allow({ AWS: ["arn:aws:iam::333333333333:role/nodes"] }), { Effect: "Deny", Principal: "*" }]),
    ],
    [
      "one that is held to the organization",
      access(allow("*", { Condition: { StringEquals: { "aws:PrincipalOrgID": "o-x" } } })),
    ],
    ["an image of a listed repository", pod(`registry.test/app/web@${DIGEST}`)],
    ["an image by the short name of a listed one", pod("nginx:1.27")],
  ])("%s", async (_, resource) => {
    expect(await refusals(pack, resource)).toEqual([]);
  });

  test("a repository that the registry's own scanning covers", async () => {
    const unset = repository({ imageScanningConfiguration: null });
    for (const filter of ["*", "app/*", "app"]) {
      expect(await refusals(pack, unset, enhanced(filter))).toEqual([]);
    }
  });

  test.each(["bleed", "dev"])("all of it in %s", async (stack) => {
    const open = repository({ imageTagMutability: "MUTABLE", imageScanningConfiguration: null }, stack);
    expect(await refusals(pack, open, lifecycle("", stack), pod("elsewhere.test/x:1", stack))).toEqual([]);
  });
});

describe("registry-immutable refuses", () => {
  test("a repository with the defaults of AWS, and says what mends each", async () => {
    const urn = `urn:pulumi:prod::fixture::${REPOSITORY}::web`;
    const { refused } = await judge(pack, resourceOf(REPOSITORY, "web", { name: "app/web" }));
    expect(refused).toEqual([
      {
        urn,
        message: "it is not encrypted with a KMS key",
        remedy: 'encryptionConfigurations: [{ encryptionType: "KMS", kmsKey: … }]',
      },
      {
        urn,
        message: "its images are not scanned when they are pushed",
        remedy:
          "imageScanningConfiguration: { scanOnPush: true }, or enhanced scanning for the whole registry in this stack",
      },
      {
        urn,
        message: "its tags can be moved: the same tag could name other bytes tomorrow",
        remedy:
          'imageTagMutability: "IMMUTABLE", or "IMMUTABLE_WITH_EXCLUSION" for edge, edge-*, daily, daily-*, d_*, recommended alone',
      },
    ]);
  });

  const moves = "its tags can be moved: the same tag could name other bytes tomorrow";
  test.each([
    ["mutable tags", repository({ imageTagMutability: "MUTABLE" }), moves],
    ["mutable tags with exclusions", repository({ imageTagMutability: "MUTABLE_WITH_EXCLUSION" }), moves],
    ["a mutability of a wrong type", repository({ imageTagMutability: true }), moves],
    [
      "an unknown mutability",
      repository({ imageTagMutability: UNKNOWN }),
      "whether its tags can be moved cannot be known before an update: the same tag could name other bytes tomorrow",
    ],
    ["an exclusion of releases", excluding("edge", "rel-*"), "tags rel-* can be moved: only what floats by nature may"],
    ["an exclusion of everything", excluding("*"), "tags * can be moved: only what floats by nature may"],
    [
      "unknown exclusions",
      repository({ imageTagMutability: "IMMUTABLE_WITH_EXCLUSION", imageTagMutabilityExclusionFilters: UNKNOWN }),
      "which of its tags can be moved cannot be told",
    ],
    [
      "an unknown exclusion",
      excluding(UNKNOWN),
      "which tags can be moved cannot be told: only what floats by nature may",
    ],
    [
      "encryption by AWS's own key",
      repository({ encryptionConfigurations: [{ encryptionType: "AES256" }] }),
      "it is not encrypted with a KMS key",
    ],
    [
      "unknown encryption",
      repository({ encryptionConfigurations: UNKNOWN }),
      "it cannot be known before an update to be encrypted with a KMS key",
    ],
    [
      "unknown scanning",
      repository({ imageScanningConfiguration: UNKNOWN }),
      "its images are not scanned when they are pushed",
    ],
    [
      "a public repository",
      resourceOf("aws:ecrpublic/repository:Repository", "web", {}),
      "ECR Public has no immutable tags, and anybody can pull from it",
    ],
  ])("%s", async (_, resource, message) => {
    expect(await refusals(pack, resource)).toEqual([message]);
  });

  test("scanning of the registry that leaves a repository out", async () => {
    const unset = repository({ imageScanningConfiguration: { scanOnPush: false } });
    for (const registry of [enhanced("other/*"), enhanced("*", "MANUAL"), scanning({ rules: UNKNOWN })]) {
      expect(await refusals(pack, unset, registry)).toEqual(["its images are not scanned when they are pushed"]);
    }
  });

  const could = (number: number) => `rule ${number} could expire an image that also has a tag rel-*`;
  const REL = { tagStatus: "tagged", tagPrefixList: ["rel-"] };
  test.each([
    ["releases beyond a few", rules(rule(1, REL)), could(1)],
    [
      "releases by age",
      rules(rule(1, { ...REL, countType: "sinceImagePushed", countUnit: "days", countNumber: 90_000 })),
      could(1),
    ],
    ["edge images that were blessed since", rules(EDGE), could(2)],
    ["everything", rules(ANY), could(9)],
    [
      "edge images before releases are kept",
      rules({ ...EDGE, rulePriority: 1 }, { ...KEEP, rulePriority: 2 }),
      could(1),
    ],
    [
      "all but one module's releases",
      rules(rule(1, { tagStatus: "tagged", tagPrefixList: ["rel-web"], countNumber: 20_000 })),
      could(1),
    ],
    [
      "all but those that are also called so",
      rules(rule(1, { ...REL, tagPrefixList: ["rel-", "prod"], countNumber: 20_000 })),
      could(1),
    ],
    ["by archiving", rules(rule(1, { tagStatus: "any", countType: "sinceImagePulled" }, "transition")), could(1)],
    ["by two rules of one priority", rules(KEEP, { ...EDGE, rulePriority: 1 }), "two of its rules have priority 1"],
    ["what is no JSON", "{", "it is no lifecycle policy that can be read"],
    ["what has no rules", "{}", "it is no lifecycle policy that can be read"],
    ["a missing policy", null, "it is no lifecycle policy that can be read"],
    ["an unknown policy", UNKNOWN, "it cannot be known before an update"],
  ])("a lifecycle that could expire %s", async (_, policy, fault) => {
    expect(await refusals(pack, lifecycle(policy))).toEqual([
      `the lifecycle policy does not keep released images: ${fault}`,
    ]);
  });

  const everybody = 'statement pull allows everybody (Principal "*")';
  test.each([
    ["everybody", access(allow("*")), everybody],
    ["everybody on AWS", access([allow({ AWS: "*" })]), everybody],
    ["everybody in a list", access([allow({ AWS: ["arn:aws:iam::1:root", "*"] })]), everybody],
    [
      "everybody under a condition that holds nobody back",
      access(allow("*", { Condition: { StringLike: { "aws:PrincipalOrgID": "*" } } })),
      everybody,
    ],
    [
      "everybody but one",
      access(allow(undefined, { NotPrincipal: { AWS: "x" } })),
      "statement pull allows everybody but a few",
    ],
    [
      "nobody who is named",
      access({ Effect: "Allow", Action: "ecr:*" }),
      'statement 1 allows everybody (Principal "*")',
    ],
    ["the whole registry", access(allow("*"), "aws:ecr/registryPolicy:RegistryPolicy"), everybody],
    [
      "whoever an unknown policy does",
      resourceOf("aws:ecr/repositoryPolicy:RepositoryPolicy", "web", { policy: UNKNOWN }),
      "it cannot be known before an update",
    ],
    [
      "whoever an unreadable policy does",
      resourceOf("aws:ecr/repositoryPolicy:RepositoryPolicy", "web", { policy: 1 }),
      "it is no access policy that can be read",
    ],
  ])("a policy that lets in %s", async (_, resource, fault) => {
    expect(await refusals(pack, resource)).toEqual([`the access policy may be public: ${fault}`]);
  });

  test.each([
    [
      "of another registry",
      pod(`other.test/app/web@${DIGEST}`),
      "the image at spec.containers[0].image comes from other.test/app/web, which the catalogue does not list",
    ],
    [
      "of another repository below",
      pod("registry.test/app/web/debug:1"),
      "the image at spec.containers[0].image comes from registry.test/app/web/debug, which the catalogue does not list",
    ],
    [
      "that is unknown",
      pod(UNKNOWN),
      "where the image at spec.containers[0].image comes from cannot be known before an update",
    ],
    [
      "of a wrong type",
      pod(1),
      "where the image at spec.containers[0].image comes from cannot be known before an update",
    ],
    [
      "that is no reference",
      pod("not an image"),
      "the image at spec.containers[0].image comes from a repository that is not shown here, which the catalogue does not list",
    ],
    [
      "in a chart's values",
      resourceOf("kubernetes:helm.sh/v3:Release", "web", {
        values: { image: { repository: "other.test/web", tag: "1" } },
      }),
      "the image at values.image comes from other.test/web, which the catalogue does not list",
    ],
    [
      "in our own component",
      resourceOf("imprimatur:release:BlessedImage", "web", { repository: "other.test/web" }),
      "the image at repository comes from other.test/web, which the catalogue does not list",
    ],
    [
      "in our own registry",
      resourceOf("imprimatur:registry:OciRegistry", "web", {
        repositories: ["registry.test/app/web", "other.test/web"],
      }),
      "the image at repositories[1] comes from other.test/web, which the catalogue does not list",
    ],
  ])("an image %s", async (_, resource, message) => {
    expect(await refusals(pack, resource)).toEqual([message]);
  });
});

describe("the configuration of registry-immutable", () => {
  test("lists further repositories, exclusions and what counts as keeping", async () => {
    const settings = { repositories: ["other.test/addon"], exclusions: ["nightly-*"], keep: 10 };
    const own = await startPolicy("registry-immutable", catalogue, settings);
    const few = rule(1, { tagStatus: "tagged", tagPrefixList: ["rel-"] });
    expect(await refusals(own, pod("other.test/addon:1"), excluding("nightly-*"), lifecycle(rules(few)))).toEqual([]);
    expect(await refusals(own, excluding("edge"))).toEqual(["tags edge can be moved: only what floats by nature may"]);
  });

  test("is refused where it is malformed", async () => {
    await expect(startPolicy("registry-immutable", catalogue, { keep: 0 })).rejects.toThrow(
      "configuration of the policy pack imprimatur registry-immutable.keep: ",
    );
  });
});

test("registry-immutable lets a mirror have what the catalogue lists below the registry that it stands in for", async () => {
  const mirror = (repository: string) =>
    resourceOf("imprimatur:registry:OciRegistry", "web", {
      url: "mirror.test/copies",
      mirrors: "registry.test/app",
      repositories: [repository],
    });

  expect(await refusals(pack, mirror("mirror.test/copies/web"))).toEqual([]);
  expect(await refusals(pack, mirror("mirror.test/copies/other"))).toEqual([
    "the image at repositories[0] comes from registry.test/app/other, which the catalogue does not list",
  ]);
});
