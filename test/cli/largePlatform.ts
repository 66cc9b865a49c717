import { generateKeyPairSync } from "node:crypto";
import type { Context } from "../../cli/context.ts";
import { Catalogue } from "../../release/catalogue.ts";
import { memoryFiles, overlay } from "../../release/files.ts";
import { prettyJson, sha256 } from "../../release/json.ts";
import { ledgerFile } from "../../release/ledger.ts";
import { bundleFileDigest } from "../../release/signing/envelope.ts";
import { ledgerStatement } from "../../release/statements.ts";
import { pemSigner } from "../../signing/pem.ts";
import { signStatement } from "../../signing/sign.ts";

/** As many as the biggest of the platforms that the project learned from. */
export const MODULES = 103;
export const STACKS = 24;

const CLASSES = ["dev", "staging", "prod"] as const;
const OLD = "1.0.0";
const NEW = "1.1.0";

/**
 * A platform of 103 modules in 24 stacks, in memory: a third of them of each class. Only those of class dev pin the newer of
 * two releases, which is on its way to the stacks of class staging.
 */
export async function largePlatform(): Promise<Context> {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const pem = publicKey.export({ type: "spki", format: "pem" }).toString().trimEnd();
  const signer = pemSigner(privateKey.export({ type: "pkcs8", format: "pem" }).toString(), { allowUnencrypted: true });
  const modules = Array.from({ length: MODULES }, (_, index) => `module-${index + 1}`);
  const stacks = Array.from({ length: STACKS }, (_, index) => ({
    name: `${CLASSES[Math.floor((index * 3) / STACKS)]}-${(index % (STACKS / 3)) + 1}`,
    class: CLASSES[Math.floor((index * 3) / STACKS)] ?? "dev",
    mirrors:
      index < STACKS / 3 ? undefined : `${CLASSES[Math.floor((index * 3) / STACKS) - 1]}-${(index % (STACKS / 3)) + 1}`,
  }));
  const texts: Record<string, string> = {
    "Pulumi.yaml": "name: large\nruntime: nodejs\n",
    "catalog/trust/stacks.yaml": `stacks:\n${stacks.map(({ name, class: kind, mirrors }) => `  ${name}: { class: ${kind}${mirrors === undefined ? "" : `, mirrors: ${mirrors}`} }\n`).join("")}`,
    "catalog/trust/channels.yaml": "service: &a { bleed: edge, dev: edge, staging: beta, prod: stable }\noffered: *a\n",
    "catalog/trust/formality.yaml": FORMALITY,
    "catalog/trust/people.yaml": `people:\n  pipeline:\n    name: Pipeline\n    keys:\n      - from: 2026-01-01T00:00:00Z\n        pem: |\n${pem.replace(/^/gm, "          ")}\n${ROLES}`,
  };
  for (const module of modules) {
    texts[`catalog/modules/${module}.yaml`] =
      `description: One of many\npurpose: service\nowners: [lead]\nmaturity: mature\nimages: { ${module}: { repository: registry.test/app/${module} } }\n`;
    for (const version of [OLD, NEW]) texts[`catalog/releases/${module}/${version}.json`] = manifest(module, version);
  }
  for (const { name, class: kind } of stacks) {
    const pins = modules.map((module) => `    ${module}: [${pin(module, kind === "dev" ? NEW : OLD)}]\n`);
    texts[`Pulumi.${name}.yaml`] =
      `config:\n  imprimatur:cluster: { context: ${name} }\n  imprimatur:registries: { app: { url: registry.test/app } }\n  imprimatur:modules:\n${pins.join("")}`;
  }
  const signed = new Map<string, Uint8Array>();
  for (const { name } of stacks) {
    let previous: string | null = null;
    for (let seq = 1; seq <= 5; seq += 1) {
      const module = modules[seq] ?? "";
      const to = digest(manifest(module, OLD));
      const bytes: Uint8Array = await signStatement(
        ledgerStatement({
          stack: name,
          seq,
          previous,
          changes: [{ module, version: OLD, from: null, to, blessing: null }],
          outcome: "succeeded",
          planDigest: sha256(name),
          at: `2026-07-0${seq}T12:00:00Z`,
          durationSeconds: 60,
        }),
        signer,
      );
      signed.set(ledgerFile(name, seq), bytes);
      previous = bundleFileDigest(bytes);
    }
  }
  const files = overlay(memoryFiles(texts), signed);
  return { root: "/", files, trust: files, catalogue: new Catalogue(files) };
}

const FORMALITY = `blessed: [staging, prod]
rules:
  - name: tested and wanted
    require:
      evidence:
        - { type: test-result, by: ci, thresholds: { failed: { max: 0 } } }
        - { type: vulnerability-scan, by: ci, thresholds: { critical: { max: 0 } } }
      votes: [{ role: lead }, { role: qa }]
`;

const ROLES = `  lead: { name: Lead }
  tester: { name: Tester }
roles:
  ci: { description: builds, members: [{ person: pipeline }], may: [cut, attest, record] }
  lead: { description: leads, members: [{ person: lead }] }
  qa: { description: tests, members: [{ person: tester }], veto: true }
`;

function manifest(module: string, version: string): string {
  return prettyJson({
    module,
    version,
    channel: "stable",
    commit: sha256(`${module}${version}`).slice(0, 40),
    appVersion: version,
    images: { [module]: { repository: `registry.test/app/${module}`, digest: digest(`image ${module} ${version}`) } },
  });
}

function pin(module: string, version: string): string {
  return `${version}@${digest(manifest(module, version))}`;
}

function digest(text: string): string {
  return `sha256:${sha256(text)}`;
}
