import { z } from "zod";
import { awsEksCluster, componentEksCluster, type EksPosture, judgePosture } from "../release/rules/clusterPosture.ts";
import { judgeAwsProvider, judgeClusterAccess } from "../release/rules/trustedPlace.ts";
import type { TrustedStack } from "../release/schema/trust.ts";
import type { Violation } from "../release/verdict.ts";
import { resourcePolicy } from "./adapter.ts";
import { classesSetting } from "./classes.ts";
import type { JudgedResource } from "./rule.ts";

/** The packages that make clusters, and how theirs are read. */
const CLUSTERS: Readonly<Record<string, (props: JudgedResource["props"]) => EksPosture>> = {
  "aws:eks/cluster:Cluster": awsEksCluster,
  "eks:index:Cluster": componentEksCluster,
};
const AWS = "pulumi:providers:aws";
const ACCESS = new Set(["pulumi:providers:kubernetes"]);

export const clusterPosture = resourcePolicy({
  name: "cluster-posture",
  description:
    "A production cluster is closed, encrypted, audited and on a supported version, and it is the one that trust names for the stack.",
  severity: "critical",
  framework: {
    name: "CIS Amazon Elastic Kubernetes Service (EKS) Benchmark",
    version: "1.5.0",
    reference: "2.1.1, 5.3.1, 5.4.1, 5.4.2",
    specification:
      "Audit logs are enabled, Secrets are encrypted with keys in KMS, and access to the control plane endpoint is restricted.",
  },
  tags: ["CIS", "clusters"],
  remediation:
    "Close the endpoint or list who may reach it, give it a key, turn the audit log on, and upgrade in time.",
  settings: z.object({
    classes: classesSetting("prod"),
    extendedSupport: z
      .boolean()
      .default(false)
      .describe("Whether a version in extended support, which AWS charges for, will do"),
  }),
  concerns: (type) => type in CLUSTERS || type === AWS || ACCESS.has(type),
  judge: (resource, { stack, now, settings }) => {
    if (resource.type === AWS) return judgeAwsProvider(resource.props, stack);
    if (ACCESS.has(resource.type)) return judgeClusterAccess(resource.props, stack);
    const read = CLUSTERS[resource.type];
    if (read === undefined) return [];
    const { extendedSupport, classes } = settings;
    const posture = classes.includes(stack.class) ? judgePosture(read(resource.props), { now, extendedSupport }) : [];
    return [...posture, ...judgeProvider(resource, stack)];
  },
});

/** A cluster stands where its provider works. */
function judgeProvider({ type, provider }: JudgedResource, stack: TrustedStack): Violation[] {
  if (!type.startsWith("aws:") || stack.account === undefined) return [];
  if (provider === undefined) {
    const remedy = `give it { provider: new aws.Provider(…, { allowedAccountIds: ["${stack.account}"] }) }`;
    return [{ message: "it has no explicit provider, so its account is whichever the credentials are for", remedy }];
  }
  return judgeAwsProvider(provider.props, stack);
}
