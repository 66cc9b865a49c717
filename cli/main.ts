#!/usr/bin/env node
import { type Command, CommanderError } from "commander";
import { describeFailure } from "./failure.ts";
import { createProgram } from "./program.ts";

const BAD_INPUT = 2;

// Whoever reads the output may stop reading, as `head` does: that is no error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit();
  throw error;
});

const args = process.argv.slice(2);
try {
  const program = createProgram();
  // Errors are printed below, all in one form.
  for (const command of everyCommand(program)) command.configureOutput({ outputError: () => undefined });
  await program.parseAsync(args, { from: "user" });
} catch (error) {
  // Help and the like come as errors with exit code 0.
  if (!(error instanceof CommanderError && error.exitCode === 0)) {
    const { stderr, stdout } = describeFailure(error, {
      debug: args.includes("--debug"),
      json: args.includes("--json"),
    });
    process.stderr.write(stderr);
    process.stdout.write(stdout);
    process.exitCode = BAD_INPUT;
  }
}

function everyCommand(command: Command): Command[] {
  return [command, ...command.commands.flatMap(everyCommand)];
}
