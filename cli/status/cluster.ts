import { messageOf, openCluster } from "../../clients/kubernetes.ts";
import { admits } from "../../release/admission/list.ts";
import { planAdmission } from "../../release/admission/plan.ts";
import type { Gate } from "../../release/gate.ts";
import type { Platform } from "../../release/platform.ts";
import type { Release } from "../../release/schema/manifest.ts";
import type { Module } from "../../release/schema/module.ts";
import { type Expected, judgePods, type KnownImage } from "../../release/status/pods.ts";
import { canariesOf, runningModules } from "../../release/status/running.ts";
import { judgingInstant } from "../approve/options.ts";
import { accessOf, type ClusterOptions } from "../clusterAccess.ts";
import type { Context } from "../context.ts";
import type { ClusterStatus } from "./report.ts";

/**
 * Asks a stack's cluster for its Pods, and says where they differ from what the stack is to run. That a cluster does not
 * answer is an answer too: nothing is thrown.
 */
export async function askCluster(
  context: Context,
  platform: Platform,
  gate: Gate,
  options: ClusterOptions,
): Promise<ClusterStatus> {
  const silent = (text: string): ClusterStatus => ({ answered: false, text, findings: [] });
  const access = accessOf(platform, context.root, options);
  if ("reason" in access) return silent(access.reason);
  const cluster = openCluster(access);
  if ("reason" in cluster) return silent(cluster.reason);
  try {
    const uid = await cluster.uid();
    const { clusterUid } = platform.stack;
    if (clusterUid !== undefined && uid !== clusterUid) {
      return silent(`another cluster answers: its kube-system has the UID ${uid}, and trust names ${clusterUid}`);
    }
    const listed = expectedIn(context, platform, gate);
    const pods = await cluster.pods([...new Set(listed.map(({ namespace }) => namespace))].sort());
    const known = (digest: string) => knownImage(context, platform, gate, digest);
    const findings = judgePods(pods, listed, known, admittedBy(context, platform, gate));
    return { answered: true, text: `answered, ${pods.length} Pods`, pods: pods.length, findings };
  } catch (error) {
    return silent(messageOf(error));
  }
}

/** What the admission gate of a stack lets in besides what the stack runs; nothing where it has none. */
function admittedBy(
  { catalogue }: Context,
  platform: Platform,
  gate: Gate,
): (namespace: string, image: string) => boolean {
  if (platform.stack.gate === undefined) return () => false;
  const { lists } = planAdmission({ catalogue, gate, platform });
  const now = judgingInstant({ catalogue });
  return (namespace, image) => admits(lists.get(namespace) ?? {}, image, now);
}

/** What may run: by the ledger or, where there is none, what is pinned; the release before, and a canary. */
function expectedIn({ catalogue }: Context, { stack, modules }: Platform, gate: Gate): Expected[] {
  const ledger = gate.ledger(stack.name);
  const [running, canaries] = [runningModules(ledger), canariesOf(ledger)];
  return [...modules.values()].flatMap(({ module, current, previous }): Expected[] => {
    const runs = running.get(module.name);
    const recorded = runs === undefined ? undefined : catalogue.release(module.name, runs.version);
    const required = recorded ?? current;
    const canary = canaries.get(module.name)?.canary;
    const others = [current, previous, canary ? catalogue.release(module.name, canary) : undefined];
    return [
      // Nobody has to run what users may choose.
      expected(module, required, module.purpose === "service" && module.chart !== undefined),
      ...others.flatMap((release) => (release === undefined ? [] : [expected(module, release, false)])),
    ];
  });
}

function expected({ name, namespace }: Module, { manifest }: Release, required: boolean): Expected {
  const images = Object.values(manifest.images).map(({ digest }) => digest);
  return { module: name, version: manifest.version, namespace, images, required };
}

/** The release that an image is of; a revoked one before others. */
function knownImage({ catalogue }: Context, { stack }: Platform, gate: Gate, digest: string): KnownImage | undefined {
  const releases = catalogue.releasesNaming(digest).map(({ manifest: { module, version } }) => ({ module, version }));
  const judged = releases.map(({ module: name, version }): KnownImage => {
    const [module, release] = [catalogue.modules.get(name), catalogue.release(name, version)];
    if (module === undefined || release === undefined) return { module: name, version };
    const { items } = gate.standingAnyhow(module, release, stack).judgement;
    const revoked = items.find(({ id }) => id === "revoked")?.text;
    return { module: name, version, ...(revoked === undefined ? {} : { revoked }) };
  });
  return judged.find(({ revoked }) => revoked !== undefined) ?? judged.at(-1);
}
