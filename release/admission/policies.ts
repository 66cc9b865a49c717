import type { AdmissionGateMode } from "../schema/trust.ts";
import { AUDIT, VARIABLES, validations } from "./expressions.ts";
import { DEPLOYERS_GROUP, DEPLOYERS_POLICY, GATE_NAMESPACE, IMAGES_POLICY, NAMESPACE_LABEL, NO_LIST } from "./names.ts";

/** Kinds that hold the specification of Pods. A custom one ends in Pods too, and those are judged. */
const RESOURCES = [
  { group: "", resources: ["pods", "pods/ephemeralcontainers", "podtemplates", "replicationcontrollers"] },
  { group: "apps", resources: ["daemonsets", "deployments", "replicasets", "statefulsets"] },
  { group: "batch", resources: ["cronjobs", "jobs"] },
];

/** What of a refusal happens in each mode. Every mode tells the audit log. */
const ACTIONS: Readonly<Record<AdmissionGateMode, string[]>> = {
  audit: ["Audit"],
  warn: ["Warn", "Audit"],
  enforce: ["Deny", "Audit"],
};

/** What a policy is bound to, and what a refusal does. */
export interface BindingSpec {
  readonly policyName: string;
  readonly paramRef?: { readonly name: string; readonly namespace: string; readonly parameterNotFoundAction: string };
  readonly matchResources?: {
    readonly matchPolicy: string;
    readonly namespaceSelector: { readonly matchExpressions: NamespaceExpression[] };
  };
  readonly validationActions: string[];
}

/** Which namespaces, by their names. */
interface NamespaceExpression {
  readonly key: string;
  readonly operator: "In" | "NotIn";
  readonly values: string[];
}

/** The `spec` of the policy that judges images: the same for every stack, but for its name in messages. */
export function imagesPolicySpec(stack: string) {
  return {
    failurePolicy: "Fail",
    paramKind: { apiVersion: "v1", kind: "ConfigMap" },
    matchConstraints: {
      matchPolicy: "Equivalent",
      resourceRules: RESOURCES.map(({ group, resources }) => ({
        apiGroups: [group],
        apiVersions: ["*"],
        operations: ["CREATE", "UPDATE"],
        resources,
        scope: "Namespaced",
      })),
    },
    variables: VARIABLES.map((variable) => ({ ...variable })),
    validations: validations(stack).map((validation) => ({ ...validation, reason: "Forbidden" })),
    auditAnnotations: [{ ...AUDIT }],
  };
}

/** The `spec` of the binding that holds one namespace to its list. */
function bindingSpec(namespace: string, mode: AdmissionGateMode) {
  return bound(mode, namespace, { key: NAMESPACE_LABEL, operator: "In", values: [namespace] });
}

/** The `spec` of the binding for all namespaces that have no list: nothing may run in them. */
function otherwiseSpec(named: readonly string[], mode: AdmissionGateMode) {
  return bound(mode, NO_LIST, { key: NAMESPACE_LABEL, operator: "NotIn", values: [...named].sort() });
}

function bound(mode: AdmissionGateMode, list: string, namespaces: NamespaceExpression): BindingSpec {
  return {
    policyName: IMAGES_POLICY,
    // Without its list nothing could be judged.
    paramRef: { name: list, namespace: GATE_NAMESPACE, parameterNotFoundAction: "Deny" },
    matchResources: { matchPolicy: "Equivalent", namespaceSelector: { matchExpressions: [namespaces] } },
    validationActions: ACTIONS[mode],
  };
}

/**
 * The `spec` of each binding of the images policy, by name: one for each namespace that has a list, and one for the rest.
 * Every namespace that is not exempt is in exactly one of them.
 */
export function bindingSpecs(listed: readonly string[], exempt: readonly string[], mode: AdmissionGateMode) {
  return {
    namespaces: new Map(listed.map((name) => [`${IMAGES_POLICY}-${name}`, bindingSpec(name, mode)])),
    otherwise: [`${IMAGES_POLICY}.otherwise`, otherwiseSpec([...listed, ...exempt], mode)] as const,
  };
}

/**
 * The `spec` of the policy that keeps deployers to the namespaces of their stack: what they are granted for the whole
 * cluster, since no role can be held to the names of what is yet to be made, is taken back for all other namespaces.
 */
export function deployersPolicySpec(stack: string, namespaces: readonly string[]) {
  const name = "(request.resource.resource == 'namespaces' ? request.name : request.namespace)";
  return {
    failurePolicy: "Fail",
    matchConstraints: {
      matchPolicy: "Equivalent",
      resourceRules: [
        {
          apiGroups: [""],
          apiVersions: ["*"],
          operations: ["CREATE", "UPDATE", "DELETE"],
          resources: ["namespaces", "resourcequotas"],
          scope: "*",
        },
      ],
    },
    matchConditions: [{ name: "deployers", expression: `'${DEPLOYERS_GROUP}' in request.userInfo.groups` }],
    validations: [
      {
        expression: `${name} in [${namespaces.map((each) => `'${each}'`).join(", ")}]`,
        messageExpression: `'the deployers of ${stack} work in its own namespaces, and ' + ${name} + ' is none of them'`,
        reason: "Forbidden",
      },
    ],
  };
}

/** The `spec` of its binding. */
export const DEPLOYERS_BINDING_SPEC: BindingSpec = {
  policyName: DEPLOYERS_POLICY,
  validationActions: ["Deny", "Audit"],
};
