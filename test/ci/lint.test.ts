import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { start } from "../cli/checkout.ts";
import { findTool, missingTools } from "../e2e/tools.ts";
import { PROJECT, readWorkflow, workflowFiles } from "./workflow.ts";

/** Actions that the workflows may use: those of the forge itself, each at one commit. */
const ACTIONS = new Set(["cache", "checkout", "setup-node", "upload-artifact", "download-artifact"]);
const uses = workflowFiles().flatMap((file) =>
  Object.values(readWorkflow(file).jobs).flatMap(({ steps = [] }) => steps.flatMap((step) => step.uses ?? [])),
);

describe("the workflows", () => {
  const actionlint = missingTools("actionlint");
  it.skipIf(actionlint !== undefined)(`pass actionlint${actionlint ? `: ${actionlint}` : ""}`, async () => {
    expect(await start(findTool("actionlint") ?? "", ["-no-color"], PROJECT)).toEqual({
      code: 0,
      stdout: "",
      stderr: "",
    });
  });

  const zizmor = missingTools("zizmor");
  it.skipIf(zizmor !== undefined)(`pass zizmor${zizmor ? `: ${zizmor}` : ""}`, async () => {
    const { code, stdout } = await start(
      findTool("zizmor") ?? "",
      ["--offline", "--format", "json", ".github"],
      PROJECT,
    );
    expect({ code, findings: JSON.parse(stdout) }).toEqual({ code: 0, findings: [] });
  });

  it("use the forge's own actions alone, each pinned to a commit", () => {
    expect(uses.length).toBeGreaterThan(20);
    const other = uses.filter((name) => {
      const [, action = ""] = /^actions\/([a-z-]+)@[0-9a-f]{40}$/.exec(name) ?? [];
      return !ACTIONS.has(action);
    });
    expect(other).toEqual([]);
  });

  it("get no variable and no secret that the page about them does not tell of", () => {
    const page = readFileSync(join(PROJECT, "docs/ci.md"), "utf8");
    const names = workflowFiles().flatMap((file) =>
      [...JSON.stringify(readWorkflow(file)).matchAll(/\b(?:vars|secrets)\.([A-Z_]+)/g)].map(([, name = ""]) => name),
    );
    expect(names.length).toBeGreaterThan(20);
    expect([...new Set(names)].filter((name) => !page.includes(`\`${name}\``) && !page.includes(`${name}:`))).toEqual(
      [],
    );
  });

  it("give every job its own permissions, and nothing else any", () => {
    const loose = workflowFiles()
      .filter((file) => file !== "ci.yml")
      .flatMap((file) => {
        const { permissions, jobs } = readWorkflow(file);
        const without = Object.entries(jobs).filter((entry) => entry[1].permissions === undefined);
        return [...(JSON.stringify(permissions) === "{}" ? [] : [file]), ...without.map(([job]) => `${file} ${job}`)];
      });
    expect(loose).toEqual([]);
  });

  it("give a pull request no secret, no environment and no right to write", () => {
    const onPullRequest = workflowFiles().filter((file) => "pull_request" in readWorkflow(file).on);
    expect(onPullRequest).toEqual(["ci.yml", "pr.yml"]);
    for (const file of onPullRequest) {
      const { jobs } = readWorkflow(file);
      expect(JSON.stringify(jobs)).not.toMatch(/secrets\.|github\.token|vars\./);
      for (const { permissions, environment } of Object.values(jobs)) {
        expect(Object.values(permissions ?? {}).filter((right) => right !== "read")).toEqual([]);
        expect(environment).toBeUndefined();
      }
    }
  });
});
