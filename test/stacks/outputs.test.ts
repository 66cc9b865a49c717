import { isSecret, type Output, runtime, StackReference } from "@pulumi/pulumi";
import { expect, test } from "vitest";
import { type ReadOutputs, readOutputs } from "../../stacks/outputs.ts";

const OUTPUTS = {
  namespaces: ["api"],
  kubeconfig: "{}",
  endpoint: "https://cluster.test",
  registryUrls: { team: "registry.test/team" },
  manifestDigests: { api: `sha256:${"a".repeat(64)}` },
};

/** Reads a stack that has the given outputs, of which the kubeconfig is secret. */
async function read(outputs: object): Promise<ReadOutputs> {
  await runtime.setMocks({
    newResource: ({ inputs, name }) => ({
      id: name,
      state: { ...inputs, outputs, secretOutputNames: ["kubeconfig"] },
    }),
    call: () => ({}),
  });
  return readOutputs(new StackReference("org/imprimatur/staging"));
}

const known = <T>(output: Output<T>) => (output as unknown as { promise(): Promise<T> }).promise();

test("each output has its type, and what is secret stays so", async () => {
  const outputs = await read(OUTPUTS);

  const values = await Promise.all(
    Object.entries(outputs).map(async ([name, output]) => [name, await known(output as Output<unknown>)]),
  );
  expect(Object.fromEntries(values)).toEqual(OUTPUTS);
  expect(await isSecret(outputs.kubeconfig)).toBe(true);
  expect(await isSecret(outputs.registryUrls)).toBe(false);
});

test("a stack whose cluster was there before it has no kubeconfig", async () => {
  const { kubeconfig: _, endpoint: __, ...rest } = OUTPUTS;
  const outputs = await read(rest);

  expect([await known(outputs.kubeconfig), await known(outputs.endpoint)]).toEqual([undefined, undefined]);
});
