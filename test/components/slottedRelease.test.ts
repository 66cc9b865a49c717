import { expect, test } from "vitest";
import { SlottedRelease, type SlottedReleaseArgs } from "../../components/slottedRelease.ts";
import { record } from "./record.ts";

const digest = (letter: string) => `sha256:${letter.repeat(64)}`;
const chart = (letter: string) => ({
  repository: "registry.test/charts/web",
  version: "1.0.0",
  digest: digest(letter),
});
const check = (name: string) => ({
  name,
  namespace: "web",
  annotations: { "imprimatur.dev/release": "web" },
  image: `registry.test/web@${digest("e")}`,
  command: ["/check"],
  env: {},
  timeoutSeconds: 60,
  bakeSeconds: 0,
});
const args: SlottedReleaseArgs = {
  module: "web",
  version: "2.0.0",
  manifestDigest: digest("a"),
  channel: "stable",
  purpose: "service",
  configHash: "b".repeat(64),
  namespace: "web",
  chart: chart("c"),
  values: { image: "two" },
  atomic: true,
  slot: "web-2",
  sanity: check("web-2-sanity"),
  route: {
    name: "web",
    namespace: "web",
    gateway: { name: "public", namespace: "gateways", section: "https" },
    hostnames: ["web.test"],
    path: "/",
    port: 80,
    backends: [{ service: "web-2", weight: 100 }],
  },
};
const beside = (slot: string, letter: string) => ({
  slot,
  version: slot,
  manifestDigest: digest(letter),
  configHash: "b".repeat(64),
  chart: chart(letter),
  values: { image: slot },
});

/** What each resource waits for, without components, which are there for their children. */
async function order(changes: Partial<SlottedReleaseArgs> = {}) {
  const resources = await record((opts) => new SlottedRelease("web", { ...args, ...changes }, opts));
  const short = (urn: string) => urn.split(/[$:]/).slice(-3).join(":");
  const made = resources.filter(({ type }) => type.startsWith("kubernetes:"));
  return Object.fromEntries(
    made.map(({ type, name, dependsOn }) => [`${type.split(":").at(-1)}::${name}`, dependsOn.map(short)]),
  );
}

test("traffic moves when the slot is ready and has passed its check, and only then is the one before touched", async () => {
  expect(await order({ kept: beside("web-1", "d") })).toEqual({
    "Release::web-2": [],
    "Job::web-2-sanity": ["Release::web-2"],
    "HTTPRoute::web": ["Release::web-2", "Job::web-2-sanity"],
    "Release::web-1": ["HTTPRoute::web"],
  });
});

test("a canary is ready and checked as well before it has a share", async () => {
  const canary = { ...beside("web-3", "f"), sanity: check("web-3-sanity") };
  expect((await order({ canary }))["HTTPRoute::web"]).toEqual([
    "Release::web-2",
    "Job::web-2-sanity",
    "Release::web-3",
    "Job::web-3-sanity",
  ]);
});

test("the route names every field that the API server would fill in", async () => {
  const backends = [
    { service: "web-2", weight: 95 },
    { service: "web-3", weight: 5 },
  ];
  const resources = await record(
    (opts) => new SlottedRelease("web", { ...args, route: { ...args.route, backends } }, opts),
  );
  const route = resources.find(({ type }) => type === "kubernetes:gateway.networking.k8s.io/v1:HTTPRoute");
  expect(route?.inputs).toEqual({
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "HTTPRoute",
    metadata: { name: "web", namespace: "web", labels: { "app.kubernetes.io/managed-by": "imprimatur" } },
    spec: {
      parentRefs: [
        {
          group: "gateway.networking.k8s.io",
          kind: "Gateway",
          name: "public",
          namespace: "gateways",
          sectionName: "https",
        },
      ],
      hostnames: ["web.test"],
      rules: [
        {
          matches: [{ path: { type: "PathPrefix", value: "/" } }],
          backendRefs: [
            { group: "", kind: "Service", name: "web-2", port: 80, weight: 95 },
            { group: "", kind: "Service", name: "web-3", port: 80, weight: 5 },
          ],
        },
      ],
    },
  });
});

test("a bake is told to the check, and none ends before it is over", async () => {
  const sanity = { ...check("web-2-sanity"), bakeSeconds: 300, env: { TARGET: "http://web-2" } };
  const resources = await record((opts) => new SlottedRelease("web", { ...args, sanity }, opts));
  const job = resources.find(({ type }) => type === "kubernetes:batch/v1:Job");
  expect(job?.inputs).toMatchObject({
    spec: {
      backoffLimit: 0,
      activeDeadlineSeconds: 360,
      template: {
        spec: {
          restartPolicy: "Never",
          terminationGracePeriodSeconds: 301,
          containers: [
            {
              command: ["/check"],
              env: [
                { name: "BAKE_SECONDS", value: "300" },
                { name: "TARGET", value: "http://web-2" },
              ],
              lifecycle: { postStart: { sleep: { seconds: 300 } } },
            },
          ],
        },
      },
    },
  });
});
