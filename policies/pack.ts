import { PolicyPack } from "@pulumi/policy";
import { admissionGate } from "./admissionGate.ts";
import { blessedCharts } from "./blessedCharts.ts";
import { blessedImages } from "./blessedImages.ts";
import { canaryCoherent } from "./canaryCoherent.ts";
import { channel } from "./channel.ts";
import { clusterPosture } from "./clusterPosture.ts";
import { deserializeOnce } from "./deserializeOnce.ts";
import { disruptionBudgets } from "./disruptionBudgets.ts";
import { environmentParity } from "./environmentParity.ts";
import { featureFlags } from "./featureFlags.ts";
import { frozenBuild } from "./frozenBuild.ts";
import { gatedSync } from "./gatedSync.ts";
import { imageDigestOnly } from "./imageDigestOnly.ts";
import { keepsServing } from "./keepsServing.ts";
import { knownOwner } from "./knownOwner.ts";
import { noPlaintextSecrets } from "./noPlaintextSecrets.ts";
import { protectedState } from "./protectedState.ts";
import { readStructsAtOnce } from "./readStructs.ts";
import { registryImmutable } from "./registryImmutable.ts";
import { rollbackReady } from "./rollbackReady.ts";
import { slotReady } from "./slotReady.ts";
import { windowAndFreeze } from "./windowAndFreeze.ts";
import { workloadBaseline } from "./workloadBaseline.ts";

readStructsAtOnce();
deserializeOnce();

new PolicyPack("imprimatur", {
  displayName: "Imprimatur",
  description: "Whatever is not blessed does not reach production.",
  enforcementLevel: "mandatory",
  policies: [
    admissionGate,
    blessedCharts,
    blessedImages,
    canaryCoherent,
    channel,
    clusterPosture,
    disruptionBudgets,
    environmentParity,
    featureFlags,
    frozenBuild,
    gatedSync,
    imageDigestOnly,
    keepsServing,
    knownOwner,
    noPlaintextSecrets,
    protectedState,
    registryImmutable,
    rollbackReady,
    slotReady,
    windowAndFreeze,
    workloadBaseline,
  ],
});
