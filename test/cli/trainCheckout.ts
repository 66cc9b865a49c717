import { Approval } from "./approval.ts";

/** web 1.1.0 and a release of store, cut and tested, and the train `q3` of both: production is to get them as one. */
export async function trainCheckout(
  files: Readonly<Record<string, string>> = {},
  store: "1.0.0" | "1.1.0" = "1.0.0",
): Promise<Approval> {
  const checkout = await new Approval(files).withTestedRelease();
  checkout.edit("catalog/trust/people.yaml", "modules: [web]", "modules: [web, store]");
  const at = new Date(Date.now() - 3_600_000).toISOString();
  await checkout.file("pipeline", "cut", ["store", store], { module: "store", version: store, channel: "stable", at });
  const tests = { type: "test-result", in: "ci", result: "pass", metrics: { failed: 0 }, at };
  await checkout.file("pipeline", "evidence", ["store", store], tests);
  const { code, stderr } = await checkout.verb(["train", "q3", "web@1.1.0", `store@${store}`]);
  if (code !== 0) throw new Error(stderr);
  return checkout;
}
