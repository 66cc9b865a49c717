import analyzerProto from "@pulumi/pulumi/proto/analyzer_pb.js";
import type structProto from "google-protobuf/google/protobuf/struct_pb.js";
import type { JsonObject } from "../release/json.ts";
import type { Registration } from "./registration.ts";
import { encodedStruct, policyProperties } from "./wire.ts";

/** Until an update, outputs are inputs, and many resources have one provider: each is turned into a message once. */
const structs = new WeakMap<JsonObject, structProto.Struct>();

function propertiesOf(inputs: JsonObject): structProto.Struct {
  const struct = structs.get(inputs) ?? encodedStruct(policyProperties(inputs));
  structs.set(inputs, struct);
  return struct;
}

/** The resources of a stack by their URN, in order of registration. */
type Resources = ReadonlyMap<string, Registration>;

/** What the engine sends to a policy pack before it would make a resource: its inputs, options and provider. */
export function analyzeRequest(resource: Registration, stack: Resources): analyzerProto.AnalyzeRequest {
  return new analyzerProto.AnalyzeRequest()
    .setUrn(resource.urn)
    .setType(resource.type)
    .setName(resource.name)
    .setProperties(propertiesOf(resource.inputs))
    .setOptions(resourceOptions(resource))
    .setProvider(providerOf(resource, stack));
}

/** What the engine sends once all resources are there: their outputs, and how they hang together. */
export function analyzeStackRequest(stack: Resources): analyzerProto.AnalyzeStackRequest {
  const resources = [...stack.values()].map((resource) => {
    const message = new analyzerProto.AnalyzerResource()
      .setUrn(resource.urn)
      .setType(resource.type)
      .setName(resource.name)
      .setProperties(propertiesOf(resource.outputs))
      .setOptions(resourceOptions(resource))
      .setProvider(providerOf(resource, stack))
      .setParent(resource.parent ?? "")
      .setDependenciesList([...resource.dependencies]);
    for (const [property, urns] of Object.entries(resource.propertyDependencies)) {
      if (urns.length === 0) continue;
      const dependencies = new analyzerProto.AnalyzerPropertyDependencies().setUrnsList([...urns]);
      message.getPropertydependenciesMap().set(property, dependencies);
    }
    return message;
  });
  return new analyzerProto.AnalyzeStackRequest().setResourcesList(resources);
}

function resourceOptions({ parent, options }: Registration): analyzerProto.AnalyzerResourceOptions {
  const timeouts = new analyzerProto.AnalyzerResourceOptions.CustomTimeouts()
    .setCreate(options.customTimeouts.create ?? 0)
    .setUpdate(options.customTimeouts.update ?? 0)
    .setDelete(options.customTimeouts.delete ?? 0);
  return new analyzerProto.AnalyzerResourceOptions()
    .setProtect(options.protect)
    .setIgnorechangesList([...options.ignoreChanges])
    .setDeletebeforereplace(options.deleteBeforeReplace ?? false)
    .setDeletebeforereplacedefined(options.deleteBeforeReplace !== undefined)
    .setAdditionalsecretoutputsList([...options.additionalSecretOutputs])
    .setAliasesList([...options.aliases])
    .setCustomtimeouts(timeouts)
    .setParent(parent ?? "");
}

function providerOf(resource: Registration, stack: Resources): analyzerProto.AnalyzerProviderResource | undefined {
  const provider = resource.provider === undefined ? undefined : stack.get(resource.provider);
  if (provider === undefined) return undefined;
  return new analyzerProto.AnalyzerProviderResource()
    .setUrn(provider.urn)
    .setType(provider.type)
    .setName(provider.name)
    .setProperties(propertiesOf(provider.inputs));
}
