import { readFileSync } from "node:fs";
import { join } from "node:path";
import { prettyJson } from "../../release/json.ts";
import { recordFileName, recordFolder } from "../../release/records.ts";
import { bundleFileDigest } from "../../release/signing/envelope.ts";
import { recordStatement } from "../../release/statements.ts";
import { configHash } from "../../release/values.ts";
import { Checkout } from "../cli/checkout.ts";
import { day, VERSION, World } from "../release/world.ts";

/** The instant to judge at: all that is asked for is there. */
export const AT = day(3).toISOString();

/** The module sets no chart values. */
const CONFIG = configHash({});

const FORMALITY = `blessed: [prod]
voteDays: 30
rules:
  - name: the one rule
    when: { classes: [prod] }
    require:
      evidence: [{ type: test-result, by: ci, thresholds: { failed: { max: 0 } } }]
      votes: [{ role: lead }, { role: qa }]
  - name: on the platform
    when: { stacks: [formal] }
    require:
      evidence: [{ type: platform-test, by: qa, in: prod }]
`;

/** What is delivered: digests of real artifacts, in the repositories of the build registry. */
export interface Artifacts {
  readonly image: string;
  readonly chart?: string;
}

/** A checkout whose module `app` 1.0.0 is blessed for `prod`, which pulls what `build.test` has from `prod.test`. */
export async function blessedCheckout(
  { image, chart }: Artifacts,
  { bless = true } = {},
): Promise<{ readonly checkout: Checkout; readonly world: World }> {
  const ref =
    chart === undefined ? {} : { chart: { repository: "build.test/charts/app", version: "1.0.0", digest: chart } };
  const manifest = {
    module: "app",
    version: VERSION,
    channel: "stable",
    commit: "a".repeat(40),
    appVersion: VERSION,
    ...ref,
    images: { app: { repository: "build.test/team/app", digest: image } },
  };
  const chartLine = chart === undefined ? "" : "chart: build.test/charts/app\n";
  const world = new World({
    "catalog/trust/stacks.yaml":
      "stacks: { prod: { class: prod, gate: &gate { mode: enforce } }, formal: { class: prod, gate: *gate } }\n",
    "catalog/trust/formality.yaml": FORMALITY,
    "catalog/modules/app.yaml": `description: app\npurpose: service\nowners: [lead]\nmaturity: mature\n${chartLine}images: { app: { repository: build.test/team/app } }\n`,
    [`catalog/releases/app/${VERSION}.json`]: prettyJson(manifest),
  });
  await world.cut("author", day(1));
  await world.test("author", day(1));
  await world.vote("lead", "lead", "GO", day(1), { configHash: CONFIG });
  await world.vote("tester", "qa", "GO", day(1), { configHash: CONFIG });
  if (bless) await blessed(world, day(2));
  return { checkout: write(world), world };
}

/** Adds the evidence of a test on the platform, signed by `tester`, and a blessing that rests on it too. */
export async function attestPlatformTest(checkout: Checkout, world: World): Promise<void> {
  const subject = { module: "app", version: VERSION, manifestDigest: world.candidate().release.manifestDigest };
  const at = day(2).toISOString();
  const predicate = { type: "platform-test", in: "prod", result: "pass" as const, metrics: {}, at };
  const bytes = await world.sign("tester", recordStatement("evidence", [subject], predicate));
  const name = recordFileName("platform-test", bundleFileDigest(bytes));
  world.written.set(`${recordFolder("app", VERSION)}/${name}`, bytes);
  world.written.set(
    "catalog/trust/formality.yaml",
    new TextEncoder().encode(checkout.read("catalog/trust/formality.yaml")),
  );
  await blessed(world, day(3));
  for (const [path, written] of world.written) checkout.write(path, new TextDecoder().decode(written));
}

async function blessed(world: World, at: Date): Promise<void> {
  if ((await world.bless("manager", at, CONFIG)) === undefined) throw new Error("something is missing for a blessing");
}

function write(world: World): Checkout {
  const checkout = new Checkout({
    "Pulumi.yaml": readFileSync(join(import.meta.dirname, "../../Pulumi.yaml"), "utf8"),
    "Pulumi.prod.yaml": stackFile("prod.test"),
    "Pulumi.formal.yaml": stackFile("prod.test"),
    ...world.base,
    ...Object.fromEntries([...world.written].map(([path, bytes]) => [path, new TextDecoder().decode(bytes)])),
  });
  return checkout;
}

function stackFile(host: string): string {
  return `config:
  imprimatur:cluster: { context: prod }
  imprimatur:registries:
    images: { url: ${host}/mirror/team, mirrors: build.test/team }
    charts: { url: ${host}/mirror/charts, mirrors: build.test/charts }
  imprimatur:modules: {}
`;
}
