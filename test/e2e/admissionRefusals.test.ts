import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { podImages } from "../../release/kubernetes/podImages.ts";
import type { Checkout } from "../cli/checkout.ts";
import { IMAGE_ATTEMPTS } from "./admissionAttempts.ts";
import {
  CURRENT,
  changeList,
  create,
  cronJob,
  gatedCheckout,
  gateObjects,
  image,
  installGate,
  listed,
  platformCluster,
  pod,
  refusalOf,
  UNLISTED,
  WEB,
  workload,
} from "./admissionCluster.ts";
import { RIGHTS_ATTEMPTS } from "./admissionRights.ts";
import { type ApiServer, noKubernetes } from "./apiServer.ts";
import { until } from "./tools.ts";

const skipped = noKubernetes === undefined ? "" : ` (skipped: ${noKubernetes})`;
const ATTEMPTS = [...IMAGE_ATTEMPTS, ...RIGHTS_ATTEMPTS];
const YEAR = 365 * 86_400_000;

describe.skipIf(noKubernetes !== undefined)(`what the admission gate refuses on a real API server${skipped}`, () => {
  let checkout: Checkout;
  let cluster: ApiServer;

  beforeAll(async () => {
    checkout = gatedCheckout();
    cluster = await platformCluster();
    // From before there was a gate: a Deployment whose second revision is a listed image.
    run(create(workload("Deployment", "old", UNLISTED)));
    run({ args: ["set", "image", "deployment/old", "--namespace", WEB, `main=${CURRENT}`] });
    await until("the second revision", async () => cluster.get("replicasets", "--namespace", WEB).items.length === 2);
    for (const [name, label] of [
      ["stray", ""],
      ["forged", "kubernetes.io/metadata.name"],
      ["labelled", "imprimatur.dev/exempt"],
    ] as const) {
      const labels = label === "" ? {} : { [label]: "kube-system" };
      run(create({ apiVersion: "v1", kind: "Namespace", metadata: { name, labels } }));
    }
    await installGate(cluster, await gateObjects(checkout));
    // One break-glass entry that has run out, and one that has not.
    const years = (count: number) => new Date(Date.now() + count * YEAR).toISOString();
    changeList(cluster, { ...listed("web 0.9.0", years(-1)), ...listed("web 0.8.0", years(1)) });
    await until(
      "the new list",
      async () => refusalOf(cluster, create(pod("p", image("web 0.8.0"))), "--dry-run=server") === "",
    );
    await until("the service accounts", async () => {
      const found = cluster.get("serviceaccounts", "--all-namespaces").items;
      return cluster.get("namespaces").items.length === new Set(found.map(namespaceOf)).size;
    });
    run(create(pod("good", CURRENT), cronJob("good", CURRENT)));
    for (const kind of ["Deployment", "StatefulSet", "DaemonSet"]) run(create(workload(kind, "good", CURRENT)));
  });
  afterAll(async () => {
    await cluster?.stop();
    checkout?.remove();
  });

  it("is tried in more ways than forty, each by a name of its own", () => {
    expect(new Set(ATTEMPTS.map(({ name }) => name)).size).toBe(ATTEMPTS.length);
    expect(ATTEMPTS.length).toBeGreaterThanOrEqual(40);
  });

  it.each(ATTEMPTS.map((attempt) => [attempt.name, attempt] as const))("%s", (_, { command, refusal }) => {
    expect(refusalOf(cluster, command)).toMatch(refusal);
  });

  it("a Deployment of before the gate gets no new Pod of an image that is on no list", async () => {
    const old = cluster
      .get("replicasets", "--namespace", WEB)
      .items.find((set: object) => JSON.stringify(set).includes(UNLISTED));
    run({ args: ["scale", "replicaset", old.metadata.name, "--namespace", WEB, "--replicas", "3"] });
    await until("the controller's refusal", async () =>
      cluster
        .get("events", "--namespace", WEB)
        .items.some(
          ({ reason, message }: Record<string, string>) => reason === "FailedCreate" && message?.includes(UNLISTED),
        ),
    );
  });

  it("and in the end nothing runs that is on no list", () => {
    const allowed = new Set([CURRENT]);
    const pods = cluster.get("pods", "--all-namespaces").items;
    const others = pods
      .flatMap((found: object) => podImages(found))
      .filter(({ image = "" }: { image?: string }) => !allowed.has(image));
    expect(pods.length).toBeGreaterThan(3);
    expect(others).toEqual([]);
  });

  function run(command: Parameters<typeof refusalOf>[1]): void {
    const refusal = refusalOf(cluster, command);
    if (refusal !== "") throw new Error(refusal);
  }
});

function namespaceOf({ metadata }: { metadata: { namespace: string } }): string {
  return metadata.namespace;
}
