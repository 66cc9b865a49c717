/**
 * How long the policy pack takes to start, and to judge Deployments by all its policies, its start included.
 * Where `kyverno` and `conftest` are on PATH, the same Deployments are judged by one image-digest policy of theirs, in
 * the same run, and the ratios are held against the requirements: at 1,000 a third of kyverno's time, at 10,000 twice
 * conftest's. Run `node bench/policies.ts [counts…]`; exit code 1 means over a limit.
 */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { startPack } from "../engine/pack.ts";
import { planText } from "../release/plan.ts";
import { deployment, registration } from "./deployments.ts";

const ROOT = join(import.meta.dirname, "..");
const COUNTS = process.argv.length > 2 ? process.argv.slice(2).map(Number) : [100, 1_000, 10_000];
/** The share of another tool's time that we may take, by tool and number of Deployments. */
const LIMITS: Readonly<Record<string, { readonly count: number; readonly ratio: number }>> = {
  kyverno: { count: 1_000, ratio: 1 / 3 },
  conftest: { count: 10_000, ratio: 2 },
};

/** Kyverno turns a rule for Pods into one for each kind that makes them. */
const KYVERNO = `apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata: { name: digest }
spec:
  validationFailureAction: Enforce
  rules:
    - name: digest
      match: { any: [{ resources: { kinds: [Pod] } }] }
      validate:
        message: images are pinned by their digest
        pattern:
          spec:
            =(ephemeralContainers): [{ image: "*@sha256:*" }]
            =(initContainers): [{ image: "*@sha256:*" }]
            containers: [{ image: "*@sha256:*" }]
`;
const CONFTEST = `package main
deny contains msg if {
  some container in input.spec.template.spec.containers
  not contains(container.image, "@sha256:")
  msg := sprintf("%s is not pinned by its digest", [container.image])
}
`;

async function timed<T>(work: () => T | Promise<T>): Promise<[seconds: number, result: T]> {
  const start = performance.now();
  const result = await work();
  return [(performance.now() - start) / 1_000, result];
}

/** A checkout with the reference platform's catalogue, in which staging has the very same Deployments. */
function writeCheckout(folder: string, count: number): void {
  for (const path of ["catalog", "Pulumi.prod.yaml"]) cpSync(join(ROOT, path), join(folder, path), { recursive: true });
  const resources = Array.from({ length: count }, (_, index) => {
    const { urn, type, name, custom, inputs } = registration(index);
    return { urn: urn.replace(":prod::", ":staging::"), type, name, custom, inputs, dependencies: [], options: {} };
  });
  mkdirSync(join(folder, "plans"), { recursive: true });
  writeFileSync(join(folder, "plans/staging.json"), planText({ stack: "staging", project: "bench", resources }));
}

/** Names of all policies. */
async function policyNames(): Promise<readonly string[]> {
  const pack = await startPack({ directory: "policies" }, ROOT);
  await pack.stop();
  return pack.policies.map(({ name }) => name);
}

/** Seconds that the whole pack takes; what it refuses would make it slower, so it must refuse nothing. */
async function judgeAll(
  catalogue: string,
  count: number,
): Promise<{ readonly started: number; readonly total: number }> {
  const resources = Array.from({ length: count }, (_, index) => registration(index));
  const config = Object.fromEntries(names.map((name) => [name, { catalogue }]));
  const begin = performance.now();
  const [started, pack] = await timed(() =>
    startPack({ directory: "policies", config }, ROOT, { PULUMI_DRY_RUN: "true" }),
  );
  try {
    const verdicts = await pack.judge(resources);
    const total = (performance.now() - begin) / 1_000;
    const refused = verdicts.flatMap(({ policy, violations }) =>
      violations.map(({ message }) => `${policy}: ${message}`),
    );
    if (refused.length > 0) throw new Error(`${refused.length} violations, such as ${refused[0]}`);
    return { started, total };
  } finally {
    await pack.stop();
  }
}

/** Seconds that a tool takes; undefined where it is not on PATH. */
async function run(command: string, args: readonly string[], cwd: string): Promise<number | undefined> {
  const [seconds, { error, status, stderr, stdout }] = await timed(() =>
    spawnSync(command, args, { cwd, encoding: "utf8", maxBuffer: 1 << 28 }),
  );
  if (error !== undefined && "code" in error && error.code === "ENOENT") return undefined;
  if (status !== 0) throw new Error(`${command}: ${stderr || stdout}`);
  return seconds;
}

const names = await policyNames();
const folder = mkdtempSync(join(tmpdir(), "imprimatur-bench-"));
let within = true;
try {
  writeFileSync(join(folder, "kyverno.yaml"), KYVERNO);
  writeFileSync(join(folder, "main.rego"), CONFTEST);
  console.log(`${names.length} policies`);
  console.log("Deployments   pack starts   all policies   per 1,000     kyverno, one   conftest, one   ratios");
  for (const count of COUNTS) {
    writeCheckout(folder, count);
    const { started, total } = await judgeAll(folder, count);
    const documents = Array.from({ length: count }, (_, index) => stringify(deployment(index)));
    writeFileSync(join(folder, "deployments.yaml"), documents.join("---\n"));
    const others: Record<string, number | undefined> = {
      kyverno: await run("kyverno", ["apply", "kyverno.yaml", "--resource", "deployments.yaml"], folder),
      conftest: await run("conftest", ["test", "--policy", "main.rego", "deployments.yaml"], folder),
    };
    const ratios = Object.entries(others).flatMap(([tool, seconds]) => {
      if (seconds === undefined) return [];
      const limit = LIMITS[tool];
      const over = limit?.count === count && total / seconds > limit.ratio;
      if (over) within = false;
      return [`${(total / seconds).toFixed(2)} × ${tool}${over ? ` (over ${limit.ratio.toFixed(2)})` : ""}`];
    });
    const text = (seconds: number | undefined) => (seconds === undefined ? "-" : `${seconds.toFixed(2)} s`);
    const cells = [String(count), text(started), text(total), text((total - started) / (count / 1_000))];
    cells.push(text(others.kyverno), text(others.conftest));
    const widths = [11, 14, 15, 12, 17, 16];
    console.log(`${cells.map((cell, index) => cell.padStart(widths[index] ?? 0)).join("")}   ${ratios.join(", ")}`);
  }
} finally {
  rmSync(folder, { recursive: true });
}
process.exitCode = within ? 0 : 1;
