import { CommanderError } from "commander";
import { EngineError } from "../engine/failure.ts";
import { describeProblem, InputError, type Problem } from "../release/errors.ts";
import { prettyJson } from "../release/json.ts";

/** What is printed for an error. */
export interface FailureText {
  readonly stderr: string;
  /** With `--json`, what a program that reads the output gets instead of a result. */
  readonly stdout: string;
}

/** An error in the words of whoever has to mend it; with `debug`, also where it came from. */
export function describeFailure(
  error: unknown,
  options: { readonly debug: boolean; readonly json: boolean },
): FailureText {
  // Called without a verb: commander has printed its help already.
  if (error instanceof CommanderError && error.code === "commander.help") return { stderr: "", stdout: "" };
  const problems = problemsOf(error);
  const lines = problems.map((problem) => `error: ${problem.file === "" ? problem.message : describeProblem(problem)}`);
  const trace = options.debug ? traceOf(error) : "";
  const hint = isExpected(error) || options.debug ? [] : ["This is a fault in imprimatur itself; --debug shows where."];
  return {
    stderr: `${[...lines, ...hint, ...(trace === "" ? [] : [trace])].join("\n")}\n`,
    stdout: options.json ? prettyJson({ error: { problems } }) : "",
  };
}

function problemsOf(error: unknown): readonly Problem[] {
  if (error instanceof InputError) return error.problems;
  const message = error instanceof Error ? error.message : String(error);
  // Commander puts "error: " before its messages, and its suggestion into a second line.
  const text = error instanceof CommanderError ? message.replace(/^error: /, "").replace("\n", " ") : message;
  return [{ file: "", path: "", message: text }];
}

/** Errors that a user can do something about, among them those of the file system, which name the file. */
function isExpected(error: unknown): boolean {
  const isSystem = error instanceof Error && "syscall" in error;
  return error instanceof InputError || error instanceof CommanderError || isSystem;
}

function traceOf(error: unknown): string {
  const inner = error instanceof EngineError ? `${error.debug}\n` : "";
  return `${inner}${error instanceof Error ? (error.stack ?? "") : ""}`;
}
