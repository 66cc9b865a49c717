import { cpSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { Prometheus } from "../../clients/prometheus.ts";
import { canaryDiagram } from "../../release/canary/diagram.ts";
import { CONDITIONS, conditionsPlatform, PROCESSING, RULES } from "../cli/canaryCheckout.ts";
import { COMMAND } from "../cli/checkout.ts";
import { PrometheusServer } from "../e2e/prometheusServer.ts";
import { missingTools, until } from "../e2e/tools.ts";
import { UnleashServer } from "../e2e/unleashServer.ts";
import { commandsOf, readPage, runPage, writeNpx } from "./page.ts";

const page = readPage("canary.md");
const VERBS = ["start", "widen", "analyse", "promote", "settle", "revert", "supersede", "emergency", "status"];

describe("docs/canary.md", () => {
  it("draws the state machine as it is; `npx imprimatur canary diagram --write docs/canary.md` renews it", () => {
    expect(page).toContain(`\`\`\`mermaid\n${canaryDiagram()}\n\`\`\`\n`);
  });

  it("shows every step", () => {
    const texts = commandsOf(page).map(({ text }) => text);
    const shown = VERBS.filter((verb) => texts.some((text) => text.startsWith(`npx imprimatur canary ${verb} `)));
    expect(shown).toEqual(VERBS);
  });

  const missing = missingTools("prometheus");
  it.skipIf(missing !== undefined)(
    `runs as it stands, on a real Unleash and a real Prometheus${missing === undefined ? "" : ` (skipped: ${missing})`}`,
    { timeout: 600_000 },
    async ({ skip }) => {
      const unleash = await UnleashServer.start();
      if (typeof unleash === "string") return skip(unleash);
      onTestFinished(() => unleash.stop());
      const prometheus = await PrometheusServer.start(conditionsMetrics);
      onTestFinished(() => prometheus.stop());
      const checkout = await conditionsPlatform({
        unleash: unleash.place,
        prometheus: prometheus.url,
        blessed: ["1.0.1", "1.0.3", "1.0.4"],
      });
      mkdirSync(join(checkout.root, ".keys"));
      for (const person of ["pipeline", RULES, PROCESSING, "release-manager"]) {
        cpSync(checkout.key(person), join(checkout.root, ".keys", `${person}.pem`));
      }
      const up = join(import.meta.dirname, "../cli/fixtures/up.ts");
      writeNpx(join(checkout.root, ".bin"), COMMAND, `"${process.execPath}" "${up}" .keys/pipeline.pem`);
      const before = checkout.read("Pulumi.prod.yaml");
      const client = new Prometheus(prometheus.url);
      await until("enough scrapes", async () => {
        return ((await client.number('sum(increase(conditions_served_total{version="1.0.2"}[60s]))')) ?? 0) > 1000;
      });

      await runPage(commandsOf(page), checkout.root, {
        PATH: `${join(checkout.root, ".bin")}:${process.env.PATH}`,
        UNLEASH_TOKEN: unleash.place.token,
      });

      const manifest = (version: string) => `${version}@${checkout.manifestDigest(CONDITIONS, version)}`;
      const after = before
        .replace(manifest("1.0.1"), manifest("1.0.4"))
        .replace(/1\.0\.0@sha256:7621[0-9a-f]+/, manifest("1.0.2"));
      expect(checkout.read("Pulumi.prod.yaml")).toBe(after);
    },
  );
});

const began = Date.now();
/** What the queries of the module ask for, of two versions that do equally well. */
function conditionsMetrics(): string {
  const count = ((Date.now() - began) / 1000) * 400;
  const lines = ["1.0.1", "1.0.2"].flatMap((version) => [
    `conditions_served_total{version="${version}"} ${count}`,
    `conditions_errors_total{version="${version}"} ${count / 1000}`,
    ...["0.1", "0.5", "+Inf"].map(
      (le) => `conditions_latency_seconds_bucket{version="${version}",le="${le}"} ${count}`,
    ),
    `archives_total{conditions="${version}"} ${count}`,
    `archives_valid_total{conditions="${version}"} ${count}`,
  ]);
  return `${lines.join("\n")}\n`;
}
