import type { PreviewReport, ResourceReport, StackReport } from "../../cli/report.ts";

const digest = (hex: string) => `sha256:${hex.repeat(64)}`;

/** A resource of a report; its URN is made from its name. */
function reported(type: string, name: string, more: Partial<ResourceReport> = {}): ResourceReport {
  return { op: "same", urn: `urn:pulumi:prod::test::${type}::${name}`, type, name, changes: [], ...more };
}

const stack = reported("pulumi:pulumi:Stack", "test-prod");
const environment = reported("imprimatur:environment:Environment", "platform", { parent: stack.urn });
const web = reported("imprimatur:release:ModuleRelease", "web", {
  op: "update",
  parent: stack.urn,
  module: "web",
  changes: [{ path: "inputs.version", before: "1.0.0", after: "1.1.0" }],
});
const store = reported("imprimatur:release:ModuleRelease", "store", { parent: stack.urn, module: "store" });

/** A refused stack: one module goes up, one stays, one goes; a namespace goes and another comes. */
export const PROD: StackReport = {
  name: "prod",
  class: "prod",
  allowed: false,
  compared: true,
  counts: { create: 1, update: 2, replace: 0, delete: 2, same: 5 },
  modules: [
    { name: "store", purpose: "service", version: "2.0.0", channel: "stable", manifestDigest: digest("a") },
    { name: "web", purpose: "service", version: "1.1.0", channel: "beta", manifestDigest: digest("b") },
  ],
  waves: [["store"], ["web"]],
  pinChanges: [
    { module: "old", before: { version: "0.9.0", manifestDigest: digest("c") } },
    {
      module: "web",
      before: { version: "1.0.0", manifestDigest: digest("d") },
      after: { version: "1.1.0", manifestDigest: digest("b") },
    },
  ],
  resources: [
    environment,
    reported("kubernetes:core/v1:Namespace", "one", { parent: environment.urn }),
    reported("kubernetes:core/v1:Namespace", "two", { op: "create", parent: environment.urn }),
    reported("kubernetes:core/v1:Namespace", "three", { op: "delete", parent: environment.urn }),
    reported("imprimatur:release:ModuleRelease", "old", { op: "delete", parent: stack.urn, module: "old" }),
    store,
    reported("kubernetes:helm.sh/v3:Release", "store", { parent: store.urn }),
    web,
    reported("kubernetes:helm.sh/v3:Release", "web", {
      op: "update",
      parent: web.urn,
      changes: [
        {
          path: "inputs.values.image",
          before: `registry.test/web@${digest("1")}`,
          after: `registry.test/web@${digest("2")}`,
        },
        { path: 'inputs.values.annotations["imprimatur.dev/channel"]', before: "stable", after: "beta" },
        { path: "options.protect", after: true },
      ],
    }),
    stack,
  ],
  verdicts: [
    {
      policy: "channel",
      level: "mandatory",
      violations: [
        { urn: web.urn, message: "web 1.1.0 is of channel beta; prod admits stable", remedy: "npx imprimatur notes" },
      ],
    },
    { policy: "image-digest-only", level: "mandatory", violations: [] },
    { policy: "window", level: "advisory", violations: [{ message: "no window is open" }] },
  ],
  warnings: [],
};

/** A preview of {@link PROD} alone. */
export const REPORT: PreviewReport = {
  allowed: false,
  engine: { name: "offline", reason: "no Pulumi CLI on PATH" },
  base: { commit: "0123456789abcdef0123456789abcdef01234567", reason: "merge base with main" },
  sets: ["web=1.1.0"],
  counts: PROD.counts,
  stacks: [PROD],
};
