import { log } from "@pulumi/pulumi";
import { AdmissionGate } from "../components/admissionGate.ts";
import { DeployerRights } from "../components/deployerRights.ts";
import { ExistingCluster } from "../components/existingCluster.ts";
import { DEPLOYERS_GROUP, GATE_NAMESPACE } from "../release/admission/names.ts";
import { planAdmission } from "../release/admission/plan.ts";
import type { Catalogue } from "../release/catalogue.ts";
import type { Gate } from "../release/gate.ts";
import type { Platform } from "../release/platform.ts";
import type { GateSettings } from "../release/schema/stack.ts";

/**
 * Declares the admission gate of a stack, in that stack's cluster.
 * @param platform the stack that is gated
 * @param settings how the gate keeper reaches its cluster
 */
export function declareGate(platform: Platform, settings: GateSettings, catalogue: Catalogue, gate: Gate): void {
  const { stack, modules } = platform;
  const plan = planAdmission({ catalogue, gate, platform });
  for (const { module, current } of modules.values()) {
    if (gate.standingAnyhow(module, current, stack).allowed) continue;
    const { version } = current.manifest;
    log.warn(`${module.name} ${version} is pinned in ${stack.name} and may not run there, so it is on no list`);
  }
  const { context, kubeconfig, inCluster } = settings["imprimatur:cluster"];
  const cluster = new ExistingCluster("cluster", { context, kubeconfig, inCluster, uid: stack.clusterUid });
  const inIt = { providers: [cluster.provider], dependsOn: [...cluster.verified] };
  const { namespaces, ...objects } = plan;
  const labels = { "imprimatur.dev/stack": stack.name, "imprimatur.dev/class": stack.class };
  const admissionGate = new AdmissionGate(
    "gate",
    { namespace: GATE_NAMESPACE, labels, ...objects, protect: stack.class === "prod" },
    inIt,
  );
  // What they are granted is only right while the gate confines it.
  new DeployerRights(
    "deployers",
    { group: DEPLOYERS_GROUP, namespaces: [...namespaces] },
    { ...inIt, dependsOn: [admissionGate] },
  );
}
