import { isObject } from "../json.ts";
import { EKS_VERSIONS_SOURCE, eksSupport } from "../kubernetes/eksVersions.ts";
import { isUnknown } from "../unknown.ts";
import type { Violation } from "../verdict.ts";

type Fields = Readonly<Record<string, unknown>>;

/** An EKS cluster, whichever package declares it. What cannot be known is the engine's sentinel. */
export interface EksPosture {
  readonly publicAccess: unknown;
  readonly publicCidrs: unknown;
  /** Whether a key of one's own encrypts Secrets; the key itself may still be unknown. */
  readonly encryptsSecrets: boolean;
  readonly logTypes: unknown;
  readonly version: unknown;
  readonly deletionProtection: unknown;
}

/** Reads an `aws:eks/cluster:Cluster`. */
export function awsEksCluster(props: Fields): EksPosture {
  const { vpcConfig, encryptionConfig } = props;
  const network = isObject(vpcConfig) ? vpcConfig : {};
  const encryption = isObject(encryptionConfig) ? encryptionConfig : {};
  const key = isObject(encryption.provider) ? encryption.provider.keyArn : encryption.provider;
  const covered = Array.isArray(encryption.resources) && encryption.resources.includes("secrets");
  return {
    publicAccess: isUnknown(vpcConfig) ? vpcConfig : network.endpointPublicAccess,
    publicCidrs: network.publicAccessCidrs,
    encryptsSecrets: covered && isText(key),
    logTypes: props.enabledClusterLogTypes,
    version: props.version,
    deletionProtection: props.deletionProtection,
  };
}

/** Reads an `eks:index:Cluster`, the component of pulumi-eks. */
export function componentEksCluster(props: Fields): EksPosture {
  return {
    publicAccess: props.endpointPublicAccess,
    publicCidrs: props.publicAccessCidrs,
    encryptsSecrets: isText(props.encryptionConfigKeyArn),
    logTypes: props.enabledClusterLogTypes,
    version: props.version,
    deletionProtection: props.deletionProtection,
  };
}

function isText(value: unknown): boolean {
  return typeof value === "string" && value !== "";
}

/** What a production cluster must be, whatever runs in it. */
export function judgePosture(
  cluster: EksPosture,
  { now, extendedSupport }: { readonly now: Date; readonly extendedSupport: boolean },
): Violation[] {
  const violations = [...judgeEndpoint(cluster), ...judgeVersion(cluster.version, now, extendedSupport)];
  if (!cluster.encryptsSecrets) {
    violations.push({
      message: "Secrets are not encrypted with a KMS key of one's own",
      remedy: 'encryptionConfig: { provider: { keyArn: … }, resources: ["secrets"] }',
    });
  }
  const { logTypes } = cluster;
  if (!(Array.isArray(logTypes) && logTypes.includes("audit"))) {
    violations.push({
      message: `the audit log is ${isUnknown(logTypes) ? "not known to be on" : "off"}, so nobody could tell who did what`,
      remedy: 'enabledClusterLogTypes: ["api", "audit", "authenticator"]',
    });
  }
  if (cluster.deletionProtection !== true) {
    violations.push({ message: "nothing keeps the cluster from being deleted", remedy: "deletionProtection: true" });
  }
  return violations;
}

/** Wider networks than these are no allow-list: whole continents are in them. */
const WIDEST = { v4: 8, v6: 16 };

function judgeEndpoint({ publicAccess, publicCidrs }: EksPosture): Violation[] {
  if (publicAccess === false) return [];
  const remedy =
    "endpointPublicAccess: false with endpointPrivateAccess: true, or publicAccessCidrs: [<your networks>]";
  if (isUnknown(publicAccess) || isUnknown(publicCidrs)) {
    return [{ message: "who can reach the API server cannot be known before an update", remedy }];
  }
  const cidrs = Array.isArray(publicCidrs) ? publicCidrs : [];
  if (cidrs.length === 0) return [{ message: "the API server can be reached from everywhere", remedy }];
  return cidrs.flatMap((cidr) => {
    if (typeof cidr === "string" && isNarrow(cidr)) return [];
    const which = isUnknown(cidr) ? "a network that cannot be known before an update" : String(cidr);
    return [{ message: `the API server can be reached from ${which}`, remedy }];
  });
}

function isNarrow(cidr: string): boolean {
  const [, address = "", length = ""] = /^([0-9a-fA-F.:]+)\/(\d{1,3})$/.exec(cidr) ?? [];
  return length !== "" && Number(length) >= (address.includes(":") ? WIDEST.v6 : WIDEST.v4);
}

function judgeVersion(version: unknown, now: Date, extended: boolean): Violation[] {
  const { newest } = eksSupport("", now, { extended });
  const remedy = `version: "${newest}"; the calendar is ${EKS_VERSIONS_SOURCE.url}`;
  if (typeof version !== "string" || isUnknown(version)) {
    const why = isUnknown(version) ? "cannot be known before an update" : "is not pinned";
    return [{ message: `the version of Kubernetes ${why}`, remedy }];
  }
  const { supported, until } = eksSupport(version, now, { extended });
  if (supported) return [];
  const message =
    until === undefined
      ? `Kubernetes ${version} is not in the support calendar of ${EKS_VERSIONS_SOURCE.asOf}`
      : `${extended ? "extended" : "standard"} support of Kubernetes ${version} ended after ${until}`;
  return [{ message, remedy }];
}
