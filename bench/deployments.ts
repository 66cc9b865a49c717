import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import type { Registration } from "../engine/registration.ts";
import type { JsonObject } from "../release/json.ts";
import { resourceOf } from "../test/policies/resource.ts";

const ROOT = join(import.meta.dirname, "..");

/** An image that the reference platform's production runs: every policy has its full work to do with it. */
function blessedImage(): string {
  const { config } = parse(readFileSync(join(ROOT, "Pulumi.prod.yaml"), "utf8"));
  const [pinned] = config["imprimatur:modules"].skaha[0].split("@");
  const manifest = JSON.parse(readFileSync(join(ROOT, `catalog/releases/skaha/${pinned}.json`), "utf8"));
  return `${manifest.images.skaha.repository}@${manifest.images.skaha.digest}`;
}

const IMAGE = blessedImage();

/** A Deployment as a careful team writes it: it lacks nothing that any policy asks for. */
export function deployment(index: number): JsonObject {
  const labels = { app: `web-${index}`, "imprimatur.dev/module": "skaha" };
  const container = {
    name: "web",
    image: IMAGE,
    env: [{ name: "FEATURE_GPU_SUPPORT", value: "false" }],
    ports: [{ containerPort: 8080 }],
    readinessProbe: { httpGet: { path: "/ready", port: 8080 } },
    resources: { requests: { cpu: "100m", memory: "128Mi" }, limits: { memory: "256Mi" } },
    securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
  };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: `web-${index}`, namespace: "skaha-system", labels },
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
          containers: [container],
        },
      },
    },
  };
}

const TYPE = "kubernetes:apps/v1:Deployment";

/** The same, as a program of the stack `prod` registers it. */
export function registration(index: number): Registration {
  return resourceOf(TYPE, `web-${index}`, deployment(index));
}
