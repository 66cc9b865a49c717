import engineService from "@pulumi/pulumi/proto/engine_grpc_pb.js";
import engineProto from "@pulumi/pulumi/proto/engine_pb.js";
import providerProto from "@pulumi/pulumi/proto/provider_pb.js";
import resourceService from "@pulumi/pulumi/proto/resource_grpc_pb.js";
import resourceProto from "@pulumi/pulumi/proto/resource_pb.js";
import emptyProto from "google-protobuf/google/protobuf/empty_pb.js";
import type { JsonObject } from "../release/json.ts";
import type { Unjudged } from "../release/plan.ts";
import type { LogEntry } from "./engine.ts";
import { type Registration, readRegistration } from "./registration.ts";
import { serve, unary } from "./rpc.ts";
import { makeUrn, type Scope, stackUrn } from "./urn.ts";
import { fromStruct, toStruct, UNKNOWN_SENTINEL } from "./wire.ts";

/** What a program told the monitor. */
export interface Recording {
  /** In order of registration. */
  readonly registrations: readonly Registration[];
  readonly unjudged: readonly Unjudged[];
  readonly log: readonly LogEntry[];
  /** What makes the plan worthless, one message each: a URN that is used twice, an option that needs the real engine. */
  readonly refusals: readonly string[];
  /** Whether the program came to its own end: it says so when nothing is left to do. */
  readonly finished: boolean;
}

/** A running monitor. */
export interface Monitor {
  /** `host:port` of both the ResourceMonitor and the Engine service. */
  readonly address: string;
  readonly recording: Recording;
  close(): void;
}

/**
 * Starts the two services that a Pulumi program talks to. They answer as the engine does in the preview of a stack that
 * has no resource yet, and only write down what is registered. What only the real engine can find out is answered with
 * unknown values and noted as unjudged, so that the program goes on and one preview shows all that is wrong.
 */
export async function startMonitor(scope: Scope): Promise<Monitor> {
  const recorder = new Recorder(scope);
  const server = await serve([
    [resourceService.ResourceMonitorService, recorder.resourceMonitor()],
    [engineService.EngineService, recorder.engine()],
  ]);
  return { address: server.address, recording: recorder, close: server.close };
}

const Feature = resourceProto.ResourceMonitorFeature;
/**
 * By the names that older SDKs ask for. Transforms and hooks are claimed too: without that, the SDK itself stops the
 * program and tells the user to update the CLI.
 */
const FEATURES: Readonly<Record<string, resourceProto.ResourceMonitorFeature>> = {
  secrets: Feature.RESOURCE_MONITOR_FEATURE_SECRETS,
  resourceReferences: Feature.RESOURCE_MONITOR_FEATURE_RESOURCE_REFERENCES,
  outputValues: Feature.RESOURCE_MONITOR_FEATURE_OUTPUT_VALUES,
  aliasSpecs: Feature.RESOURCE_MONITOR_FEATURE_ALIAS_SPECS,
  deletedWith: Feature.RESOURCE_MONITOR_FEATURE_DELETED_WITH,
  replaceWith: Feature.RESOURCE_MONITOR_FEATURE_REPLACE_WITH,
  transforms: Feature.RESOURCE_MONITOR_FEATURE_TRANSFORMS,
  invokeTransforms: Feature.RESOURCE_MONITOR_FEATURE_INVOKE_TRANSFORMS,
  parameterization: Feature.RESOURCE_MONITOR_FEATURE_PARAMETERIZATION,
  resourceHooks: Feature.RESOURCE_MONITOR_FEATURE_RESOURCE_HOOKS,
  errorHooks: Feature.RESOURCE_MONITOR_FEATURE_ERROR_HOOKS,
  invokeDependsOn: Feature.RESOURCE_MONITOR_FEATURE_INVOKE_DEPENDS_ON,
};

const SEVERITY: Readonly<Partial<Record<engineProto.LogSeverity, LogEntry["severity"]>>> = {
  [engineProto.LogSeverity.INFO]: "info",
  [engineProto.LogSeverity.WARNING]: "warning",
  [engineProto.LogSeverity.ERROR]: "error",
};

/** One answer for a value of any shape: the SDK takes an object that holds an unknown value as unknown itself. */
const UNKNOWN_RESULT: JsonObject = { unknown: UNKNOWN_SENTINEL };

class Recorder implements Recording {
  readonly unjudged: Unjudged[] = [];
  readonly log: LogEntry[] = [];
  readonly refusals: string[] = [];
  finished = false;
  readonly #scope: Scope;
  readonly #resources = new Map<string, Registration>();
  #root = "";

  constructor(scope: Scope) {
    this.#scope = scope;
  }

  get registrations(): readonly Registration[] {
    return [...this.#resources.values()];
  }

  resourceMonitor() {
    const empty = () => new emptyProto.Empty();
    return {
      getDeploymentInfo: unary(() => this.#deploymentInfo()),
      supportsFeature: unary((request: resourceProto.SupportsFeatureRequest) =>
        new resourceProto.SupportsFeatureResponse().setHassupport(Object.hasOwn(FEATURES, request.getId())),
      ),
      registerResource: unary((request: resourceProto.RegisterResourceRequest) => this.#register(request)),
      registerResourceOutputs: unary((request: resourceProto.RegisterResourceOutputsRequest) => {
        const known = this.#resources.get(request.getUrn());
        if (known !== undefined) {
          this.#resources.set(known.urn, { ...known, outputs: fromStruct(request.getOutputs()) });
        }
        return empty();
      }),
      readResource: unary((request: resourceProto.ReadResourceRequest) => this.#read(request)),
      existsResource: unary((request: resourceProto.ExistsResourceRequest) => {
        this.#leave(`whether ${request.getType()} "${request.getId()}" exists`);
        return new resourceProto.ExistsResourceResponse().setUnknown(true);
      }),
      invoke: unary((request: resourceProto.ResourceInvokeRequest) => this.#invoke(request)),
      call: unary((request: resourceProto.ResourceCallRequest) => {
        this.#leave(`the call of ${request.getTok()}`);
        return new providerProto.CallResponse().setReturn(toStruct(UNKNOWN_RESULT));
      }),
      registerStackTransform: unary(() => this.#refuse("stack transforms")),
      registerStackInvokeTransform: unary(() => this.#refuse("invoke transforms")),
      registerResourceHook: unary((request: resourceProto.RegisterResourceHookRequest) =>
        request.getOnDryRun() ? this.#refuse(`the hook "${request.getName()}" that runs in a preview`) : empty(),
      ),
      registerErrorHook: unary(empty),
      registerPackage: unary((request: resourceProto.RegisterPackageRequest) =>
        new resourceProto.RegisterPackageResponse().setRef(`${request.getName()}@${request.getVersion()}`),
      ),
      signalAndWaitForShutdown: unary(() => {
        this.finished = true;
        return empty();
      }),
    };
  }

  engine() {
    return {
      log: unary((request: engineProto.LogRequest) => {
        const severity = SEVERITY[request.getSeverity()];
        if (severity !== undefined && !request.getEphemeral()) {
          const urn = request.getUrn();
          this.log.push({ severity, message: request.getMessage(), ...(urn === "" ? {} : { urn }) });
        }
        return new emptyProto.Empty();
      }),
      getRootResource: unary(() => new engineProto.GetRootResourceResponse().setUrn(this.#root)),
      setRootResource: unary((request: engineProto.SetRootResourceRequest) => {
        this.#root = request.getUrn();
        return new engineProto.SetRootResourceResponse();
      }),
    };
  }

  #deploymentInfo() {
    return new resourceProto.DeploymentInfo()
      .setProject(this.#scope.project)
      .setStack(this.#scope.stack)
      .setDryrun(true)
      .setSupportedfeaturesList(Object.values(FEATURES));
  }

  #register(request: resourceProto.RegisterResourceRequest) {
    const registration = readRegistration(request, this.#scope, (urn) => this.#resources.get(urn));
    const { urn } = registration;
    if (this.#resources.has(urn)) {
      this.refusals.push(`the URN ${urn} is used twice; give one of the two resources another name`);
    }
    if (request.getTransformsList().length > 0) this.#refuse("transforms", urn);
    if (registration.remote) this.#leave(`the remote component ${registration.type}`, urn);
    this.#resources.set(urn, registration);
    // The id and what is not an input are unknown: the SDK takes what is missing from a preview's answer as that.
    const outputs = registration.custom ? registration.inputs : {};
    return new resourceProto.RegisterResourceResponse().setUrn(urn).setObject(toStruct(outputs));
  }

  #read(request: resourceProto.ReadResourceRequest) {
    const urn = makeUrn(this.#scope, request.getParent() || undefined, request.getType(), request.getName());
    const isStack = request.getType() === "pulumi:pulumi:StackReference";
    const what = isStack ? "the stack reference" : `the read of ${request.getType()}`;
    this.#leave(`${what} "${request.getId()}"`, urn);
    const response = new resourceProto.ReadResourceResponse().setUrn(urn);
    return request.hasProperties() ? response.setProperties(request.getProperties()) : response;
  }

  #invoke(request: resourceProto.ResourceInvokeRequest) {
    const response = new resourceProto.ResourceInvokeResponse();
    // The SDK asks this of the engine itself, where a resource is the input of another.
    const urn = request.getTok() === "pulumi:pulumi:getResource" ? fromStruct(request.getArgs()).urn : undefined;
    const known = typeof urn === "string" ? this.#resources.get(urn) : undefined;
    if (known !== undefined) {
      return response.setReturn(toStruct({ urn: known.urn, id: "", state: known.outputs }));
    }
    this.#leave(`the invoke of ${request.getTok()}`);
    return response.setUnknown(true);
  }

  /** Notes what this engine cannot find out. */
  #leave(what: string, urn = stackUrn(this.#scope)): void {
    if (!this.unjudged.some((other) => other.urn === urn && other.what === what)) this.unjudged.push({ urn, what });
  }

  #refuse(what: string, urn?: string) {
    this.refusals.push(`the offline engine has no ${what}${urn === undefined ? "" : ` (${urn})`}; use --engine pulumi`);
    return new emptyProto.Empty();
  }
}
