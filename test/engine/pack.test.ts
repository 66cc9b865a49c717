import { beforeAll, describe, expect, test } from "vitest";
import type { StackResult } from "../../engine/engine.ts";
import { offlineEngine } from "../../engine/offline.ts";
import { startPack } from "../../engine/pack.ts";
import { allows, type PolicyVerdict } from "../../release/verdict.ts";
import { FIXTURES, failureOf, PROJECT, previewCase, stackOf } from "./support.ts";

const TENANT = "urn:pulumi:dev::fixture::fixture:index:Tenant";
const ADDRESS = `${TENANT}$kubernetes:core/v1:ConfigMap::`;

function verdict({ verdicts }: Pick<StackResult, "verdicts">, policy: string): PolicyVerdict | undefined {
  return verdicts.find((each) => each.policy === policy);
}

/** What the policy `witness` was sent for a resource. */
function seen(result: StackResult, name: string): Record<string, unknown> {
  const messages = verdict(result, "witness")?.violations.map(({ message }) => JSON.parse(message));
  return messages?.find((message) => message.name === name);
}

describe("the policies of a pack", () => {
  let result: StackResult;
  beforeAll(async () => {
    result = await previewCase("platform", { labelled: { label: "owner" } });
  });

  test("each enabled one has a verdict, in order of name, also where it has nothing to say", () => {
    expect(result.verdicts.map(({ policy, level }) => `${policy} ${level}`)).toEqual([
      "labelled advisory",
      "mixed mandatory",
      "mixed advisory",
      "no-latest mandatory",
      "parents mandatory",
      "reads-data mandatory",
    ]);
    expect(verdict(result, "no-latest")?.violations).toEqual([]);
  });

  test("run with the configuration that they are given", () => {
    expect(verdict(result, "labelled")?.violations).toEqual([
      { urn: `${ADDRESS}cavern-address`, message: "has no label owner" },
      { urn: `${ADDRESS}skaha-address`, message: "has no label owner" },
    ]);
  });

  test("a value unknown before an update fails closed, at the level of the policy that reads it", () => {
    const violation = (name: string) => ({
      urn: `${ADDRESS}${name}`,
      message: "can't be judged: string value at .data.address can't be known during preview",
      remedy: "give the value as plain configuration, not as an output of another resource",
    });
    expect(verdict(result, "reads-data")).toEqual({
      policy: "reads-data",
      level: "mandatory",
      violations: [violation("cavern-address"), violation("skaha-address")],
    });
    expect(allows(result.verdicts.filter(({ policy }) => policy === "reads-data"))).toBe(false);
  });

  test("an advice of a mandatory policy stays an advice", () => {
    const mixed = result.verdicts.filter(({ policy }) => policy === "mixed");
    expect(mixed.map(({ violations }) => violations)).toEqual([
      [{ urn: `${TENANT}::cavern`, message: "in full" }],
      [{ urn: `${TENANT}::skaha`, message: "only an advice" }],
    ]);
  });

  test("a stack policy sees parents, dependencies and outputs, and may speak of the stack as a whole", () => {
    expect(verdict(result, "parents")?.violations).toEqual([
      {
        message: 'skaha-address: {"parent":"skaha","on":["skaha-namespace","skaha-service"],"data":["skaha-service"]}',
      },
      { message: 'skaha-namespace: {"parent":"skaha","on":[],"data":[]}' },
      { message: 'skaha-service: {"parent":"skaha","on":["skaha-namespace"],"data":[]}' },
      { message: 'skaha: {"parent":"fixture-dev","on":[],"data":[],"outputs":{"port":80}}' },
    ]);
  });
});

test("a policy is sent the options and the provider of a resource as the engine sends them", async () => {
  const result = await previewCase("platform", { all: "disabled", witness: "mandatory" });
  expect(result.verdicts.map(({ policy }) => policy)).toEqual(["witness"]);
  expect(seen(result, "skaha-service")).toMatchObject({
    type: "kubernetes:core/v1:Service",
    urn: `${TENANT}$kubernetes:core/v1:Service::skaha-service`,
    opts: {
      protect: true,
      ignoreChanges: ["spec.ports"],
      parent: `${TENANT}::skaha`,
      customTimeouts: { createSeconds: 5400, updateSeconds: 0, deleteSeconds: 0 },
    },
    provider: {
      type: "pulumi:providers:kubernetes",
      urn: "urn:pulumi:dev::fixture::pulumi:providers:kubernetes::cluster",
      name: "cluster",
      props: { context: "dev", kubeconfig: "a credential" },
    },
  });
  expect(seen(result, "token")).toMatchObject({
    opts: {
      deleteBeforeReplace: false,
      additionalSecretOutputs: ["data", "stringData"],
      aliases: ["urn:pulumi:dev::fixture::kubernetes:core/v1:Secret::password"],
    },
  });
});

test("a policy reads plain secrets, ids and URNs; what is unknown ends its check", async () => {
  const result = await previewCase("references", { witness: "mandatory" });
  const unknown = (path: string) => `string value at .${path} can't be known during preview`;
  expect(seen(result, "thing")?.seen).toEqual({
    custom: unknown("custom"),
    component: "urn:pulumi:dev::fixture::fixture:index:Group::group",
    its: unknown("its"),
    password: { user: "admin" },
    nested: unknown("nested.0.unknown"),
    template: unknown("template"),
    text: expect.anything(),
    archive: expect.anything(),
  });
});

test("a violation comes apart into message and remedy", async () => {
  const pack = await startPack({ directory: "pack" }, FIXTURES);
  try {
    expect([pack.name, pack.version]).toEqual(["fixture", "0.0.1"]);
    const info = pack.policies.find(({ name }) => name === "no-latest");
    expect(info).toEqual({
      name: "no-latest",
      description: "Nothing is called latest.",
      level: "mandatory",
      wholeStack: false,
    });
    const urn = "urn:pulumi:dev::fixture::kubernetes:core/v1:ConfigMap::map";
    const options = { protect: false, retainOnDelete: false, deleteBeforeReplace: undefined, version: "", import: "" };
    const lists = { ignoreChanges: [], replaceOnChanges: [], additionalSecretOutputs: [], aliases: [] };
    const verdicts = await pack.judge([
      {
        urn,
        type: "kubernetes:core/v1:ConfigMap",
        name: "map",
        custom: true,
        remote: false,
        parent: undefined,
        provider: undefined,
        inputs: { metadata: { name: "latest", labels: { team: "skaha" } } },
        outputs: {},
        dependencies: [],
        propertyDependencies: {},
        options: { ...options, ...lists, customTimeouts: {}, deletedWith: "" },
      },
    ]);
    const violation = { urn, message: "this is called latest", remedy: "rename map" };
    expect(verdict({ verdicts }, "no-latest")?.violations).toEqual([violation]);
  } finally {
    await pack.stop();
  }
});

describe("a configuration", () => {
  test("may set one level for all, which a policy's own entry overrides", async () => {
    const pack = await startPack(
      { directory: "pack", config: { "no-latest": "mandatory", all: "disabled" } },
      FIXTURES,
    );
    await pack.stop();
    const enabled = pack.policies.filter(({ level }) => level !== "disabled");
    expect(enabled.map(({ name }) => name)).toEqual(["no-latest"]);
  });

  test("with an unknown policy, level or a value against the schema is refused, all at once", async () => {
    const config = { labeled: "mandatory", mixed: "mandatry", labelled: { label: 5 } };
    const { message } = await failureOf(startPack({ directory: "pack", config }, FIXTURES));
    expect(message.split("\n")).toEqual([
      "configuration of the policy pack fixture labeled: the pack has no such policy " +
        '(got "labeled"; did you mean "labelled"?)',
      "configuration of the policy pack fixture mixed: there is no such enforcement level " +
        '(got "mandatry"; did you mean "mandatory"?)',
      "configuration of the policy pack fixture labelled.label: Invalid input: expected string, received number",
    ]);
  });
});

describe("a pack that fails", () => {
  test("does not start", async () => {
    const error = await failureOf(startPack({ directory: "crashing" }, FIXTURES));
    expect(error.message).toBe("crashing: the policy pack did not start: this pack has a mistake");
    expect(error.debug).toContain("crashing/pack.ts");
  });

  test("has a policy that throws", async () => {
    const error = await failureOf(previewCase("platform", { throws: "mandatory" }));
    expect(error.message).toBe(
      "../pack: Error validating resource with policy 'throws' from policy pack 'fixture@v0.0.1': " +
        "RangeError: a mistake in a policy",
    );
    expect(error.debug).toContain("pack/pack.ts");
  });

  test("ends while it is judging", async () => {
    const error = await failureOf(previewCase("platform", { exits: "mandatory" }));
    expect(error.message).toBe("../pack: the policy pack ended while it was judging: out of memory");
  });

  test("is no pack, or not one for Node", async () => {
    await expect(startPack({ directory: "project" }, FIXTURES)).rejects.toThrow(
      "project/PulumiPolicy.yaml: there is no such file, so this is not a policy pack",
    );
    await expect(startPack({ directory: "python" }, FIXTURES)).rejects.toThrow(
      'python/PulumiPolicy.yaml runtime: only packs for nodejs run here (got "python")',
    );
  });

  test("fails the preview of every stack once", async () => {
    const stacks = ["dev", "prod"].map((name) => ({ ...stackOf("platform"), name }));
    const work = offlineEngine.preview(stacks, { root: PROJECT, pack: { directory: "../crashing" } });
    expect((await failureOf(work)).message).toBe("../crashing: the policy pack did not start: this pack has a mistake");
  });
});
