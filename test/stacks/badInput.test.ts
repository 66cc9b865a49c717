import { expect, test } from "vitest";
import { EngineError } from "../../engine/failure.ts";
import { CONFIG, runStack } from "./fixture.ts";

/** All that the program wrote before it ended. */
async function failure(...args: Parameters<typeof runStack>): Promise<string> {
  const error = await runStack(...args).catch((thrown: unknown) => thrown);
  if (!(error instanceof EngineError)) throw error;
  return error.debug.trim();
}

test("bad input ends the program with its message, and no stack trace", async () => {
  const config = { ...CONFIG, "imprimatur:cluster": { contxt: "east" } };

  expect(await failure("lower", config)).toBe(
    [
      'Pulumi.lower.yaml config.imprimatur:cluster.contxt: is not a known key here (got "contxt"; did you mean "context"?)',
      "Pulumi.lower.yaml config.imprimatur:cluster: must say which cluster is meant: by its context, by a kubeconfig, or as inCluster alone",
    ].join("\n"),
  );
});

test("so does what the catalogue does not have", async () => {
  const config = { ...CONFIG, "imprimatur:modules": { ...CONFIG["imprimatur:modules"], stor: ["1.0.0@sha256:0"] } };
  const place = "Pulumi.lower.yaml config.imprimatur:modules";

  expect(await failure("lower", config)).toBe(
    `${place}.stor[0]: must be <version>@sha256:<manifest digest> (got "1.0.0@sha256:0")`,
  );
  expect(await failure("nowhere")).toBe(
    'catalog/trust/stacks.yaml stacks: there is no such stack (got "nowhere"; did you mean "lower"?)',
  );
});

test("an encrypted setting is refused", async () => {
  const said = "holds an encrypted value, and would show it: keep it in a Secret of the cluster, and name that here";

  expect(await failure("lower", CONFIG, ["imprimatur:values"])).toBe(
    `Pulumi.lower.yaml config.imprimatur:values: ${said}`,
  );
});

test("so is a cluster of a version that its cloud no longer keeps", async () => {
  const access = Object.fromEntries(
    ["deployer", "gateKeeper", "viewer", "breakGlass"].map((who) => [who, `arn:aws:iam::111111111111:role/${who}`]),
  );
  const cluster = {
    kind: "eks",
    version: "1.30",
    mode: "auto",
    network: { cidr: "10.0.0.0/16" },
    endpoint: { private: true },
    access,
  };

  expect(await failure("upper", { ...CONFIG, "imprimatur:cluster": cluster })).toMatch(
    /^Pulumi\.upper\.yaml config\.imprimatur:cluster\.version: is a version whose standard support on EKS ended after 2025-07-23 \(got "1\.30"; /,
  );
});

test("a kind of cluster that there is none of names those that there are", async () => {
  expect(await failure("lower", { ...CONFIG, "imprimatur:cluster": { kind: "aks" } })).toBe(
    'Pulumi.lower.yaml config.imprimatur:cluster.kind: must be one of existing, eks (got "aks"; did you mean "eks"?)',
  );
});
