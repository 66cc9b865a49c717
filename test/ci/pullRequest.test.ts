import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { PEOPLE_FILE } from "../../cli/approve/people.ts";
import { start } from "../cli/checkout.ts";
import { missingTools } from "../e2e/tools.ts";
import { ForgedPlatform } from "./platform.ts";
import { runWorkflow, type WorkflowRun } from "./runner.ts";

// Each attack previews two stacks twice, in real processes.
vi.setConfig({ testTimeout: 600_000 });

/** Opens a pull request with all that was done to a checkout, and judges it. */
async function judge({ forge, root }: ForgedPlatform): Promise<{ run: WorkflowRun; merge: string; head: string }> {
  const { merge, head } = await forge.openPullRequest(root);
  const run = await runWorkflow("pr.yml", forge, { github: { sha: merge }, ref: merge });
  return { run, merge, head };
}

/** What the steps use besides git. */
const lacking = missingTools("bash", "jq");
const why = lacking === undefined ? "" : `: ${lacking}`;

const results = ({ jobs }: WorkflowRun) =>
  Object.fromEntries(jobs.map(({ job, value, result }) => [value === undefined ? job : `${job} ${value}`, result]));
const textOf = ({ jobs }: WorkflowRun) => jobs.map(({ text }) => text).join("\n");

/** What a pull request tries, what its own checkout would say of it, and why the protected branch refuses it. */
interface Attack {
  readonly name: string;
  readonly prepare?: (platform: ForgedPlatform) => Promise<unknown>;
  readonly act: (platform: ForgedPlatform) => Promise<void>;
  /** Jobs that fail; `verdict` always does. */
  readonly fails: readonly string[];
  readonly says: string;
}

const everyPower = "[cut, attest, bless, revoke, block, waive, record, operate]";

const ATTACKS: readonly Attack[] = [
  {
    name: "sets a laxer class",
    act: async (platform) => {
      platform.edit("catalog/trust/stacks.yaml", "class: prod", "class: dev");
      await platform.pin("prod");
    },
    // The plan tells the class, so it is not what the program makes either.
    fails: ["judge", "stack prod"],
    says: "web 1.1.0",
  },
  {
    name: "relaxes formality",
    act: async (platform) => {
      platform.write("catalog/trust/formality.yaml", "blessed: []\nrules: []\n");
      await platform.pin("prod");
    },
    // By the protected branch a blessing is asked for, and stands in the plan.
    fails: ["judge", "stack prod"],
    says: "web 1.1.0",
  },
  {
    name: "deletes a NOGO",
    prepare: async (platform) => {
      await platform.bless();
      await platform.vote("tester", "qa", "--nogo");
    },
    act: async (platform) => {
      const { stdout } = await platform.git("ls-files", "catalog/evidence/web/1.1.0");
      const votes = stdout.split("\n").filter((path) => path.includes("/vote-"));
      const nogo = votes.find((path) =>
        Buffer.from(JSON.parse(platform.read(path)).dsseEnvelope.payload, "base64").includes("NOGO"),
      );
      rmSync(join(platform.root, nogo ?? ""));
      await platform.pin("prod");
    },
    fails: ["judge", "stack prod"],
    says: "was deleted here: records are only ever added, and it counts all the same",
  },
  {
    name: "adds a key of its own, with every role",
    act: async (platform) => {
      platform.withKeys("mallory");
      const people = platform
        .read(PEOPLE_FILE)
        .replace(
          "roles:\n",
          `roles:\n  all: { description: everything, members: [{ person: mallory }], may: ${everyPower} }\n`,
        );
      const withRoles = people
        .replace("members: [{ person: tester }]", "members: [{ person: mallory }]")
        .replace("members: [{ person: lead, modules: [web] }]", "members: [{ person: mallory }, { person: lead }]");
      platform.write(PEOPLE_FILE, withRoles);
      await platform.vote("mallory", "qa");
      await platform.vote("mallory", "module-lead");
      expect((await platform.verb(["bless", "web", "1.1.0", "--for", "prod"], "mallory")).code).toBe(0);
      await platform.pin("prod");
    },
    fails: ["judge", "stack prod"],
    says: "web 1.1.0",
  },
  {
    name: "edits cli/ so that it finds nothing",
    act: async (platform) => {
      platform.write(
        "cli/main.ts",
        'console.log(JSON.stringify({ allowed: true, stacks: [{ name: "prod", allowed: true, verdicts: [] }] }));\n',
      );
      await platform.pin("prod");
    },
    fails: ["stack prod"],
    says: "web 1.1.0",
  },
  {
    name: "edits release/ so that everything is allowed",
    act: async (platform) => {
      platform.edit(
        "release/verdict.ts",
        "export function allows(",
        "export function allows(..._: unknown[]): boolean {\n  return true;\n}\n\nexport function unused(",
      );
      await platform.pin("prod");
    },
    fails: ["stack prod"],
    says: "web 1.1.0",
  },
  {
    name: "turns the pack off, and runs what the pack forbids",
    act: async (platform) => {
      platform.write("catalog/trust/policies.json", '{ "all": "disabled" }\n');
      platform.write(
        "policies/pack.ts",
        platform.read("policies/pack.ts").replace(/policies: \[[\s\S]*?\]/, "policies: []"),
      );
      platform.write(
        "stacks/index.ts",
        `${platform.read("stacks/index.ts")}
import { Pod } from "@pulumi/kubernetes/core/v1/pod.js";
new Pod("miner", { metadata: { name: "miner", namespace: "web" }, spec: { containers: [{ name: "miner", image: "registry.test/miner:latest" }] } });
`,
      );
      await platform.plan();
    },
    fails: ["stack prod", "stack prod-gate"],
    says: "image-digest-only",
  },
  {
    name: "commits a plan that is not what the program makes",
    act: async (platform) => {
      const plan = JSON.parse(platform.read("plans/dev.json"));
      plan.resources.pop();
      platform.write("plans/dev.json", `${JSON.stringify(plan, null, 2)}\n`);
    },
    fails: ["judge"],
    says: "plans/dev.json is out of date",
  },
];

describe.skipIf(lacking !== undefined)(
  `the malicious author of a pull request, against the workflow's own commands${why}`,
  () => {
    it.each(ATTACKS)("$name", async ({ prepare, act, fails, says }) => {
      const platform = await ForgedPlatform.start(prepare);
      await act(platform);
      // What it tries would do, if the pull request were judged by itself.
      const { code, stdout } = await platform.own("preview", "prod", "--engine", "offline");
      expect(code, stdout).toBe(0);
      const { run } = await judge(platform);
      const failed = Object.entries(results(run)).filter(([, result]) => result === "failure");
      expect(failed.map(([job]) => job)).toEqual([...fails, "verdict"]);
      expect(textOf(run)).toContain(says);
    });

    it("brings nothing into what judges it but the program and the data", async () => {
      const platform = await ForgedPlatform.start();
      const tracked = (await platform.git("ls-files")).stdout.split("\n").filter(Boolean);
      const tops = [...new Set(tracked.map((path) => path.split("/")[0] ?? ""))];
      for (const top of tops) {
        // A changed file everywhere, and a new one in every folder.
        const [first = ""] = tracked.filter((path) => path === top || path.startsWith(`${top}/`));
        platform.write(first, `${platform.read(first)}\n`);
        if (first !== top) platform.write(`${top}/planted.ts`, "process.exit(0);\n");
      }
      platform.write("catalog/trust/planted.yaml", "{}\n");
      platform.write("node_modules.ts", "process.exit(0);\n");
      const { run } = await judge(platform);
      const [{ workspace = "" } = {}] = run.jobs;
      const { stdout } = await start("git", ["status", "--porcelain", "--untracked-files=all"], workspace);
      const foreign = stdout
        .split("\n")
        .filter(Boolean)
        .map((line) => line.slice(3));
      expect(
        foreign.filter((path) => !/^(stacks|components|plans|catalog\/(?!trust\/)|Pulumi\.[\w-]+\.yaml)/.test(path)),
      ).toEqual([]);
      expect(foreign.length).toBeGreaterThan(5);
    });
  },
);

describe.skipIf(lacking !== undefined)(`a merge queue${why}`, () => {
  it("lets nothing judge that is not merged, whatever goes before in the queue", async () => {
    const platform = await ForgedPlatform.start();
    const commit = async (message: string) => {
      await platform.git("add", "--all");
      await platform.git("commit", "--quiet", "-m", message);
    };
    platform.write("cli/main.ts", "console.log(JSON.stringify({ allowed: true, stacks: [] }));\n");
    await commit("the first in the queue");
    await platform.pin("prod");
    await commit("the second");
    await platform.git("push", "--quiet", "origin", "HEAD:refs/heads/gh-readonly-queue/main/pr-2");
    const head = (await platform.git("rev-parse", "HEAD")).stdout.trim();
    const event = { merge_group: { base_ref: "refs/heads/main", head_sha: head } };
    const run = await runWorkflow("pr.yml", platform.forge, { github: { sha: head, event }, ref: head });
    expect(results(run)).toMatchObject({ "stack dev": "success", "stack prod": "failure", verdict: "failure" });
    expect(textOf(run)).toContain("web 1.1.0");
  });
});

describe.skipIf(lacking !== undefined)(`an honest pull request${why}`, () => {
  let platform: ForgedPlatform;
  let judged: Awaited<ReturnType<typeof judge>>;
  const EVENT = () => ({
    event: {
      workflow_run: {
        id: 5,
        event: "pull_request",
        conclusion: "success",
        head_sha: judged.head,
        head_branch: "hurry",
        head_repository: { full_name: "grace/platform", owner: { login: "grace" } },
      },
    },
  });
  const MARKER = "<!-- imprimatur preview -->";

  const comment = () =>
    runWorkflow("pr-comment.yml", platform.forge, { github: EVENT(), ref: "main", artifacts: judged.run.artifacts });

  it("passes every check, and its comment is posted once and then updated in place", async () => {
    platform = await ForgedPlatform.start((checkout) => checkout.bless());
    expect((await platform.own("promote", "web", "1.1.0", "--to", "prod")).code).toBe(0);
    await platform.plan();
    judged = await judge(platform);
    expect(results(judged.run)).toEqual({
      judge: "success",
      "stack dev": "success",
      "stack prod": "success",
      "stack prod-gate": "success",
      verdict: "success",
    });

    const { forge } = platform;
    forge.answer("repos/example/platform/pulls", [
      { number: 9, head: { sha: "0".repeat(40) } },
      { number: 4, head: { sha: judged.head } },
    ]);
    forge.answer("repos/example/platform/issues/4/comments", [{ id: 1, user: { login: "grace" }, body: MARKER }]);
    await comment();
    expect(forge.asked.at(-1)).toContain("--method POST repos/example/platform/issues/4/comments");
    const { body } = JSON.parse(readFileSync(join(forge.folder, "gh.log.body"), "utf8"));
    expect(body.startsWith(`${MARKER}\n## ✅ 3 stacks, none refused`)).toBe(true);
    expect(body).toContain("- **prod** `web` none → `1.1.0`");

    forge.answer("repos/example/platform/issues/4/comments", [
      { id: 1, user: { login: "grace" }, body: MARKER },
      { id: 2, user: { login: "github-actions[bot]" }, body: `${MARKER}\nold` },
    ]);
    await comment();
    expect(forge.asked.at(-1)).toContain("--method PATCH repos/example/platform/issues/comments/2");

    forge.answer("repos/example/platform/pulls", [{ number: 9, head: { sha: "0".repeat(40) } }]);
    const before = forge.asked.length;
    const gone = await comment();
    expect(gone.jobs[0]?.text).toContain("is at");
    expect(forge.asked.slice(before).filter((line) => line.includes("comments"))).toEqual([]);
  });

  it("that cannot be previewed says so and why in its comment, and nothing else stays there", async () => {
    platform = await ForgedPlatform.start();
    platform.edit("Pulumi.prod.yaml", "modules: {}", "modules: { web: [1.1.0] }");
    judged = await judge(platform);
    expect(results(judged.run)).toEqual({ judge: "failure", stack: "skipped", verdict: "failure" });
    const { forge } = platform;
    forge.answer("repos/example/platform/pulls", [{ number: 4, head: { sha: judged.head } }]);
    const old = { id: 2, user: { login: "github-actions[bot]" }, body: `${MARKER}\n## ✅ 3 stacks, none refused` };
    forge.answer("repos/example/platform/issues/4/comments", [old]);
    await comment();
    expect(forge.asked.at(-1)).toContain("--method PATCH repos/example/platform/issues/comments/2");
    const { body } = JSON.parse(readFileSync(join(forge.folder, "gh.log.body"), "utf8"));
    const [first, title, , said, , reason] = body.split("\n");
    expect([first, title]).toEqual([MARKER, "## ❌ Not previewed"]);
    expect(said).toContain("[the run](https://github.test/example/platform/actions/runs/7)");
    expect(reason).toMatch(/^ {4}error: Pulumi\.prod\.yaml:\d+ config\.imprimatur:modules\.web/);
  });
});
