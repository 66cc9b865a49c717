import { beforeAll, describe, expect, test } from "vitest";
import type { StackResult } from "../../engine/engine.ts";
import { runProgram } from "../../engine/program.ts";
import { readProject } from "../../engine/project.ts";
import { SECRET, UNKNOWN } from "../../release/plan.ts";
import { failureOf, PROJECT, planned, previewCase, stackOf } from "./support.ts";

const STACK = "urn:pulumi:dev::fixture::pulumi:pulumi:Stack::fixture-dev";
const PROVIDER = "urn:pulumi:dev::fixture::pulumi:providers:kubernetes::cluster";
const TENANT = "urn:pulumi:dev::fixture::fixture:index:Tenant";

describe("a program with components, options and values that only an update knows", () => {
  let result: StackResult;
  beforeAll(async () => {
    result = await previewCase("platform");
  });

  test("its plan has each resource by the URN that the engine gives it, in order", () => {
    expect(result.plan.resources.map(({ urn }) => urn)).toEqual([
      `${TENANT}$kubernetes:core/v1:ConfigMap::cavern-address`,
      `${TENANT}$kubernetes:core/v1:ConfigMap::skaha-address`,
      `${TENANT}$kubernetes:core/v1:Namespace::cavern-namespace`,
      `${TENANT}$kubernetes:core/v1:Namespace::skaha-namespace`,
      `${TENANT}$kubernetes:core/v1:Service::cavern-service`,
      `${TENANT}$kubernetes:core/v1:Service::skaha-service`,
      `${TENANT}::cavern`,
      `${TENANT}::skaha`,
      "urn:pulumi:dev::fixture::kubernetes:core/v1:Secret::token",
      PROVIDER,
      STACK,
    ]);
  });

  test("a child has its parent, provider, dependencies, inherited and own options, and known outputs of others", () => {
    expect(planned(result, "skaha-service")).toEqual({
      urn: `${TENANT}$kubernetes:core/v1:Service::skaha-service`,
      type: "kubernetes:core/v1:Service",
      name: "skaha-service",
      custom: true,
      parent: `${TENANT}::skaha`,
      provider: PROVIDER,
      inputs: {
        apiVersion: "v1",
        kind: "Service",
        metadata: { name: "skaha", namespace: "skaha" },
        spec: { ports: [{ port: 80 }] },
      },
      dependencies: [`${TENANT}$kubernetes:core/v1:Namespace::skaha-namespace`],
      options: { protect: true, ignoreChanges: ["spec.ports"], customTimeouts: { create: "5400s" } },
    });
    expect(planned(result, "cavern-namespace").options).toEqual({});
  });

  test("an unknown output of another resource is unknown, and a dependency", () => {
    const address = planned(result, "cavern-address");
    expect(address.inputs.data).toEqual({ address: UNKNOWN });
    expect(address.dependencies).toEqual([
      `${TENANT}$kubernetes:core/v1:Namespace::cavern-namespace`,
      `${TENANT}$kubernetes:core/v1:Service::cavern-service`,
    ]);
  });

  test("a component has neither provider nor options of its own; the stack has no parent", () => {
    const stack = { urn: STACK, type: "pulumi:pulumi:Stack", name: "fixture-dev", custom: false, inputs: {} };
    expect(planned(result, "fixture-dev")).toEqual({ ...stack, dependencies: [], options: {} });
    expect(planned(result, "cavern")).toEqual({
      urn: `${TENANT}::cavern`,
      type: "fixture:index:Tenant",
      name: "cavern",
      custom: false,
      parent: STACK,
      inputs: { team: "cavern" },
      dependencies: [],
      options: {},
    });
  });

  test("a secret is replaced, a credential of a provider is left out", () => {
    expect(JSON.stringify(result.plan)).not.toMatch(/hunter2|credential/);
    expect(planned(result, "token").inputs.data).toBe(SECRET);
    expect(planned(result, "cluster").inputs).toEqual({ context: "dev", version: expect.stringMatching(/^4\./) });
  });

  test("aliases are URNs, and options that differ from the default are all there", () => {
    expect(planned(result, "token").options).toEqual({
      additionalSecretOutputs: ["data", "stringData"],
      aliases: ["urn:pulumi:dev::fixture::kubernetes:core/v1:Secret::password"],
      deleteBeforeReplace: false,
      retainOnDelete: true,
      version: expect.stringMatching(/^4\./),
    });
  });

  test("nothing is unjudged, and what it prints is in the log", () => {
    expect(result.unjudged).toEqual([]);
    expect(result.log).toEqual([{ severity: "info", message: "printed by the program" }]);
  });

  test("a second run gives the same plan", async () => {
    expect(JSON.stringify((await previewCase("platform")).plan)).toBe(JSON.stringify(result.plan));
  });
});

test("resources are referred to by URN, assets by their source, nested secrets and unknown values replaced", async () => {
  const { inputs } = planned(await previewCase("references"), "thing");
  expect(inputs).toEqual({
    __internal: "kept from policies",
    custom: "urn:pulumi:dev::fixture::kubernetes:core/v1:ConfigMap::map",
    component: "urn:pulumi:dev::fixture::fixture:index:Group::group",
    its: UNKNOWN,
    password: SECRET,
    nested: [{ secret: SECRET, unknown: UNKNOWN, plain: null }],
    template: UNKNOWN,
    text: { asset: { text: "hello" } },
    archive: { archive: { assets: { "a.txt": { asset: { text: "a" } } } } },
  });
});

test("what only the real engine can find out is unknown in the plan and named, and the program goes on", async () => {
  const project = readProject(PROJECT);
  const stack = { ...stackOf("unjudged"), secretKeys: ["fixture:password"] };
  const { plan, unjudged } = await runProgram(project, stack);
  expect(unjudged).toEqual([
    { urn: STACK, what: "the encrypted setting fixture:password" },
    { urn: STACK, what: "the invoke of fixture:index:getZone" },
    { urn: STACK, what: "the call of fixture:index:lookup" },
    {
      urn: "urn:pulumi:dev::fixture::kubernetes:core/v1:Namespace::existing",
      what: 'the read of kubernetes:core/v1:Namespace "kube-system"',
    },
    {
      urn: "urn:pulumi:dev::fixture::pulumi:pulumi:StackReference::organization/network/prod",
      what: 'the stack reference "organization/network/prod"',
    },
    {
      urn: "urn:pulumi:dev::fixture::kubernetes:helm.sh/v4:Chart::ingress",
      what: "the remote component kubernetes:helm.sh/v4:Chart",
    },
  ]);
  expect(plan.resources.find(({ name }) => name === "found")?.inputs).toEqual({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "found", namespace: UNKNOWN },
    // A plain invoke hands the program an object without properties.
    data: { plain: "undefined", zone: UNKNOWN, called: UNKNOWN, network: UNKNOWN, password: SECRET },
  });
});

test("a program that logs errors and goes on to its end has a plan: what it refuses is in the log", async () => {
  const result = await previewCase("refuses", {});
  expect(result.log).toEqual([{ severity: "error", message: "own-rule: this is refused\nremedy: mend it" }]);
  expect(result.plan.resources.map(({ name }) => name)).toEqual(["refused", "fixture-dev"]);
});

describe("a program that fails", () => {
  test("uses URNs twice: each is named once", async () => {
    const { problems } = await failureOf(previewCase("duplicate"));
    const message = (name: string) =>
      `the URN urn:pulumi:dev::fixture::kubernetes:core/v1:ConfigMap::${name} is used twice; ` +
      "give one of the two resources another name";
    expect(problems).toEqual([
      { file: "program/index.ts", path: "", message: message("twice") },
      { file: "program/index.ts", path: "", message: message("also") },
    ]);
  });

  test("registers transforms, which only the real engine runs", async () => {
    const { message } = await failureOf(previewCase("transforms"));
    expect(message.split("\n")).toEqual([
      "program/index.ts: the offline engine has no stack transforms; use --engine pulumi",
      "program/index.ts: the offline engine has no transforms " +
        "(urn:pulumi:dev::fixture::kubernetes:core/v1:ConfigMap::map); use --engine pulumi",
    ]);
  });

  test("throws: the message has no stack, and says which answer was missing", async () => {
    const error = await failureOf(previewCase("throws"));
    expect(error.message.split("\n")).toEqual([
      "program/index.ts: Cannot read properties of undefined (reading '0')",
      "program/index.ts: the offline engine cannot answer the invoke of fixture:index:getZone, " +
        "which may be why; --engine pulumi can",
    ]);
    expect(error.debug).toContain("cases/throws.ts:6:18");
  });

  test.each([
    ["throws an InputError, also into a resource", "badInput"],
    ["throws its text only", "runError"],
  ])("%s: the text comes through once and unharmed", async (_case, name) => {
    const error = await failureOf(previewCase(name));
    expect(error.message).toBe(
      "Pulumi.prod.yaml:7 config.imprimatur:modules.skaha[0]: there is no release with this version: " +
        'see catalog/releases/skaha (got "9.9.9"; did you mean "1.1.0"?)\n' +
        "catalog/modules/cavern.yaml: a line\nand another one",
    );
  });

  test("has refused something before, which it tells as well", async () => {
    const { message } = await failureOf(previewCase("refusesAndThrows"));
    expect(message).toBe("own-rule: this is refused\nremedy: mend it\na.yaml: wrong");
  });

  test("leaves early with a code that looks like success", async () => {
    const { message } = await failureOf(previewCase("exits"));
    expect(message).toMatch(/^program\/index\.ts: the program ended with exit code \d+ before its stack was complete/);
  });

  test("does not exist", async () => {
    const { message } = await failureOf(previewCase("missing"));
    expect(message).toContain("program/index.ts: Cannot find module");
    expect(message).not.toContain("\n    at ");
  });
});
