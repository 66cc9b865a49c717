import { expect, test } from "vitest";
import { FlagConfig } from "../../components/flagConfig.ts";
import { record } from "./record.ts";

test("the flags of a module are one ConfigMap, which never changes", async () => {
  const args = {
    module: "skaha",
    namespace: "skaha-system",
    configMap: "skaha-flags-0a1b2c3d",
    data: { FEATURE_GPU_SUPPORT: "sites:srcnet@2026-12-31" },
  };
  const resources = await record((opts) => new FlagConfig("skaha-flags", args, opts));

  expect(resources).toEqual([
    { type: "imprimatur:release:FlagConfig", name: "skaha-flags", inputs: args, dependsOn: [], protect: false },
    {
      type: "kubernetes:core/v1:ConfigMap",
      name: "skaha-flags",
      inputs: {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: {
          name: "skaha-flags-0a1b2c3d",
          namespace: "skaha-system",
          labels: { "app.kubernetes.io/managed-by": "imprimatur" },
        },
        immutable: true,
        data: { FEATURE_GPU_SUPPORT: "sites:srcnet@2026-12-31" },
      },
      parent: "imprimatur:release:FlagConfig::skaha-flags",
      dependsOn: [],
      protect: false,
    },
  ]);
});
