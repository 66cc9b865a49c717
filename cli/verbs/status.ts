import { refuseInput } from "../../release/errors.ts";
import { type JudgingOptions, judgingInstant, withJudgingOptions } from "../approve/options.ts";
import { askPopulations, hasMoved } from "../canary/populations.ts";
import type { ClusterOptions } from "../clusterAccess.ts";
import { type GlobalOptions, openContext } from "../context.ts";
import { printReport } from "../print.ts";
import { collectStatus } from "../status/collect.ts";
import { renderStatus } from "../status/render.ts";
import type { StatusReport } from "../status/report.ts";
import { type ExitCode, examples, repeatable, runsVerb, type Verb } from "../verb.ts";

interface StatusOptions extends JudgingOptions, GlobalOptions {
  readonly cluster: boolean;
  readonly unleash?: boolean;
  readonly kubeconfig?: string;
  readonly context: readonly string[];
  readonly json?: boolean;
}

export const status: Verb = (program) => {
  const command = program
    .command("status")
    .description("Show what runs where, since when and on which blessing, and what waits for whom")
    .argument("[stack...]", "stacks to show; all by default")
    .option("--no-cluster", "do not ask the clusters for their Pods")
    .option("--unleash", "ask Unleash for the populations of canaries; UNLEASH_TOKEN may read flags")
    .option("--kubeconfig <file>", "the kubeconfig to reach clusters by (default: as each stack says)")
    .option("--context <stack=context>", "the kubeconfig's context of a stack; may be repeated", repeatable, []);
  withJudgingOptions(command)
    .option("--json", "print it as JSON (schemas/status.json)")
    .addHelpText("after", examples("status", "status prod --no-cluster", "status prod --context prod=keel-prod --json"))
    .action(runsVerb(run));
};

/** Refused where a cluster runs what it should not, a population was moved by hand, or a ledger is broken. */
async function run(names: readonly string[], options: StatusOptions): Promise<ExitCode> {
  const context = openContext(options);
  const at = judgingInstant(context, options.at);
  const clusters = readContexts(options);
  const { report, platforms, gate } = collectStatus(context, names, at);
  if (options.cluster) {
    // A client for Kubernetes takes long to load, and no other verb needs it.
    const { askCluster } = await import("../status/cluster.ts");
    await Promise.all(
      platforms.map(async (platform, index) => {
        const stack = report.stacks[index];
        if (stack !== undefined) stack.cluster = await askCluster(context, platform, gate, clusters);
      }),
    );
  }
  if (options.unleash) {
    for (const stack of report.stacks.filter(({ ledger }) => ledger.broken === undefined)) {
      stack.populations = await askPopulations(context, stack.stack, at);
    }
  }
  printReport(report, options, renderStatus);
  return isSound(report) ? 0 : 1;
}

function isSound({ stacks }: StatusReport): boolean {
  return stacks.every(
    ({ ledger, cluster, populations = [] }) =>
      ledger.broken === undefined &&
      (cluster?.findings ?? []).every(({ kind }) => kind === "missing") &&
      !hasMoved(populations),
  );
}

function readContexts({ kubeconfig, context }: StatusOptions): ClusterOptions {
  const contexts = context.map((text): [string, string] => {
    const [, stack = "", name = ""] = /^([^=]+)=(.+)$/s.exec(text) ?? [];
    if (stack === "") refuseInput({ file: "--context", path: "", message: "must be <stack>=<context>", value: text });
    return [stack, name];
  });
  return { contexts: new Map(contexts), ...(kubeconfig === undefined ? {} : { kubeconfig }) };
}
