import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import grpc from "@grpc/grpc-js";
import analyzerService from "@pulumi/pulumi/proto/analyzer_grpc_pb.js";
import analyzerProto from "@pulumi/pulumi/proto/analyzer_pb.js";
import emptyProto from "google-protobuf/google/protobuf/empty_pb.js";
import { parse } from "yaml";
import { refuseInput } from "../release/errors.ts";
import { isObject } from "../release/json.ts";
import type { PolicyVerdict } from "../release/verdict.ts";
import { analyzeRequest, analyzeStackRequest } from "./analyzer.ts";
import { type Child, startNode } from "./child.ts";
import type { PackSource } from "./engine.ts";
import { EngineError, readPrintedError, readProblems } from "./failure.ts";
import { type EnforcementLevel, levelFromProto, levelToProto, reconcile } from "./packConfig.ts";
import { type PolicyMetadata, readMetadata } from "./policyMetadata.ts";
import { compileCache, sdkScript } from "./project.ts";
import type { Registration } from "./registration.ts";
import { CHANNEL_OPTIONS } from "./rpc.ts";
import { inTurns } from "./turns.ts";
import { type Diagnostic, verdictsOf } from "./verdicts.ts";
import { toStruct } from "./wire.ts";

/** A policy, and the level that it is enforced at here. */
export interface PolicyInfo {
  readonly name: string;
  readonly description: string;
  readonly level: EnforcementLevel;
  /** Whether it judges the stack as a whole, not one resource at a time. */
  readonly wholeStack: boolean;
}

/** A policy pack that runs in a process of its own, the same one as under the Pulumi CLI. */
export interface Pack {
  readonly name: string;
  readonly version: string;
  readonly policies: readonly PolicyInfo[];
  /** What each policy says of itself, in the order of the pack. */
  readonly metadata: readonly PolicyMetadata[];
  /**
   * Judges each resource of a stack, then the stack as a whole.
   * @throws {@link EngineError} where a policy throws or the process ends
   */
  judge(resources: readonly Registration[]): Promise<readonly PolicyVerdict[]>;
  /** Ends the process. */
  stop(): Promise<void>;
}

const PACK_FILE = "PulumiPolicy.yaml";

/** How many resources are on their way to the pack at a time. */
const IN_FLIGHT = 64;

/**
 * Starts a policy pack and gives it its configuration.
 * @param root the folder that the pack's own is relative to
 * @throws {@link InputError} where there is no pack for Node, it does not start, or the configuration does not fit it
 */
export async function startPack(
  source: PackSource,
  root: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Pack> {
  const directory = resolve(root, source.directory);
  requireNodePack(source, directory);
  const script = sdkScript(directory, "run-policy-pack");
  const cache = { NODE_COMPILE_CACHE: compileCache(script) };
  // The address of an engine, which the runner asks for and never uses.
  const child = startNode(script, ["127.0.0.1:0", directory], { cwd: directory, env: { ...cache, ...env } });
  try {
    return await connect(source, child);
  } catch (error) {
    child.kill();
    await child.exited;
    throw error;
  }
}

function requireNodePack(source: PackSource, directory: string): void {
  const file = join(source.directory, PACK_FILE);
  const path = join(directory, PACK_FILE);
  if (!existsSync(path))
    refuseInput({ file, path: "", message: "there is no such file, so this is not a policy pack" });
  const content: unknown = parse(readFileSync(path, "utf8"));
  const runtime = isObject(content) ? content.runtime : undefined;
  const name = isObject(runtime) ? runtime.name : runtime;
  if (name !== "nodejs")
    refuseInput({ file, path: "runtime", message: "only packs for nodejs run here", value: String(name) });
}

async function connect(source: PackSource, child: Child): Promise<Pack> {
  const port = await child.firstLine;
  if (port === undefined || !/^\d+$/.test(port)) throw await failure(source, child, "did not start", port);
  const client = new analyzerService.AnalyzerClient(
    `127.0.0.1:${port}`,
    grpc.credentials.createInsecure(),
    CHANNEL_OPTIONS,
  );
  const ask = <Response>(call: (done: (error: grpc.ServiceError | null, response: Response) => void) => unknown) =>
    new Promise<Response>((resolve, reject) => {
      call((error, response) => (error === null ? resolve(response) : reject(error)));
    }).catch(async (error: grpc.ServiceError) => {
      if (error.code === grpc.status.UNAVAILABLE) throw await failure(source, child, "ended while it was judging");
      throw new EngineError([{ file: source.directory, path: "", message: oneLine(error.details) }], error.details);
    });

  const info = await ask<analyzerProto.AnalyzerInfo>((done) => client.getAnalyzerInfo(new emptyProto.Empty(), done));
  const { settings, problems } = reconcile(info, source.config ?? {});
  if (problems.length > 0) throw new EngineError(problems, "");
  const configuration = new analyzerProto.ConfigureAnalyzerRequest();
  for (const [name, { level, properties }] of settings) {
    const config = new analyzerProto.PolicyConfig()
      .setEnforcementlevel(levelToProto(level))
      .setProperties(toStruct(properties));
    configuration.getPolicyconfigMap().set(name, config);
  }
  await ask<emptyProto.Empty>((done) => client.configure(configuration, done));

  const levels = new Map([...settings].map(([name, { level }]) => [name, level]));
  const policies = info.getPoliciesList().map((policy) => ({
    name: policy.getName(),
    description: policy.getDescription(),
    level: levels.get(policy.getName()) ?? "mandatory",
    wholeStack: policy.getPolicyType() === analyzerProto.PolicyType.POLICY_TYPE_STACK,
  }));
  return {
    name: info.getName(),
    version: info.getVersion(),
    policies,
    metadata: info.getPoliciesList().map(readMetadata),
    judge: async (resources) => {
      const byUrn = new Map(resources.map((resource) => [resource.urn, resource]));
      const single = await inTurns(IN_FLIGHT, resources, async (resource) => {
        const request = analyzeRequest(resource, byUrn);
        const response = await ask<analyzerProto.AnalyzeResponse>((done) => client.analyze(request, done));
        return readDiagnostics(response, resource.urn);
      });
      const request = analyzeStackRequest(byUrn);
      const whole = await ask<analyzerProto.AnalyzeResponse>((done) => client.analyzeStack(request, done));
      return verdictsOf(levels, [...single.flat(), ...readDiagnostics(whole)]);
    },
    stop: async () => {
      client.close();
      child.kill();
      await child.exited;
    },
  };
}

/** @param judged the resource that was sent; absent where the whole stack was */
function readDiagnostics(response: analyzerProto.AnalyzeResponse, judged?: string): Diagnostic[] {
  return response.getDiagnosticsList().map((diagnostic) => ({
    policy: diagnostic.getPolicyname(),
    description: diagnostic.getDescription(),
    level: levelFromProto(diagnostic.getEnforcementlevel()),
    text: diagnostic.getMessage(),
    urn: diagnostic.getUrn() || judged,
  }));
}

async function failure(source: PackSource, child: Child, what: string, firstLine = ""): Promise<EngineError> {
  child.kill();
  const { stderr } = await child.exited;
  const { name, message } = readPrintedError(stderr);
  // Rules that the pack shares with the program find the same bad input, and say so in the same words.
  if (name === "InputError") return new EngineError(readProblems(message, source.directory), stderr);
  const reason = oneLine(stderr) || firstLine;
  const text = `the policy pack ${what}${reason === "" ? "" : `: ${reason}`}`;
  return new EngineError([{ file: source.directory, path: "", message: text }], stderr);
}

/** The message of a printed error, without its name and its stack. */
function oneLine(text: string): string {
  return readPrintedError(text).message.replace(/\s+/g, " ");
}
