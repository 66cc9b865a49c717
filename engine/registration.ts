import type aliasProto from "@pulumi/pulumi/proto/alias_pb.js";
import type resourceProto from "@pulumi/pulumi/proto/resource_pb.js";
import type { JsonObject } from "../release/json.ts";
import type { PlannedResource } from "../release/plan.ts";
import { normalInputs } from "./defaults.ts";
import { isKindAlias, makeUrn, providerUrn, type Scope } from "./urn.ts";
import { fromStruct, planValue } from "./wire.ts";

/** Options of a resource, with what it inherits from its parent. */
interface RegistrationOptions {
  readonly protect: boolean;
  readonly retainOnDelete: boolean;
  /** Undefined where the program leaves it to the provider. */
  readonly deleteBeforeReplace: boolean | undefined;
  readonly ignoreChanges: readonly string[];
  readonly replaceOnChanges: readonly string[];
  readonly additionalSecretOutputs: readonly string[];
  /** URNs, also those that a provider's SDK adds. */
  readonly aliases: readonly string[];
  /** Seconds by operation: create, update, delete, read. */
  readonly customTimeouts: Readonly<Record<string, number>>;
  readonly import: string;
  readonly version: string;
  readonly deletedWith: string;
}

/** A resource as the program registered it, values still in the SDK's wire format: what a policy pack is sent. */
export interface Registration {
  readonly urn: string;
  readonly type: string;
  readonly name: string;
  readonly custom: boolean;
  /** Whether a provider, not the program, makes the component's children. */
  readonly remote: boolean;
  readonly parent: string | undefined;
  readonly provider: string | undefined;
  readonly inputs: JsonObject;
  /** A component has those that the program registers for it; a custom resource has its inputs until an update. */
  readonly outputs: JsonObject;
  readonly dependencies: readonly string[];
  readonly propertyDependencies: Readonly<Record<string, readonly string[]>>;
  readonly options: RegistrationOptions;
}

const PROVIDER_TYPE = "pulumi:providers:";
/** Reads what the SDK sends for a new resource, as the engine does for a stack that has no resource yet. */
export function readRegistration(
  request: resourceProto.RegisterResourceRequest,
  scope: Scope,
  find: (urn: string) => Registration | undefined,
): Registration {
  const [type, name] = [request.getType(), request.getName()];
  const parent = request.getParent() || undefined;
  const inputs = fromStruct(request.getObject());
  // A provider's plugin version is one of its inputs: the engine puts it there.
  const versioned = type.startsWith(PROVIDER_TYPE) && request.getVersion() !== "";
  const allInputs = versioned ? { ...inputs, version: request.getVersion() } : inputs;
  const properties = [...request.getPropertydependenciesMap().entries()];
  return {
    urn: makeUrn(scope, parent, type, name),
    type,
    name,
    custom: request.getCustom(),
    remote: request.getRemote(),
    parent,
    provider: request.getProvider() === "" ? undefined : providerUrn(request.getProvider()),
    inputs: allInputs,
    outputs: request.getCustom() ? allInputs : {},
    dependencies: request.getDependenciesList(),
    propertyDependencies: Object.fromEntries(properties.map(([key, urns]) => [key, urns.getUrnsList()])),
    options: readOptions(request, scope, parent === undefined ? undefined : find(parent)?.options),
  };
}

function readOptions(
  request: resourceProto.RegisterResourceRequest,
  scope: Scope,
  inherited: RegistrationOptions | undefined,
): RegistrationOptions {
  const timeouts: Record<string, string> = { ...request.getCustomtimeouts()?.toObject() };
  const givenTimeouts = Object.entries(timeouts).filter(([, text]) => text !== "");
  return {
    protect: (request.hasProtect() ? request.getProtect() : inherited?.protect) ?? false,
    retainOnDelete: (request.hasRetainondelete() ? request.getRetainondelete() : inherited?.retainOnDelete) ?? false,
    deleteBeforeReplace: request.getDeletebeforereplacedefined() ? request.getDeletebeforereplace() : undefined,
    ignoreChanges: request.getIgnorechangesList(),
    replaceOnChanges: request.getReplaceonchangesList(),
    additionalSecretOutputs: request.getAdditionalsecretoutputsList(),
    aliases: [...new Set(request.getAliasesList().map((alias) => aliasUrn(alias, request, scope)))],
    customTimeouts: Object.fromEntries(givenTimeouts.map(([operation, text]) => [operation, seconds(text)])),
    import: request.getImportid(),
    version: request.getVersion(),
    deletedWith: request.getDeletedwith() || (inherited?.deletedWith ?? ""),
  };
}

function aliasUrn(alias: aliasProto.Alias, own: resourceProto.RegisterResourceRequest, scope: Scope): string {
  const spec = alias.getSpec();
  if (spec === undefined) return alias.getUrn();
  const formerScope = { stack: spec.getStack() || scope.stack, project: spec.getProject() || scope.project };
  const parent = spec.getNoparent() ? undefined : spec.getParenturn() || own.getParent() || undefined;
  return makeUrn(formerScope, parent, spec.getType() || own.getType(), spec.getName() || own.getName());
}

const UNIT_SECONDS: Readonly<Record<string, number>> = { h: 3600, m: 60, s: 1, ms: 1e-3, us: 1e-6, µs: 1e-6, ns: 1e-9 };

/** Seconds in a duration such as `1h30m` or `90s`. */
function seconds(duration: string): number {
  const parts = [...duration.matchAll(/([\d.]+)(h|ms|m|s|us|µs|ns)/g)];
  return parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * (UNIT_SECONDS[unit ?? ""] ?? 0), 0);
}

/** What a plan says of a registered resource. */
export function plannedResource(registration: Registration): PlannedResource {
  const { urn, type, name, custom, parent, provider, inputs } = registration;
  return {
    urn,
    type,
    name,
    custom,
    ...(parent === undefined ? {} : { parent }),
    ...(provider === undefined ? {} : { provider }),
    inputs: plannedInputs(type, inputs),
    dependencies: [...registration.dependencies].sort(),
    options: plannedOptions(registration),
  };
}

/** Inputs as a plan shows them: without secrets, credentials and what a provider adds. */
export function plannedInputs(type: string, inputs: JsonObject): Record<string, unknown> {
  return normalInputs(type, planValue(inputs) as Record<string, unknown>);
}

/** Only what differs from the default, so that a plan shows what the program decided. */
function plannedOptions({ urn, type, custom, provider, options }: Registration): PlannedResource["options"] {
  const aliases = options.aliases.filter((alias) => !isKindAlias(urn, alias));
  const timeouts = Object.entries(options.customTimeouts).map(([operation, value]) => [operation, `${value}s`]);
  // With an explicit provider, the version is that provider's input.
  const ownVersion = custom && provider === undefined && !type.startsWith(PROVIDER_TYPE) && options.version !== "";
  const { ignoreChanges, replaceOnChanges, additionalSecretOutputs } = options;
  return {
    ...(options.protect && { protect: true }),
    ...(options.retainOnDelete && { retainOnDelete: true }),
    ...(options.deleteBeforeReplace !== undefined && { deleteBeforeReplace: options.deleteBeforeReplace }),
    ...(ignoreChanges.length > 0 && { ignoreChanges: [...ignoreChanges] }),
    ...(replaceOnChanges.length > 0 && { replaceOnChanges: [...replaceOnChanges] }),
    ...(additionalSecretOutputs.length > 0 && { additionalSecretOutputs: [...additionalSecretOutputs] }),
    ...(aliases.length > 0 && { aliases }),
    ...(timeouts.length > 0 && { customTimeouts: Object.fromEntries(timeouts) as Record<string, string> }),
    ...(options.import !== "" && { import: options.import }),
    ...(ownVersion && { version: options.version }),
    ...(options.deletedWith !== "" && { deletedWith: options.deletedWith }),
  };
}
