import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { plannedObjects } from "./admissionCluster.ts";
import { ApiServer, noKubernetes } from "./apiServer.ts";

const PLANS = join(import.meta.dirname, "../../plans");
const skipped = noKubernetes === undefined ? "" : ` (skipped: ${noKubernetes})`;

/** An object as plans have it. */
interface Planned {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
}

describe.skipIf(noKubernetes !== undefined)(
  `a real API server accepts every object that the program makes${skipped}`,
  () => {
    let cluster: ApiServer;
    beforeAll(async () => {
      cluster = await ApiServer.start("prod");
    });
    afterAll(() => cluster?.stop());

    it.each(readdirSync(PLANS).filter((file) => file.endsWith(".json")))("%s", (file) => {
      const objects = plannedObjects(readFileSync(join(PLANS, file), "utf8")) as Planned[];
      const byGroup = Map.groupBy(objects, ({ apiVersion, kind }) =>
        isCustom(apiVersion) ? `${apiVersion} ${kind}` : "",
      );
      for (const [first] of [...byGroup].filter(([group]) => group !== "").map(([, group]) => group)) {
        if (first !== undefined) cluster.kubectl(["apply", "--server-side", "--filename", "-"], definitionOf(first));
      }
      // What is to stand in a namespace can only be tried where that is there.
      const namespaces = objects.filter(({ kind }) => kind === "Namespace");
      cluster.kubectl(["apply", "--server-side", "--filename", "-"], ...namespaces);

      const tried = ["apply", "--server-side", "--force-conflicts", "--dry-run=server", "--filename", "-"];
      const said = cluster.kubectl([...tried, "--output", "name"], ...objects);

      expect(
        said
          .trim()
          .split("\n")
          .map((line) => line.split("/").at(-1)),
      ).toEqual(objects.map(({ metadata }) => metadata.name));
      expect(cluster.warnings(tried, ...objects)).toBe("");
    });
  },
);

/** Whether a kind is none of Kubernetes' own: then the cluster must be told of it first. */
function isCustom(apiVersion: string): boolean {
  const [group = ""] = apiVersion.includes("/") ? apiVersion.split("/") : [""];
  const own = ["rbac.authorization.k8s.io", "admissionregistration.k8s.io", "networking.k8s.io", "storage.k8s.io"];
  return group.includes(".") && !own.includes(group);
}

/** The least that makes a kind known: a name, and fields of any kind. */
function definitionOf({ apiVersion, kind }: Planned) {
  const [group = "", version] = apiVersion.split("/");
  const plural = `${kind.toLowerCase()}s`;
  const schema = { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } };
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: {
      name: `${plural}.${group}`,
      // Groups of Kubernetes' own community ask for one.
      annotations: { "api-approved.kubernetes.io": "https://github.com/kubernetes-sigs/gateway-api" },
    },
    spec: {
      group,
      scope: "Namespaced",
      names: { kind, plural, singular: kind.toLowerCase() },
      versions: [{ name: version, served: true, storage: true, schema }],
    },
  };
}
