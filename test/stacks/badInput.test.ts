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
      "Pulumi.lower.yaml config.imprimatur:cluster.context: invalid input: expected string, received undefined",
      'Pulumi.lower.yaml config.imprimatur:cluster.contxt: is not a known key here (got "contxt"; did you mean "context"?)',
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
