import { stripVTControlCharacters } from "node:util";
import { InputError, type Problem } from "../release/errors.ts";
import { readRefusals } from "../release/verdict.ts";

/** A program or a policy pack that failed. The message has no stack trace; {@link debug} has all that was written. */
export class EngineError extends InputError {
  readonly debug: string;

  constructor(problems: readonly Problem[], debug: string) {
    super(problems);
    this.debug = stripVTControlCharacters(debug);
  }
}

/** An error as one process printed it, taken apart by another. */
export interface PrintedError {
  /** The class of the error, such as `InputError`; absent where the text does not say. */
  readonly name?: string;
  readonly message: string;
}

const RUNNER_PREFIX = /^(?:error: \[runtime\] )?Running program '.*' failed with an unhandled exception:\s*\n\s*/;
const STACK_FRAMES = /\n\s+at [\s\S]*$/;
const ERROR_NAME = /^(?:<ref \*\d+> )?(\w*Error)(?: \[\w+\])?: /;
/** What the SDK puts before the message of an error that reaches a resource through its inputs. */
const INPUT_PREFIX = /^(?:error serializing property ".*?": )+/;

/** The name and message of an error that a process printed with colours, a prefix and a stack trace. */
export function readPrintedError(text: string): PrintedError {
  const plain = stripVTControlCharacters(text).trim().replace(RUNNER_PREFIX, "").replace(STACK_FRAMES, "");
  const name = ERROR_NAME.exec(plain)?.[1];
  const message = plain.replace(ERROR_NAME, "").replace(INPUT_PREFIX, "").trim();
  return name === undefined ? { message } : { name, message };
}

/**
 * The problems in the message of an {@link InputError} that was thrown in another process. Describing them again gives
 * the same message. Text before the first problem that can be told apart is a problem of `file`.
 */
export function readProblems(message: string, file: string): Problem[] {
  const problems: Problem[] = [];
  for (const line of message.split("\n")) {
    const [, where, lineNumber, path, text] = /^([^\s:]+)(?::(\d+))?(?: (.*?))?: (.*)$/.exec(line) ?? [];
    const last = problems.at(-1);
    if (where !== undefined && text !== undefined) {
      const position = lineNumber === undefined ? {} : { line: Number(lineNumber) };
      problems.push({ file: where, path: path ?? "", message: text, ...position });
    } else if (last !== undefined) {
      // A message of several lines.
      problems[problems.length - 1] = { ...last, message: `${last.message}\n${line}` };
    } else {
      problems.push({ file, path: "", message: line });
    }
  }
  return problems;
}

/** Problems in order, without those that were there before. */
export function distinct(problems: readonly Problem[]): Problem[] {
  const byText = new Map(problems.map((problem) => [JSON.stringify(problem), problem]));
  return [...byText.values()];
}

/** The problems in what a program logged when it failed; those that name no file are problems of `main`. */
export function readFailure(text: string, main: string): Problem[] {
  const { name, message } = readPrintedError(text);
  // Without the name of a class it is what the program itself chose to say, and that may well be an InputError's text.
  return name === undefined || name === "InputError"
    ? readProblems(message, main)
    : [{ file: main, path: "", message }];
}

/** How some work ended, as a value. */
export async function settle<Value>(work: Promise<Value>): Promise<{ value: Value } | { error: unknown }> {
  return await work.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
}

/** One error for all stacks, so that a preview shows everything that is wrong at once. */
export function mergeFailures(failures: readonly unknown[]): unknown {
  const unexpected = failures.find((failure) => !(failure instanceof InputError));
  if (unexpected !== undefined) return unexpected;
  const errors = failures.filter((failure) => failure instanceof InputError);
  const debug = new Set(errors.map((error) => (error instanceof EngineError ? error.debug : (error.stack ?? ""))));
  return new EngineError(distinct(errors.flatMap((error) => error.problems)), [...debug].join("\n"));
}

/** Whether the errors that a program logged are refusals of its own, all of them, and nothing went wrong. */
export function isRefusal(errors: readonly string[]): boolean {
  return errors.length > 0 && errors.every((text) => readRefusals(text) !== undefined);
}
