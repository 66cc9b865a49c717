import { beforeAll, describe, expect, test } from "vitest";
import type { Pack } from "../../engine/pack.ts";
import type { JsonObject } from "../../release/json.ts";
import { checkoutOf, judge, refusals, resourceOf, startPolicy, UNKNOWN } from "./support.ts";

const catalogue = checkoutOf({});
let pack: Pack;
beforeAll(async () => {
  pack = await startPolicy("workload-baseline", catalogue, {
    exempt: [{ namespace: "storage", reason: "the driver mounts disks of its node" }],
  });
});

/** A container that lacks nothing. */
const container = {
  name: "app",
  image: "registry.test/app",
  securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
  resources: { requests: { cpu: "100m", memory: "128Mi" }, limits: { memory: "128Mi" } },
  ports: [{ containerPort: 8080 }],
  readinessProbe: { httpGet: { path: "/", port: 8080 } },
} satisfies JsonObject;
const pod = {
  securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
  containers: [container],
  volumes: [{ name: "a", emptyDir: {} }, { name: "b", configMap: { name: "x" } }, { name: "c" }],
} satisfies JsonObject;

const deployment = (spec: JsonObject | string, stack = "prod", namespace = "web") =>
  resourceOf(
    "kubernetes:apps/v1:Deployment",
    "app",
    { metadata: { name: "app", namespace }, spec: { template: { spec } } },
    { stack },
  );
/** What a Pod that differs from a complete one lacks, without the sentence above it. */
const lacks = async (spec: JsonObject) =>
  (await refusals(pack, deployment({ ...pod, ...spec }))).flatMap((message) => message.split("\n  ").slice(1));
const within = (context: JsonObject) => ({
  containers: [{ ...container, securityContext: { ...container.securityContext, ...context } }],
});
const AT = "spec.template.spec";
const FIRST = `${AT}.containers[0]`;

test("a Pod that lacks nothing passes", async () => {
  expect(await judge(pack, deployment(pod))).toEqual({ refused: [], advised: [] });
});

test("a bare Pod lacks all, part by part, and the remedies are the lines to set", async () => {
  const { refused } = await judge(pack, deployment({ containers: [{ name: "app", image: "app" }] }));
  expect(refused.map(({ message, remedy }) => `${message}\n=> ${remedy}`)).toEqual([
    `the Pod at ${AT} does not say what it needs, so its node can neither plan for it nor protect others from it
  ${FIRST}.resources.requests.cpu must be given
  ${FIRST}.resources.requests.memory must be given
  ${FIRST}.resources.limits.memory must be given
=> set ${FIRST}.resources.requests.cpu: 100m; ${FIRST}.resources.requests.memory: 128Mi; ${FIRST}.resources.limits.memory: 256Mi`,
    `the Pod at ${AT} gets traffic before it is ready, because nothing says when it is
  ${FIRST}.readinessProbe must be given
=> set ${FIRST}.readinessProbe: { httpGet: { path: /, port: 8080 } }`,
    `the Pod at ${AT} is not within the Restricted profile of the Pod Security Standards
  ${AT}.securityContext.runAsNonRoot must be true
  ${AT}.securityContext.seccompProfile.type must be RuntimeDefault or Localhost
  ${FIRST}.securityContext.allowPrivilegeEscalation must be false
  ${FIRST}.securityContext.capabilities.drop must hold ALL
=> set ${AT}.securityContext.runAsNonRoot: true; ${AT}.securityContext.seccompProfile.type: RuntimeDefault; ${FIRST}.securityContext.allowPrivilegeEscalation: false; ${FIRST}.securityContext.capabilities.drop: [ALL]`,
  ]);
});

describe("the Restricted profile", () => {
  const volumes = "configMap, csi, downwardAPI, emptyDir, ephemeral, image, persistentVolumeClaim, projected, secret";
  test.each<[string, JsonObject, string]>([
    ["the host's network", { hostNetwork: true }, `${AT}.hostNetwork must be false or left out`],
    ["the host's processes", { hostPID: true }, `${AT}.hostPID must be false or left out`],
    ["the host's memory", { hostIPC: true }, `${AT}.hostIPC must be false or left out`],
    [
      "a path of the host",
      { volumes: [{ name: "v", hostPath: { path: "/" } }] },
      `${AT}.volumes[0] must be one of ${volumes}`,
    ],
    ["a share", { volumes: [{ name: "v", nfs: {} }] }, `${AT}.volumes[0] must be one of ${volumes}`],
    [
      "a privileged container",
      within({ privileged: true }),
      `${FIRST}.securityContext.privileged must be false or left out`,
    ],
    [
      "escalation",
      within({ allowPrivilegeEscalation: true }),
      `${FIRST}.securityContext.allowPrivilegeEscalation must be false`,
    ],
    [
      "a capability",
      within({ capabilities: { drop: ["ALL"], add: ["NET_ADMIN"] } }),
      `${FIRST}.securityContext.capabilities.add must hold nothing but NET_BIND_SERVICE`,
    ],
    [
      "not all dropped",
      within({ capabilities: { drop: ["NET_RAW"] } }),
      `${FIRST}.securityContext.capabilities.drop must hold ALL`,
    ],
    ["root in a container", within({ runAsNonRoot: false }), `${FIRST}.securityContext.runAsNonRoot must be true`],
    ["user 0", within({ runAsUser: 0 }), `${FIRST}.securityContext.runAsUser must be a user other than 0, or left out`],
    [
      "no seccomp",
      within({ seccompProfile: { type: "Unconfined" } }),
      `${FIRST}.securityContext.seccompProfile.type must be RuntimeDefault or Localhost`,
    ],
    [
      "all of /proc",
      within({ procMount: "Unmasked" }),
      `${FIRST}.securityContext.procMount must be Default or left out`,
    ],
    [
      "another SELinux type",
      within({ seLinuxOptions: { type: "spc_t" } }),
      `${FIRST}.securityContext.seLinuxOptions.type must be one of the container types`,
    ],
    [
      "a host process",
      within({ windowsOptions: { hostProcess: true } }),
      `${FIRST}.securityContext.windowsOptions.hostProcess must be false or left out`,
    ],
    [
      "no AppArmor",
      within({ appArmorProfile: { type: "Unconfined" } }),
      `${FIRST}.securityContext.appArmorProfile.type must be RuntimeDefault or Localhost`,
    ],
    [
      "a port of the host",
      { containers: [{ ...container, ports: [{ containerPort: 80, hostPort: 80 }] }] },
      `${FIRST}.ports[0].hostPort must be left out`,
    ],
    [
      "a probe of another host",
      { containers: [{ ...container, livenessProbe: { tcpSocket: { host: "10.0.0.1", port: 1 } } }] },
      `${FIRST}.livenessProbe.tcpSocket.host must be left out`,
    ],
    [
      "a hook of another host",
      { containers: [{ ...container, lifecycle: { preStop: { httpGet: { host: "x", port: 1 } } } }] },
      `${FIRST}.lifecycle.preStop.httpGet.host must be left out`,
    ],
    [
      "a setting of the kernel",
      { securityContext: { ...pod.securityContext, sysctls: [{ name: "kernel.msgmax", value: "1" }] } },
      `${AT}.securityContext.sysctls[0].name must be one that harms no neighbour`,
    ],
    [
      "root in the Pod",
      { securityContext: { ...pod.securityContext, runAsNonRoot: false } },
      `${AT}.securityContext.runAsNonRoot must be true`,
    ],
  ])("refuses %s", async (_, spec, lack) => {
    expect(await lacks(spec)).toEqual([lack]);
  });

  test.each<[string, JsonObject, string]>([
    [
      "an unknown flag",
      { hostNetwork: UNKNOWN },
      `${AT}.hostNetwork cannot be known before an update; it must be false or left out`,
    ],
    [
      "an unknown context",
      within({ capabilities: { drop: UNKNOWN } }),
      `${FIRST}.securityContext.capabilities.drop cannot be known before an update; it must hold ALL`,
    ],
    [
      "unknown volumes",
      { volumes: UNKNOWN },
      `${AT}.volumes cannot be known before an update; it must be a list of objects`,
    ],
    ["a text for a flag", { hostPID: "false" }, `${AT}.hostPID must be false or left out`],
    ["a text for a list", { initContainers: "none" }, `${AT}.initContainers must be a list of objects`],
    [
      "a text for a user",
      within({ runAsUser: "1000" }),
      `${FIRST}.securityContext.runAsUser must be a user other than 0, or left out`,
    ],
  ])("fails closed on %s", async (_, spec, lack) => {
    expect(await lacks(spec)).toEqual([lack]);
  });

  test("may be kept by every container for itself, and lets Windows be", async () => {
    const own = within({ runAsNonRoot: true, seccompProfile: { type: "Localhost", localhostProfile: "x" } });
    expect(await lacks({ ...own, securityContext: {} })).toEqual([]);
    const windows = { os: { name: "windows" }, securityContext: { runAsNonRoot: true } };
    expect(await lacks({ ...windows, containers: [{ ...container, securityContext: {} }] })).toEqual([]);
  });

  test("reads AppArmor profiles of old annotations", async () => {
    const key = "container.apparmor.security.beta.kubernetes.io/app";
    const template = (profile: string) => ({ metadata: { annotations: { [key]: profile } }, spec: pod });
    const job = (profile: string) =>
      resourceOf("kubernetes:batch/v1:Job", "j", { spec: { template: template(profile) } });
    expect(await refusals(pack, job("localhost/x"))).toEqual([]);
    expect(await refusals(pack, job("unconfined"))).toEqual([
      `the Pod at ${AT} is not within the Restricted profile of the Pod Security Standards\n  spec.template.metadata.annotations.${key} must be runtime/default or localhost/<profile>`,
    ]);
  });

  test("judges init and ephemeral containers", async () => {
    const bad = { ...container, securityContext: { ...container.securityContext, privileged: true } };
    expect(await lacks({ initContainers: [bad], ephemeralContainers: [bad] })).toEqual([
      `${AT}.initContainers[0].securityContext.privileged must be false or left out`,
      `${AT}.ephemeralContainers[0].securityContext.privileged must be false or left out`,
    ]);
  });
});

describe("resources", () => {
  const missing = (what: string) => `${FIRST}.resources.${what} must be given`;
  test.each<[string, JsonObject, string[]]>([
    ["limits alone, which are requests too", { limits: { cpu: 1, memory: "1Gi" } }, []],
    ["no limit of memory", { requests: { cpu: "1", memory: "1Gi" } }, [missing("limits.memory")]],
    ["no request of CPU", { limits: { memory: "1Gi" } }, [missing("requests.cpu")]],
    ["what is no quantity", { limits: { cpu: "much", memory: "1Gi" } }, [missing("requests.cpu")]],
    ["nothing asked for", { limits: { cpu: "0", memory: "1Gi" } }, [missing("requests.cpu")]],
    ["what is unknown", { limits: { cpu: "1", memory: "1Gi" }, requests: { cpu: UNKNOWN } }, []],
  ])("%s", async (_, resources, expected) => {
    expect(await lacks({ containers: [{ ...container, resources }] })).toEqual(expected);
  });

  test("may be given for the Pod as a whole", async () => {
    const resources = { requests: { cpu: "1", memory: "1Gi" }, limits: { memory: "1Gi" } };
    expect(await lacks({ resources, containers: [{ ...container, resources: {} }] })).toEqual([]);
  });
});

describe("readiness", () => {
  const { readinessProbe: _, ...mute } = container;
  const { ports: __, ...silent } = mute;
  test("is asked of every container that serves, and of one at least", async () => {
    expect(await lacks({ containers: [container, silent] })).toEqual([]);
    expect(await lacks({ containers: [container, mute] })).toEqual([
      `${AT}.containers[1].readinessProbe must be given`,
    ]);
    expect(await lacks({ containers: [silent, silent] })).toEqual([`${FIRST}.readinessProbe must be given`]);
  });

  test("is not asked of what ends", async () => {
    const job = resourceOf("kubernetes:batch/v1:Job", "job", {
      spec: { template: { spec: { ...pod, containers: [mute] } } },
    });
    expect(await refusals(pack, job)).toEqual([]);
  });
});

test.each([
  ["kubernetes:core/v1:Pod", (spec: JsonObject) => ({ spec }), "spec"],
  ["kubernetes:core/v1:PodTemplate", (spec: JsonObject) => ({ template: { spec } }), "template.spec"],
  ["kubernetes:core/v1:ReplicationController", (spec: JsonObject) => ({ spec: { template: { spec } } }), AT],
  ["kubernetes:apps/v1:StatefulSet", (spec: JsonObject) => ({ spec: { template: { spec } } }), AT],
  ["kubernetes:apps/v1:DaemonSet", (spec: JsonObject) => ({ spec: { template: { spec } } }), AT],
  ["kubernetes:apps/v1:ReplicaSet", (spec: JsonObject) => ({ spec: { template: { spec } } }), AT],
  [
    "kubernetes:batch/v1:CronJob",
    (spec: JsonObject) => ({ spec: { jobTemplate: { spec: { template: { spec } } } } }),
    "spec.jobTemplate.spec.template.spec",
  ],
  [
    "kubernetes:apps/v1:DeploymentList",
    (spec: JsonObject) => ({ items: [{ spec: { template: { spec } } }] }),
    "items[0].spec.template.spec",
  ],
  ["kubernetes:apps/v1:DeploymentPatch", (spec: JsonObject) => ({ spec: { template: { spec } } }), AT],
  ["kubernetes:argoproj.io/v1alpha1:Rollout", (spec: JsonObject) => ({ spec: { template: { spec } } }), AT],
  ["kubernetes:serving.knative.dev/v1:Service", (spec: JsonObject) => ({ spec: { template: { spec } } }), AT],
])("Pods of %s are judged", async (type, embed, path) => {
  const messages = await refusals(pack, resourceOf(type, "x", embed({ ...pod, hostNetwork: true })));
  expect(messages).toEqual([
    `the Pod at ${path} is not within the Restricted profile of the Pod Security Standards\n  ${path}.hostNetwork must be false or left out`,
  ]);
});

test("a patch is judged by what it changes", async () => {
  const patch = (spec: JsonObject) =>
    resourceOf("kubernetes:apps/v1:DeploymentPatch", "app", { spec: { template: { spec } } });
  expect(await refusals(pack, patch({ containers: [{ name: "app", image: "app" }] }))).toEqual([]);
  expect(await refusals(pack, patch({ containers: [{ name: "app", securityContext: { privileged: true } }] }))).toEqual(
    [
      `the Pod at ${AT} is not within the Restricted profile of the Pod Security Standards\n  ${FIRST}.securityContext.privileged must be false or left out`,
    ],
  );
});

test("Pods that cannot be seen are refused", async () => {
  const unseen = "its Pods cannot be judged:";
  expect(await refusals(pack, deployment(UNKNOWN))).toEqual([`${unseen} ${AT} cannot be known before an update`]);
  expect(await refusals(pack, deployment("text"))).toEqual([`${unseen} it has no list of containers`]);
  expect(await refusals(pack, deployment({ ...pod, containers: "none" }))).toEqual([
    `${unseen} it has no list of containers`,
  ]);
  expect(await refusals(pack, deployment({ ...pod, containers: UNKNOWN }))).toEqual([
    `the Pod at ${AT} is not within the Restricted profile of the Pod Security Standards\n  ${FIRST.replace("[0]", "")} cannot be known before an update; it must be a list of objects`,
  ]);
});

test("what has no Pods is none of its business, also where it is unknown", async () => {
  expect(await refusals(pack, resourceOf("kubernetes:core/v1:Service", "s", { spec: UNKNOWN }))).toEqual([]);
  expect(await refusals(pack, resourceOf("kubernetes:core/v1:ConfigMap", "c", { data: { containers: "[]" } }))).toEqual(
    [],
  );
});

describe("levels", () => {
  const bare = { containers: [{ name: "app", image: "app" }] };
  test("by default it refuses in staging and prod, advises in dev, and says nothing in bleed", async () => {
    const counts = async (stack: string) => {
      const { refused, advised } = await judge(pack, deployment(bare, stack));
      return [refused.length, advised.length];
    };
    expect(await counts("prod")).toEqual([3, 0]);
    expect(await counts("staging")).toEqual([3, 0]);
    expect(await counts("dev")).toEqual([0, 3]);
    expect(await counts("bleed")).toEqual([0, 0]);
  });

  test("an exempt namespace is advised, with the reason", async () => {
    const { refused, advised } = await judge(pack, deployment({ ...pod, hostPID: true }, "prod", "storage"));
    expect(refused).toEqual([]);
    expect(advised.map(({ message }) => message.split("\n")[0])).toEqual([
      "exempt: the driver mounts disks of its node",
    ]);
  });

  test("a namespace that is unknown is not exempt", async () => {
    expect(await refusals(pack, deployment({ ...pod, hostPID: true }, "prod", UNKNOWN))).toHaveLength(1);
  });

  test("each part has its own, per class", async () => {
    const settings = { readiness: { prod: "off" }, resources: { prod: "advisory" } };
    const { refused, advised } = await judge(
      await startPolicy("workload-baseline", catalogue, settings),
      deployment(bare),
    );
    expect(refused.map(({ message }) => message.split("\n")[0])).toEqual([
      `the Pod at ${AT} is not within the Restricted profile of the Pod Security Standards`,
    ]);
    expect(advised).toHaveLength(1);
  });

  test("a setting that is none, or an exemption without a reason, is refused", async () => {
    await expect(startPolicy("workload-baseline", catalogue, { security: { prod: "strict" } })).rejects.toThrow(
      /workload-baseline\.security\.prod: Invalid option/,
    );
    await expect(startPolicy("workload-baseline", catalogue, { exempt: [{ namespace: "x" }] })).rejects.toThrow(
      /workload-baseline\.exempt\.0\.reason: Invalid input/,
    );
  });
});
