import { readFileSync } from "node:fs";
import { Agent, request } from "node:https";
import { listData } from "../../release/admission/list.ts";
import { DEPLOYERS_POLICY, GATE_NAMESPACE, IMAGES_POLICY, NO_LIST } from "../../release/admission/names.ts";
import { bindingSpecs, deployersPolicySpec, imagesPolicySpec } from "../../release/admission/policies.ts";
import { sha256 } from "../../release/json.ts";
import type { ApiServer } from "./apiServer.ts";

/** The namespace that is gated, and one that is exempt. */
export const [GATED, EXEMPT] = ["web", "exempt"] as const;

/** An image by its place on a long list. */
export const image = (index: number) => `registry.test/app/web@sha256:${sha256(String(index))}`;

/** The objects of the gate, with a list of so many digests for one namespace. */
export function gateOf(digests: number, imagesPolicy: object = imagesPolicySpec("prod")): object[] {
  const listed = Array.from({ length: digests }, (_, index) => {
    const [repository = "", digest = ""] = image(index).split("@");
    // Of every other one the API server has to compare instants as well.
    const waived = index % 2 === 0 ? {} : { until: "2999-12-31T23:59:59.000Z" };
    return { repository, digest, module: "web", version: `1.0.${index}`, ...waived };
  });
  const list = (name: string, data: object) => ({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name, namespace: GATE_NAMESPACE },
    data,
  });
  const { namespaces, otherwise } = bindingSpecs([GATED], ["kube-system", EXEMPT], "enforce");
  return [
    { apiVersion: "v1", kind: "Namespace", metadata: { name: GATE_NAMESPACE } },
    list(GATED, listData(listed)),
    list(NO_LIST, {}),
    admission("ValidatingAdmissionPolicy", IMAGES_POLICY, imagesPolicy),
    admission("ValidatingAdmissionPolicy", DEPLOYERS_POLICY, deployersPolicySpec("prod", [GATED])),
    ...[...namespaces, otherwise].map(([name, spec]) => admission("ValidatingAdmissionPolicyBinding", name, spec)),
  ];
}

/** An object that admission is told by. */
export function admission(kind: string, name: string, spec: object) {
  return { apiVersion: "admissionregistration.k8s.io/v1", kind, metadata: { name }, spec };
}

/** What the server answered. */
interface Answer {
  readonly status: number;
  readonly text: string;
}

/** Asks for an object to be admitted, and made or changed nowhere. */
export type Ask = (method: "POST" | "PUT", path: string, object: object) => Promise<Answer>;

/** As an administrator, over one connection. */
export function asker(cluster: ApiServer): Ask {
  const { clusters, users } = JSON.parse(readFileSync(cluster.kubeconfig, "utf8"));
  const [{ cluster: server }] = clusters;
  const agent = new Agent({ keepAlive: true, ca: readFileSync(server["certificate-authority"]) });
  const headers = { authorization: `Bearer ${users[0].user.token}`, "content-type": "application/json" };
  return (method, path, object) =>
    new Promise((resolve, reject) => {
      const call = request(`${server.server}${path}?dryRun=All`, { method, agent, headers }, async (response) => {
        const chunks: Buffer[] = [];
        for await (const chunk of response) chunks.push(chunk);
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() });
      });
      call.on("error", reject);
      call.end(JSON.stringify(object));
    });
}
