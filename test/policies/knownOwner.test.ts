import { beforeAll, describe, expect, test } from "vitest";
import type { Pack } from "../../engine/pack.ts";
import type { JsonObject } from "../../release/json.ts";
import { checkoutOf, judge, refusals, resourceOf, startPolicy, UNKNOWN } from "./support.ts";

const module = (owner: string) => `description: x\npurpose: service\nowners: [${owner}]\nmaturity: mature\n`;
const catalogue = checkoutOf({
  "catalog/trust/people.yaml": `people: { ada: { name: Ada }, ben: { name: Ben } }
roles: { platform-team: { description: runs it, members: [{ person: ada }] } }
`,
  "catalog/modules/web.yaml": module("platform-team"),
  "catalog/modules/store.yaml": module("nobody"),
});

const object = (metadata: unknown, stack = "prod") =>
  resourceOf("kubernetes:core/v1:ConfigMap", "settings", { metadata } as JsonObject, { stack });
const labelled = (labels: unknown) => object({ name: "settings", labels });
const bucket = (inputs: JsonObject, more = {}) => resourceOf("aws:s3/bucket:Bucket", "data", inputs, more);
const ours = (type: string, inputs: JsonObject) => resourceOf(`imprimatur:release:${type}`, "web", inputs);
const provider = (defaultTags: JsonObject[string]) => resourceOf("pulumi:providers:aws", "aws", { defaultTags });

let pack: Pack;
beforeAll(async () => {
  pack = await startPolicy("known-owner", catalogue);
});

describe("known-owner passes", () => {
  test.each([
    ["a label with a person", labelled({ "imprimatur.dev/owner": "ada" })],
    ["an annotation with a role", object({ annotations: { "imprimatur.dev/owner": "platform-team" } })],
    ["a label with a module", labelled({ "imprimatur.dev/module": "web" })],
    ["a tag", bucket({ tags: { owner: "ben" } })],
    ["a component of a module", ours("ModuleRelease", { module: "web" })],
    ["a component of the platform", resourceOf("imprimatur:cluster:ExistingCluster", "cluster", {})],
    ["the stack itself", resourceOf("pulumi:pulumi:Stack", "fixture-prod", {})],
    ["a provider", resourceOf("pulumi:providers:kubernetes", "cluster", {})],
  ])("%s", async (_, resource) => {
    expect(await refusals(pack, resource)).toEqual([]);
  });

  test("what its provider tags, also as the JSON text that engines send", async () => {
    for (const defaults of [{ tags: { owner: "ada" } }, '{"tags":{"owner":"ada"}}']) {
      const aws = provider(defaults);
      expect(await refusals(pack, aws, bucket({}, { provider: aws.urn }))).toEqual([]);
    }
  });

  test("a child, whose parent is judged", async () => {
    const component = resourceOf("third:party:Thing", "thing", { tags: { owner: "ada" } });
    expect(await refusals(pack, component, bucket({}, { parent: component.urn }))).toEqual([]);
  });

  test.each(["bleed", "dev"])("what nobody owns in %s", async (stack) => {
    expect(await refusals(pack, object({ name: "settings" }, stack))).toEqual([]);
  });
});

describe("known-owner refuses", () => {
  test("what nobody owns, and says what mends it", async () => {
    const { refused } = await judge(pack, object({ name: "settings" }));
    expect(refused).toEqual([
      {
        urn: "urn:pulumi:prod::fixture::kubernetes:core/v1:ConfigMap::settings",
        message: "nobody owns it: it belongs to no module and names no owner",
        remedy:
          "label it imprimatur.dev/owner: <person or role>, tag it owner, or list it under owners in the policy's configuration",
      },
    ]);
  });

  const strange = (owner: string, where: string) =>
    `its owner ${owner}, from ${where}, is neither a person nor a role in catalog/trust/people.yaml`;
  const nobody = "nobody owns it: it belongs to no module and names no owner";
  const label = "its label imprimatur.dev/owner";
  test.each([
    ["an owner whom nobody knows", labelled({ "imprimatur.dev/owner": "adda" }), strange("adda", label)],
    ["a tag whom nobody knows", bucket({ tags: { owner: "eve" } }), strange("eve", "its tag owner")],
    [
      "an unknown label",
      labelled({ "imprimatur.dev/owner": UNKNOWN }),
      `its owner, from ${label}, cannot be known before an update`,
    ],
    ["a label of a wrong type", labelled({ "imprimatur.dev/owner": 1 }), `its owner, from ${label}, is no text`],
    ["unknown labels", labelled(UNKNOWN), "who owns it cannot be known before an update"],
    ["unknown metadata", object(UNKNOWN), "who owns it cannot be known before an update"],
    ["labels of a wrong type", labelled("ada"), nobody],
    ["a chart of nobody's", resourceOf("kubernetes:helm.sh/v3:Release", "redis", { chart: "redis" }), nobody],
    ["a component of a third party", resourceOf("third:party:Thing", "thing", {}), nobody],
    [
      "a module that is none",
      labelled({ "imprimatur.dev/module": "wep" }),
      "it belongs to wep, which is no module in catalog/modules",
    ],
    [
      "a module whose owner nobody knows",
      ours("PublishedRelease", { module: "store" }),
      strange("nobody", "catalog/modules/store.yaml"),
    ],
    ["a component of ours without a module", ours("BlessedImage", {}), "the module that it belongs to is missing"],
    [
      "a component of ours with an unknown module",
      ours("ModuleRelease", { module: UNKNOWN }),
      "the module that it belongs to cannot be known before an update",
    ],
  ])("%s", async (_, resource, message) => {
    expect(await refusals(pack, resource)).toEqual([message]);
  });

  test("what stands directly below its stack", async () => {
    const stack = resourceOf("pulumi:pulumi:Stack", "fixture-prod", {});
    expect(await refusals(pack, stack, bucket({}, { parent: stack.urn }))).toEqual([nobody]);
  });
});

describe("the configuration of known-owner", () => {
  test("names owners of what has no label, and the labels themselves", async () => {
    const own = await startPolicy("known-owner", catalogue, { owners: { redis: "ben", data: "eve" }, label: "team" });
    expect(
      await refusals(own, resourceOf("kubernetes:helm.sh/v3:Release", "redis", {}), labelled({ team: "ada" })),
    ).toEqual([]);
    expect(await refusals(own, bucket({ tags: { owner: "ada" } }))).toEqual([
      "its owner eve, from the policy's configuration, is neither a person nor a role in catalog/trust/people.yaml",
    ]);
  });

  test("is refused where it is malformed", async () => {
    await expect(startPolicy("known-owner", catalogue, { owners: ["ada"] })).rejects.toThrow(
      "configuration of the policy pack imprimatur known-owner.owners: ",
    );
  });
});
