import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll } from "vitest";
import type { PreviewReport, VerdictReport } from "../../cli/report.ts";
import { Checkout } from "../cli/checkout.ts";

const FIXTURES = join(import.meta.dirname, "fixtures");

/**
 * A checkout whose program is the fixture project: plain resources, none of our components. It goes when the tests of the
 * file are done.
 * @param files its catalogue, by path
 */
export function fixtureCheckout(files: Readonly<Record<string, string | Uint8Array>>): Checkout {
  const checkout = new Checkout().withProgram();
  afterAll(() => checkout.remove());
  for (const path of ["catalog", "stacks"]) rmSync(join(checkout.root, path), { recursive: true });
  cpSync(FIXTURES, join(checkout.root, "stacks"), { recursive: true });
  for (const [path, content] of Object.entries(files)) checkout.write(path, Buffer.from(content).toString());
  return checkout;
}

/** Runs `imprimatur preview` on one case as a stack, and gives the refusals of one policy. */
export async function previewCase(
  checkout: Checkout,
  policy: string,
  compliant: boolean,
  stack = "prod",
  facts: Readonly<Record<string, string>> = {},
): Promise<VerdictReport["violations"]> {
  const ours = { "imprimatur:cluster": { context: stack }, "imprimatur:registries": {}, "imprimatur:modules": {} };
  const config = { ...ours, "fixture:case": policy, "fixture:compliant": compliant, "fixture:facts": facts };
  checkout.write(`Pulumi.${stack}.yaml`, JSON.stringify({ config }));
  const { stdout, stderr } = await checkout.run("preview", stack, "--engine", "offline", "--json");
  if (stdout === "") throw new Error(stderr);
  const report: PreviewReport = JSON.parse(stdout);
  const verdicts = report.stacks.flatMap((each) => each.verdicts);
  const own = verdicts.filter((verdict) => verdict.policy === policy && verdict.level === "mandatory");
  if (own.length === 0) throw new Error(`the pack has no policy ${policy}`);
  return own.flatMap(({ violations }) => violations);
}
