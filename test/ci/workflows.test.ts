import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { PASSPHRASE } from "../cli/approval.ts";
import { start } from "../cli/checkout.ts";
import { missingTools } from "../e2e/tools.ts";
import { ForgedPlatform, manifestText, moduleText } from "./platform.ts";
import { type RunOptions, runWorkflow, type WorkflowRun } from "./runner.ts";
import { commandSteps, NEEDS_CLOUD, workflowFiles } from "./workflow.ts";

vi.setConfig({ testTimeout: 600_000 });

/** What the steps use besides git. */
const lacking = missingTools("bash", "jq");
const why = lacking === undefined ? "" : `: ${lacking}`;

const results = ({ jobs }: WorkflowRun) =>
  Object.fromEntries(jobs.map(({ job, value, result }) => [value === undefined ? job : `${job} ${value}`, result]));
const textOf = ({ jobs }: WorkflowRun) => jobs.map(({ text }) => text).join("\n");

/** Every step that some test below has run. */
const ran = new Set<string>();
async function run(file: string, platform: ForgedPlatform, options: Partial<RunOptions> = {}): Promise<WorkflowRun> {
  const done = await runWorkflow(file, platform.forge, {
    ref: "origin/main",
    secrets: { IMPRIMATUR_PASSPHRASE: PASSPHRASE },
    ...options,
  });
  for (const step of done.ran) ran.add(step);
  return done;
}

/** Commits all that was done to a checkout of main, and pushes it. Gives the commit before. */
async function push(platform: ForgedPlatform): Promise<string> {
  const before = (await platform.git("rev-parse", "HEAD")).stdout.trim();
  await platform.git("add", "--all");
  await platform.git("commit", "--quiet", "-m", "merged");
  expect((await platform.git("push", "--quiet", "origin", "main")).code).toBe(0);
  return before;
}

const JUNIT = '<testsuites><testsuite name="web" tests="1"><testcase name="greets"/></testsuite></testsuites>';
const SCAN = '{"SchemaVersion":2,"ArtifactName":"web","Results":[]}';

describe.skipIf(lacking !== undefined)(`deploy${why}`, () => {
  it("applies what its ledger does not show as applied, in trust's order, until it does", async () => {
    const platform = await ForgedPlatform.start((checkout) => checkout.bless());
    const deploy = (options: Partial<RunOptions> = {}) => run("deploy.yml", platform, options);
    const head = async () => (await platform.git("rev-parse", "HEAD")).stdout.trim();
    const first = await head();
    for (const stack of ["dev", "prod-gate", "prod"]) await platform.applied(stack, first);
    expect(results(await deploy())).toEqual({ changed: "success", up: "skipped" });

    await platform.pin("prod");
    await push(platform);
    const merged = await deploy();
    // Its gate has to let in first what is to run there.
    expect(Object.entries(results(merged))).toEqual([
      ["changed", "success"],
      ["up prod-gate", "success"],
      ["up prod", "success"],
    ]);
    expect(textOf(merged)).toContain("imprimatur/ledger on origin has every entry already");
    await platform.applied("prod-gate", await head());
    const revoked = await platform.verb(["revoke", "web", "1.0.0", "--reason", "leaks"], "manager");
    expect(revoked.code, revoked.stderr).toBe(0);
    await push(platform);
    expect(Object.keys(results(await deploy()))).toEqual(["changed", "up prod-gate", "up prod"]);

    // What failed, or was never approved, is still due when something else is merged.
    await platform.applied("prod-gate", await head());
    await platform.applied("prod", await head(), "failed");
    platform.write("README.md", "changed\n");
    await push(platform);
    expect(Object.keys(results(await deploy()))).toEqual(["changed", "up prod"]);

    await platform.applied("prod", await head());
    await platform.git("checkout", "--quiet", "-b", "ahead");
    platform.edit("Pulumi.prod.yaml", "modules: { web", "modules: { # back to the one before\n      web");
    await platform.git("commit", "--quiet", "-am", "applied at once, to be merged then");
    await platform.applied("prod", await head());
    await platform.git("checkout", "--quiet", "main");
    expect(results(await deploy())).toEqual({ changed: "success", up: "skipped" });

    const asked = await deploy({ inputs: { stack: "dev" } });
    expect(Object.keys(results(asked))).toEqual(["changed", "up dev"]);
    const unknown = await deploy({ inputs: { stack: "produ" } });
    expect(results(unknown)).toEqual({ changed: "failure", up: "skipped" });
    expect(textOf(unknown)).toContain("there is no stack produ: dev\nprod");
  });

  it("applies everything where nothing was applied yet, with what each environment holds, and goes on where one fails", async () => {
    const platform = await ForgedPlatform.start();
    const done = await run("deploy.yml", platform, {
      secrets: { UNLEASH_TOKEN: "unleash", SLACK_BOT_TOKEN: "slack", KUBECONFIG: "apiVersion: v1\nkind: Config" },
      standIns: {
        "Check what can be checked beforehand": 'echo "$STACK checked $UNLEASH_TOKEN $SLACK_BOT_TOKEN"',
        Apply: `echo "$STACK applied $UNLEASH_TOKEN $SLACK_BOT_TOKEN $(stat -c %a "$KUBECONFIG") $(tail -n 1 "$KUBECONFIG")"
          [ "$STACK" != dev ]`,
      },
    });
    expect(Object.entries(results(done))).toEqual([
      ["changed", "success"],
      ["up dev", "failure"],
      ["up prod-gate", "success"],
      ["up prod", "success"],
    ]);
    for (const stack of ["dev", "prod-gate", "prod"]) {
      expect(textOf(done)).toContain(`${stack} checked unleash slack\n`);
      expect(textOf(done)).toContain(`${stack} applied unleash slack 600 kind: Config\n`);
    }
  });

  it("fails where the stacks cannot be listed, and applies nothing", async () => {
    const platform = await ForgedPlatform.start();
    platform.edit("Pulumi.dev.yaml", "modules: {}", "modules: { web: 1 }");
    await push(platform);
    expect(results(await run("deploy.yml", platform))).toEqual({ changed: "failure", up: "skipped" });
    const { records, ...others } = results(await run("scheduled.yml", platform));
    expect({ records, ...others }).toEqual({ records: "failure", gates: "skipped", drift: "skipped", tell: "success" });
  });
});

describe.skipIf(lacking !== undefined)(`live preview${why}`, () => {
  it("runs what somebody has read, and nothing that was pushed after", async () => {
    const platform = await ForgedPlatform.start();
    platform.write("cli/planted.ts", "process.exit(0);\n");
    const { head, merge } = await platform.forge.openPullRequest(platform.root);
    const inputs = { "pull-request": 1, head, stack: "prod" };
    const read = await run("live-preview.yml", platform, { inputs });
    expect(results(read)).toEqual({ preview: "success" });
    const [{ workspace = "" } = {}] = read.jobs;
    expect((await start("git", ["status", "--porcelain"], workspace)).stdout).toBe("");
    const moved = await run("live-preview.yml", platform, { inputs: { ...inputs, head: merge } });
    expect(textOf(moved)).toContain(`the pull request is not at ${merge} any more`);
    expect(results(moved)).toEqual({ preview: "failure" });
  });
});

describe.skipIf(lacking !== undefined)(`scheduled${why}`, () => {
  it("is silent where nothing is wrong, and opens one issue where something is", async () => {
    const platform = await ForgedPlatform.start();
    expect(results(await run("scheduled.yml", platform))).toEqual({
      records: "success",
      "up prod-gate": "success",
      "drift dev": "success",
      "drift prod-gate": "success",
      "drift prod": "success",
      tell: "skipped",
    });
    const flag =
      "{ description: x, owner: lead, maturity: alpha, expires: 2026-06-30, acceptance: [x], acceptor: lead }";
    platform.write(
      "catalog/modules/web.yaml",
      `${platform.read("catalog/modules/web.yaml")}flags: { FEATURE_X: ${flag} }\n`,
    );
    await push(platform);
    const told = await run("scheduled.yml", platform);
    expect(results(told)).toMatchObject({ records: "failure", tell: "success" });
    expect(textOf(told)).toContain("✘ flag FEATURE_X of web ran out at 2026-07-01T12:00:00.000Z");
    expect(platform.forge.asked.at(-1)).toMatch(
      /^issue create --title imprimatur: .* Records: failure\. Gates: success\. Drift: success\./,
    );
    platform.forge.answer("issue/list", 12);
    await run("scheduled.yml", platform);
    expect(platform.forge.asked.at(-1)).toMatch(/^issue comment 12 --body Records: failure/);
  });
});

describe.skipIf(lacking !== undefined)(`build${why}`, () => {
  it("hands in a build as data that the protected branch lets in, with its findings signed", async () => {
    const platform = await ForgedPlatform.start();
    platform.edit("Pulumi.dev.yaml", "modules: {}", "modules: { web: stable }");
    await platform.plan();
    await push(platform);
    const before = (await platform.git("rev-parse", "HEAD")).stdout.trim();
    const options = {
      vars: { IMPRIMATUR_KEY: platform.key("pipeline") },
      inputs: {
        platform: "example/platform",
        module: "web",
        image: "registry.test/app/web",
        channel: "edge",
        version: "",
        charts: "",
        test: `echo '${JUNIT}' > junit.xml; printf 'SF:a\\nDA:1,1\\nDA:2,0\\nend_of_record\\n' > lcov.info`,
        scan: `echo '${SCAN}' > scan.json`,
      },
    };
    const image = (digit: string) => ({ push: { image: `registry.test/app/web@sha256:${digit.repeat(64)}` } });
    const built = await run("build.yml", platform, {
      ...options,
      github: { sha: "1".repeat(40) },
      outputs: image("a"),
    });
    expect(results(built), textOf(built)).toEqual({ build: "success", cut: "success" });
    const branch = "releases/web-7-1";
    const log = await platform.forge.pushed(branch);
    expect(log.split("\n")[0]).toBe("web 1.1.1-edge.1 is cut");
    const files = log.split("\n").filter((line) => line.startsWith("catalog/") && line.includes("1.1.1-edge.1"));
    expect(files.map((path) => path.replace(/-[0-9a-f]{12}\./, "."))).toEqual([
      "catalog/evidence/web/1.1.1-edge.1/coverage.sigstore.json",
      "catalog/evidence/web/1.1.1-edge.1/cut.sigstore.json",
      "catalog/evidence/web/1.1.1-edge.1/test-result.sigstore.json",
      "catalog/evidence/web/1.1.1-edge.1/vulnerability-scan.sigstore.json",
      "catalog/releases/web/1.1.1-edge.1.json",
    ]);
    const view = (name: string) => `pr view ${name} --json state,mergeable,headRefOid`;
    expect(platform.forge.asked.slice(-3)).toEqual([
      `pr create --head ${branch} --title web 1.1.1-edge.1 --body Cut and attested by the build of web.`,
      `pr merge ${branch} --auto --squash`,
      view(branch),
    ]);
    // What the protected branch says of it.
    await platform.git("fetch", "--quiet", "origin");
    await platform.git("merge", "--quiet", "--no-ff", "-m", "merge", `origin/${branch}`);
    await platform.git("push", "--quiet", "origin", "main:refs/pull/1/merge");
    const merge = (await platform.git("rev-parse", "HEAD")).stdout.trim();
    const judged = await run("pr.yml", platform, { github: { sha: merge }, ref: merge });
    expect(results(judged)).toMatchObject({ judge: "success", verdict: "success" });

    // Another one that began before the first was merged takes the same version, and then the next one.
    await platform.git("push", "--quiet", "origin", "main");
    const second = await run("build.yml", platform, {
      ...options,
      github: { sha: "2".repeat(40), run_id: "8" },
      outputs: image("b"),
      ref: before,
    });
    expect(results(second), textOf(second)).toEqual({ build: "success", cut: "success" });
    const other = "releases/web-8-1";
    expect(textOf(second)).toContain("web 1.1.1-edge.1: CONFLICTING\n");
    expect(textOf(second)).toContain("web 1.1.1-edge.2: MERGED\n");
    expect(platform.forge.asked.slice(-3)).toEqual([
      `pr edit ${other} --title web 1.1.1-edge.2`,
      `pr merge ${other} --auto --squash`,
      view(other),
    ]);
    const subjects = (await platform.forge.pushed(other)).split("\n").filter((line) => /^(web|merge)/.test(line));
    expect(subjects.slice(0, 3)).toEqual(["web 1.1.1-edge.2 is cut", "merge", "web 1.1.1-edge.1 is cut"]);
  });

  it("hands in nothing where the tests fail", async () => {
    const platform = await ForgedPlatform.start();
    const inputs = {
      platform: "",
      module: "web",
      image: "",
      channel: "edge",
      version: "",
      charts: "",
      test: "exit 3",
      scan: "true",
    };
    expect(results(await run("build.yml", platform, { inputs }))).toEqual({ build: "failure", cut: "skipped" });
    expect(await platform.forge.branches).toEqual(["main"]);
  });
});

describe.skipIf(lacking !== undefined)(`integration test${why}`, () => {
  it.each(["pass", "fail"])("follows an update, and signs a %s for every release that took part", async (result) => {
    const platform = await ForgedPlatform.start(async (checkout) => {
      checkout.write("catalog/modules/api.yaml", moduleText("api"));
      checkout.write("catalog/releases/api/1.0.0.json", manifestText("api", "1.0.0"));
      checkout.edit("Pulumi.dev.yaml", "modules: {}", "modules: { api: stable, web: stable }");
    });
    const junit =
      result === "pass"
        ? JUNIT
        : JUNIT.replace('<testcase name="greets"/>', '<testcase name="greets"><failure/></testcase>');
    const vars = {
      IMPRIMATUR_KEY: platform.key("pipeline"),
      INTEGRATION_TEST: `echo '${junit}' > junit.xml; [ "$STACK ${result}" = "dev pass" ]`,
    };
    const tested = await run("up.yml", platform, { vars, inputs: { stack: "dev" } });
    expect(results(tested), textOf(tested)).toEqual({
      up: "success",
      test: result === "pass" ? "success" : "failure",
      attest: "success",
    });
    const log = await platform.forge.pushed("evidence/integration-dev-7-1");
    const [title, ...files] = log.split("\n").filter(Boolean);
    const own = files.slice(0, 2);
    expect(title).toBe("Integration test of dev");
    expect(own.map((path) => path.replace(/-[0-9a-f]{12}\./, "."))).toEqual([
      "catalog/evidence/api/1.0.0/integration-test.sigstore.json",
      "catalog/evidence/web/1.1.0/integration-test.sigstore.json",
    ]);
    await platform.git("fetch", "--quiet", "origin");
    const { stdout } = await platform.git("show", `origin/evidence/integration-dev-7-1:${own[1]}`);
    const { predicate } = JSON.parse(Buffer.from(JSON.parse(stdout).dsseEnvelope.payload, "base64").toString());
    expect(predicate).toMatchObject({ type: "integration-test", in: "dev", result });
    expect(predicate.together).toEqual([platform.manifestDigest("api", "1.0.0")]);
  });

  it("follows neither the update of a gate, nor one that failed, nor one that nobody said how to test", async () => {
    const platform = await ForgedPlatform.start();
    const vars = { INTEGRATION_TEST: "exit 1" };
    const up = async (options: Partial<RunOptions>) => results(await run("up.yml", platform, options));
    expect(await up({ vars, inputs: { stack: "prod-gate" } })).toEqual({ up: "success", test: "skipped" });
    const failing = { Apply: "exit 1" };
    expect(await up({ vars, inputs: { stack: "prod" }, standIns: failing })).toEqual({
      up: "failure",
      test: "skipped",
    });
    expect(await up({ inputs: { stack: "prod" } })).toEqual({ up: "success", test: "skipped" });
  });
});

describe.skipIf(lacking !== undefined)(`helpers${why}`, () => {
  it("the CLI is installed only if its bytes are those that were pinned", async () => {
    const folder = mkdtempSync(join(tmpdir(), "imprimatur-cli-"));
    const platform = await ForgedPlatform.start();
    const archive = platform.read(".github/pulumi-cli.sha256").trim().split(/\s+/)[1] ?? "";
    platform.write("pulumi/pulumi", "#!/bin/sh\necho v3\n");
    await start("tar", ["--create", "--gzip", "--file", join(folder, archive), "pulumi"], platform.root);
    const env = { RUNNER_TEMP: folder, GITHUB_PATH: join(folder, "path"), PULUMI_DOWNLOADS: `file://${folder}` };
    // The real script allows https alone.
    platform.edit(".github/install-pulumi", "--proto '=https' ", "");
    const forged = await start(".github/install-pulumi", [], platform.root, env);
    expect(forged.code).toBe(1);
    expect(forged.stdout).toContain("FAILED");
    const sum = (await start("sha256sum", [archive], folder)).stdout;
    platform.write(".github/pulumi-cli.sha256", sum);
    expect((await start(".github/install-pulumi", [], platform.root, env)).code).toBe(0);
  });
});

/** Commands that need what no test can have: each is named, so that no other is left out unseen. */
const NEED_A_CLOUD = [
  "build.yml build Stage 2: build the code and package it as an image",
  "build.yml build Stage 4: push the image",
  "build.yml build Stage 5: publish the chart",
  "live-preview.yml preview Install the Pulumi CLI",
  "live-preview.yml preview Log in to AWS",
  "live-preview.yml preview Preview",
  "scheduled.yml drift Compare what runs with what was applied",
  "scheduled.yml drift Install the Pulumi CLI",
  "scheduled.yml drift Log in to AWS",
  "up.yml up Apply",
  "up.yml up Check what can be checked beforehand",
  "up.yml up Install the Pulumi CLI",
  "up.yml up Log in to AWS",
];
/** Run by every test run, or by asking a registry. */
const ELSEWHERE = [
  "ci.yml test bash .ci/run",
  "ci.yml vulnerabilities npm audit --package-lock-only --audit-level=high",
  // In pullRequest.test.ts, where there is something to comment on.
  "pr-comment.yml comment Post it, or update the one that is there",
];

it.skipIf(lacking !== undefined)("every command of every workflow was run, or is marked as needing a cloud", () => {
  const all = workflowFiles().flatMap(commandSteps);
  const marked = all.filter((step) => step.endsWith(NEEDS_CLOUD)).map((step) => step.replace(` ${NEEDS_CLOUD}`, ""));
  expect(marked.sort()).toEqual(NEED_A_CLOUD);
  const left = all.filter((step) => !step.endsWith(NEEDS_CLOUD) && !ran.has(step));
  expect(left.sort()).toEqual(ELSEWHERE);
});
