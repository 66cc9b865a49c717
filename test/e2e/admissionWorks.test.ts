import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Checkout } from "../cli/checkout.ts";
import {
  changeList,
  create,
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
} from "./admissionCluster.ts";
import { BEFORE, DELISTED, USES } from "./admissionUses.ts";
import { type ApiServer, noKubernetes } from "./apiServer.ts";
import { until } from "./tools.ts";

const skipped = noKubernetes === undefined ? "" : ` (skipped: ${noKubernetes})`;
const HOUR = 3_600_000;

describe.skipIf(noKubernetes !== undefined)(`what goes on under the admission gate${skipped}`, () => {
  let checkout: Checkout;
  let cluster: ApiServer;
  let objects: object[];

  beforeAll(async () => {
    checkout = gatedCheckout();
    objects = await gateObjects(checkout);
    cluster = await platformCluster();
  });
  afterAll(async () => {
    await cluster?.stop();
    checkout?.remove();
  });

  it("its own first installation, in a cluster that has nothing of it", async () => {
    await installGate(cluster, objects);
    const { status } = cluster.get("validatingadmissionpolicy", "imprimatur-images");
    await until("the type check", async () => status !== undefined);
    expect(cluster.get("validatingadmissionpolicy", "imprimatur-images").status.typeChecking).toEqual({});
    expect(cluster.get("validatingadmissionpolicybindings").items.map(nameOf)).toEqual([
      "imprimatur-deployers",
      "imprimatur-images-sessions",
      "imprimatur-images-store",
      "imprimatur-images-web",
      "imprimatur-images.otherwise",
    ]);
  });

  it("an image that comes onto the list, and leaves it again", async () => {
    changeList(cluster, listed("web 0.9.0"));
    await until("the longer list", async () => dryRun(DELISTED) === "");
    cluster.kubectl(create().args, ...BEFORE);
    await until("what is kept", async () => {
      const { items } = cluster.get("pods", "--namespace", WEB);
      // The simulated node leaves Pods of Jobs as they are.
      const started = items.filter(({ status }: { status: { phase: string } }) => status.phase === "Running");
      return items.length === 5 && started.length === 4;
    });
    changeList(cluster, listed("web 0.9.0", null));
    await until("the shorter list", async () => dryRun(DELISTED) !== "");
  });

  it("is more than twenty things, each by a name of its own", () => {
    expect(new Set(USES.map(({ name }) => name)).size).toBe(USES.length);
    expect(USES.length).toBeGreaterThanOrEqual(20);
  });

  it.each(USES.map((use) => [use.name, use] as const))("%s", async (_, use) => {
    await use.run(cluster);
  });

  it("an image by a waiver, for as long as it lasts, and the audit log says so", async () => {
    const waived = image("web 0.8.0");
    const end = new Date(Date.now() + HOUR).toISOString();
    changeList(cluster, listed("web 0.8.0", end));
    await until("the waiver", async () => dryRun(waived) === "");
    cluster.kubectl(create().args, pod("waived", waived));
    const event = cluster
      .audit()
      .find(({ objectRef, responseStatus }) => objectRef.name === "waived" && responseStatus.code === 201);
    expect(event.annotations["imprimatur-images/waived"]).toBe(`admitted by a waiver: ${waived} (containers/main)`);
    // What ends while a Pod waits lets in no other.
    changeList(cluster, listed("web 0.8.0", new Date(Date.now() - 1000).toISOString()));
    await until("its end", async () => dryRun(waived) !== "");
  });

  it.each([
    [
      "warn",
      ["Warn", "Audit"],
      /^Warning: Validation failed for ValidatingAdmissionPolicy 'imprimatur-images'.* is not on the list/m,
    ],
    ["audit", ["Audit"], /^$/],
  ])("everything, where the gate only is to %s", async (mode, actions, said) => {
    const milder = gatedCheckout(mode);
    try {
      cluster.kubectl(["apply", "--server-side", "--filename", "-"], ...(await gateObjects(milder)));
    } finally {
      milder.remove();
    }
    const { spec } = cluster.get("validatingadmissionpolicybinding", "imprimatur-images-web");
    expect(spec.validationActions).toEqual(actions);
    const warned = () => cluster.warnings([...create().args, "--dry-run=server"], pod("p", UNLISTED));
    // The server takes a moment to hear of another mode, and to judge by it.
    await until("the milder mode", async () => dryRun(UNLISTED) === "" && said.test(warned()));
    cluster.kubectl(create().args, pod(mode, UNLISTED));
    const event = cluster.audit().find(({ objectRef, verb }) => objectRef.name === mode && verb === "create");
    expect(JSON.stringify(event.annotations)).toContain("is not on the list");
  });

  function dryRun(imageName: string): string {
    return refusalOf(cluster, create(pod("dry", imageName)), "--dry-run=server");
  }
});

function nameOf({ metadata }: { metadata: { name: string } }): string {
  return metadata.name;
}
