import { ClusterRole } from "@pulumi/kubernetes/rbac/v1/clusterRole.js";
import { ClusterRoleBinding } from "@pulumi/kubernetes/rbac/v1/clusterRoleBinding.js";
import { ComponentResource, type ComponentResourceOptions } from "@pulumi/pulumi";
import { MANAGED_BY } from "./labels.ts";

export interface DeployerRightsArgs {
  /** The group that deployers are in; the role and its binding have its name. */
  group: string;
  /** The namespaces of their stack. */
  namespaces: string[];
}

const READ = ["get", "list", "watch"];

/**
 * What deployers may do beyond the namespaces that they administer: make those, and set their quotas. Rights to make
 * something cannot be held to names; the admission gate refuses it elsewhere.
 */
export class DeployerRights extends ComponentResource {
  /** @internal */
  static readonly __pulumiType = "imprimatur:admission:DeployerRights";

  constructor(name: string, args: DeployerRightsArgs, opts?: ComponentResourceOptions) {
    super(DeployerRights.__pulumiType, name, args, opts);

    const { group, namespaces } = args;
    const metadata = { name: group, labels: MANAGED_BY };
    const core = (resources: string[], verbs: string[]) => ({ apiGroups: [""], resources, verbs });
    const role = new ClusterRole(
      name,
      {
        metadata,
        rules: [
          core(["namespaces"], ["create", ...READ]),
          { ...core(["namespaces"], ["delete", "patch", "update"]), resourceNames: namespaces },
          core(["resourcequotas"], ["create", "delete", "patch", "update", ...READ]),
        ],
      },
      { parent: this },
    );
    new ClusterRoleBinding(
      name,
      {
        metadata,
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: group },
        subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "Group", name: group }],
      },
      { parent: this, dependsOn: role },
    );

    this.registerOutputs({});
  }
}
