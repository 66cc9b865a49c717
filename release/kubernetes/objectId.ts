import { isObject } from "../json.ts";

/** Kinds that are in no namespace, of those that platforms commonly have. */
const CLUSTER_WIDE =
  /:(Namespace|Node|PersistentVolume|StorageClass|ClusterRole|ClusterRoleBinding|CustomResourceDefinition|PriorityClass|IngressClass|GatewayClass|RuntimeClass|CSIDriver|VolumeAttachment|APIService|FlowSchema|PriorityLevelConfiguration|(Validating|Mutating)(WebhookConfiguration|AdmissionPolicy|AdmissionPolicyBinding))$/;

/** A Helm release as a resource of Pulumi's. */
export const HELM_RELEASE = "kubernetes:helm.sh/v3:Release";

/**
 * The id that the Kubernetes provider gives to an object: `namespace/name`, or `name` where it is in none.
 * Undefined for what is no such object, or has no name of its own.
 */
export function objectId(type: string, inputs: Readonly<Record<string, unknown>>): string | undefined {
  if (!type.startsWith("kubernetes:")) return undefined;
  const place = type === HELM_RELEASE ? inputs : inputs.metadata;
  if (!isObject(place) || typeof place.name !== "string" || place.name === "") return undefined;
  if (typeof place.namespace === "string" && place.namespace !== "") return `${place.namespace}/${place.name}`;
  return CLUSTER_WIDE.test(type) ? place.name : `default/${place.name}`;
}
