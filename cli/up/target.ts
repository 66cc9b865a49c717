import type { Project } from "../../engine/project.ts";
import type { PulumiCli } from "../../engine/pulumiCli.ts";
import type { StackState } from "../../engine/stackState.ts";
import type { Operated, OperateOptions, Operation } from "../../engine/update.ts";
import { nearestHint, refuseInput } from "../../release/errors.ts";
import type { EnvironmentClass } from "../../release/schema/common.ts";
import { UPDATE_FOLLOWS } from "../../store/checkout.ts";
import type { Context } from "../context.ts";
import { type CheckedStack, readStacks } from "../stacks.ts";

/** One stack on its backend, and all that it takes to work on it. */
export interface Target {
  readonly context: Context;
  readonly checked: CheckedStack;
  readonly project: Project;
  readonly cli: PulumiCli;
  /** Where its state is, for people. */
  readonly backend: string;
  /** What the engines are told besides the caller's own environment. */
  readonly own: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly state: StackState;
  operate(operation: Operation, options?: Omit<OperateOptions, "env">): Promise<Operated>;
}

/** Classes in which somebody may try things out: with state in a folder, and outside of a repository. */
export function isForTrying(environment: EnvironmentClass): boolean {
  return environment === "bleed" || environment === "dev";
}

/**
 * Opens the stack that a verb works on. Only here may the Pulumi CLI be downloaded, which is said on stderr.
 * @throws InputError where the stack, its backend or the CLI cannot be had
 */
export async function openTarget(context: Context, names: readonly string[]): Promise<Target> {
  const [name = ""] = names;
  if (names.length !== 1) {
    refuseInput({
      file: "<stack>",
      path: "",
      message: "name one stack: each is applied by itself",
      ...nearestHint(name, context.catalogue.stackNames),
    });
  }
  const [checked] = readStacks(context, [name], []);
  if (checked === undefined) throw new Error(`stack ${name} was not read`);
  const { readProject } = await import("../../engine/project.ts");
  const { chooseBackend, checkPassphrase } = await import("../../engine/backend.ts");
  const { cliEnvironment } = await import("../../engine/pulumiCli.ts");
  const { requireCli } = await import("../../engine/installCli.ts");
  const { StackState } = await import("../../engine/stackState.ts");
  const project = readProject(context.root);
  const backend = chooseBackend(project, process.env, isForTrying(checked.platform.stack.class));
  checkPassphrase(project, name, backend, process.env);
  const own = {
    ...(backend.url === undefined ? {} : { PULUMI_BACKEND_URL: backend.url }),
    // What a preview may not download, an update may: providers, at the versions of their SDKs.
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "false",
    [UPDATE_FOLLOWS]: "true",
  };
  const cli = await requireCli(process.env, (text) => console.error(text));
  const env = cliEnvironment(process.env, own);
  return {
    context,
    checked,
    project,
    cli,
    backend: `${backend.url ?? "the backend"} (${backend.reason})`,
    own,
    env,
    state: new StackState(cli, project, name, env),
    operate: async (operation, options = {}) => {
      const { operate } = await import("../../engine/update.ts");
      return operate(cli, project, name, operation, { ...options, env });
    },
  };
}
