import { openSign } from "../../cli/signers.ts";
import type { UnleashPlace } from "../../clients/unleash.ts";
import { prettyJson, sha256 } from "../../release/json.ts";
import { Approval, PASSPHRASE, referencePlatform } from "./approval.ts";
import type { Outcome } from "./checkout.ts";
import { recordUp } from "./fixtures/up.ts";

export const CONDITIONS = "gathering-conditions";

/** What only counts here: a blessing, on the votes of the two teams in their order. */
const FORMALITY = `blessed: [prod]
voteDays: 30
rules:
  - name: conditions are proposed by one team and approved by the other
    when: { classes: [prod], modules: [${CONDITIONS}] }
    require: { stages: [[rules-team], [processing-team]] }
`;

/** Who does what in the seed. */
export const RULES = "rules-lead";
export const PROCESSING = "processing-lead";

/** What a test's platform has, as it differs from the reference platform. */
interface Conditions {
  /** Where its Unleash is. */
  readonly unleash?: UnleashPlace;
  /** Where its Prometheus is. */
  readonly prometheus?: string;
  /** Versions that are blessed for production. */
  readonly blessed?: readonly string[];
}

/** The reference platform, judged now, with gathering conditions 1.0.1 in production and 1.0.2 blessed for it. */
export async function conditionsPlatform({
  unleash,
  prometheus,
  blessed = ["1.0.1", "1.0.2"],
}: Conditions = {}): Promise<Approval> {
  const checkout = referencePlatform();
  checkout.write("catalog/trust/formality.yaml", FORMALITY);
  let text = checkout.read("Pulumi.prod.yaml");
  if (unleash !== undefined) {
    const { url, project, environment } = unleash;
    text = text.replace(/(?<=imprimatur:unleash: ).*/, JSON.stringify({ url, project, environment }));
  }
  if (prometheus !== undefined)
    text = text.replace(/(?<=imprimatur:prometheus: ).*/, JSON.stringify({ url: prometheus }));
  checkout.write("Pulumi.prod.yaml", text);
  checkout.withKeys("pipeline", "release-manager", RULES, PROCESSING);
  // It gets other bytes than the reference platform has, which the stacks before pin.
  const reference = checkout.manifestDigest(CONDITIONS, "1.0.2");
  for (const version of ["1.0.2", "1.0.3", "1.0.4"]) {
    writeConditions(checkout, version);
    await cutConditions(checkout, version);
  }
  for (const stack of ["dev", "staging"]) {
    const file = `Pulumi.${stack}.yaml`;
    const text = checkout.read(file).replaceAll(reference, checkout.manifestDigest(CONDITIONS, "1.0.2"));
    checkout.write(file, text);
  }
  await cutConditions(checkout, "1.0.1");
  for (const version of blessed) await blessConditions(checkout, version);
  return checkout;
}

/** Records that production was applied as it is pinned now, by the pipeline. */
export async function applied(checkout: Approval): Promise<void> {
  const sign = await openSign({ key: checkout.key("pipeline") }, { IMPRIMATUR_PASSPHRASE: PASSPHRASE });
  await recordUp(checkout.root, "prod", sign);
}

/** Writes the manifest of a release that is stable. */
function writeConditions(checkout: Approval, version: string): void {
  const digest = `sha256:${sha256(version)}`;
  const content = { conditions: { repository: "https://example.org/conditions", commit: "c".repeat(40), digest } };
  const manifest = {
    module: CONDITIONS,
    version,
    channel: "stable",
    commit: "c".repeat(40),
    appVersion: version,
    content,
  };
  checkout.write(`catalog/releases/${CONDITIONS}/${version}.json`, prettyJson(manifest));
}

async function cutConditions(checkout: Approval, version: string): Promise<void> {
  const at = new Date(Date.now() - 60_000).toISOString();
  const cut = { module: CONDITIONS, version, channel: "stable", at };
  await checkout.file("pipeline", "cut", [CONDITIONS, version], cut);
}

/** The rules team proposes, the processing team approves, and the release manager says that all is there. */
export async function blessConditions(checkout: Approval, version: string): Promise<void> {
  const vote = (person: string, role: string) =>
    checkout.verb(
      ["vote", CONDITIONS, version, "--for", "prod", "--role", role, "--go", "--reason", "reviewed"],
      person,
    );
  const steps: Outcome[] = [
    await vote(RULES, "rules-team"),
    await vote(PROCESSING, "processing-team"),
    await checkout.verb(["bless", CONDITIONS, version, "--for", "prod"], "release-manager"),
  ];
  const failed = steps.find(({ code }) => code !== 0);
  if (failed !== undefined) throw new Error(`${failed.stdout}${failed.stderr}`);
}

/**
 * The small platform with a canary of web that a route moves: 1.0.0 and 1.1.0 are blessed for production.
 * @param analysis by which numbers, as YAML on one line
 */
export async function routedPlatform(analysis = "", ladder = "[10, 50]"): Promise<Approval> {
  const checkout = new Approval({
    "catalog/trust/formality.yaml": "blessed: [prod]\nrules: []\n",
  });
  const canary = `canary: { ladder: ${ladder}${analysis === "" ? "" : `, analysis: ${analysis}`} }\n`;
  const web = `${checkout.read("catalog/modules/web.yaml")}strategy: slot\nroute: { port: 80 }\n${canary}`;
  checkout.write("catalog/modules/web.yaml", web);
  const route = "  imprimatur:routes: { web: { gateway: { name: public } } }\n";
  checkout.write("Pulumi.prod.yaml", checkout.read("Pulumi.prod.yaml") + route);
  checkout.edit("catalog/trust/people.yaml", "may: [attest, waive]", "may: [attest, waive, operate]");
  checkout.withKeys("pipeline", "manager", "ops", "guest");
  const at = new Date(Date.now() - 60_000).toISOString();
  for (const version of ["1.0.0", "1.1.0"]) {
    await checkout.file("pipeline", "cut", ["web", version], { module: "web", version, channel: "stable", at });
    await checkout.verb(["bless", "web", version, "--for", "prod"], "manager");
  }
  return checkout;
}
