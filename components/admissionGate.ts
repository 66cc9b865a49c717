import { ValidatingAdmissionPolicy } from "@pulumi/kubernetes/admissionregistration/v1/validatingAdmissionPolicy.js";
import { ValidatingAdmissionPolicyBinding } from "@pulumi/kubernetes/admissionregistration/v1/validatingAdmissionPolicyBinding.js";
import { ConfigMap } from "@pulumi/kubernetes/core/v1/configMap.js";
import { Namespace } from "@pulumi/kubernetes/core/v1/namespace.js";
import type { input } from "@pulumi/kubernetes/types/index.js";
import { ComponentResource, type ComponentResourceOptions, type Resource } from "@pulumi/pulumi";
import { MANAGED_BY } from "./labels.ts";

type PolicySpec = input.admissionregistration.v1.ValidatingAdmissionPolicySpec;
type BindingSpec = input.admissionregistration.v1.ValidatingAdmissionPolicyBindingSpec;
type Bindings = ReadonlyMap<string, BindingSpec>;

export interface AdmissionGateArgs {
  /** Name of the gate's own namespace, which holds the lists. */
  namespace: string;
  /** Labels that name the stack that is gated and its class. */
  labels: Record<string, string>;
  /** What each list holds, by the name of its ConfigMap. */
  lists: ReadonlyMap<string, Readonly<Record<string, string>>>;
  /** The `spec` of each ValidatingAdmissionPolicy, by its name. */
  policies: ReadonlyMap<string, PolicySpec>;
  /** The `spec` of each of their bindings for single namespaces, or for everybody's, by its name. */
  bindings: Bindings;
  /** Bindings for all namespaces that the others leave out. They are changed after those, so that none is in neither. */
  otherwise: Bindings;
  /** Whether deleting the gate's namespace, and with it the lists, is refused. */
  protect: boolean;
}

/**
 * The cluster's own refusal: policies that its API server judges every Pod by, and the lists that they judge with. Whoever
 * deploys must have no right on any of it.
 */
export class AdmissionGate extends ComponentResource {
  /** @internal */
  static readonly __pulumiType = "imprimatur:admission:AdmissionGate";

  constructor(name: string, args: AdmissionGateArgs, opts?: ComponentResourceOptions) {
    super(AdmissionGate.__pulumiType, name, {}, opts);

    const { namespace, protect } = args;
    const labels = { ...MANAGED_BY, ...args.labels };
    const own = new Namespace(
      `${name}-namespace`,
      { metadata: { name: namespace, labels } },
      { parent: this, protect },
    );
    // Lists first: a binding whose list is not there refuses everything.
    const lists = [...args.lists].map(
      ([list, data]) =>
        new ConfigMap(
          `${name}-list-${list}`,
          { metadata: { name: list, namespace, labels }, data: { ...data } },
          { parent: this, dependsOn: own },
        ),
    );
    const policies = [...args.policies].map(
      ([policy, spec]) =>
        new ValidatingAdmissionPolicy(
          `${name}-${policy}`,
          { metadata: { name: policy, labels }, spec },
          { parent: this, dependsOn: own },
        ),
    );
    const bind = (specs: Bindings, dependsOn: Resource[]) =>
      [...specs].map(
        ([binding, spec]) =>
          new ValidatingAdmissionPolicyBinding(
            `${name}-${binding}`,
            { metadata: { name: binding, labels }, spec },
            { parent: this, dependsOn },
          ),
      );
    const first = [...lists, ...policies];
    const bindings = bind(args.bindings, first);
    bind(args.otherwise, [...first, ...bindings]);

    this.registerOutputs({});
  }
}
