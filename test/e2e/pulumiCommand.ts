import { type CliExit, cliEnvironment, type Environment, findCli } from "../../engine/pulumiCli.ts";

/** Runs the Pulumi CLI as the engine does. @param own what it is told besides the environment of this process */
export function runPulumi(root: string, own: Environment, args: readonly string[]): Promise<CliExit> {
  const env = cliEnvironment(process.env, own);
  const cli = findCli(env);
  if (cli === undefined) throw new Error("there is no Pulumi CLI");
  return cli.run(args, { cwd: root, env });
}
