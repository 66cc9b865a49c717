import { spawn } from "node:child_process";
import { refuseInput } from "../../release/errors.ts";
import { plain } from "../render/text.ts";
import { retried, TransientError } from "./retry.ts";

export interface RunOptions {
  /** What the work is about, for messages: a reference or a path. */
  readonly subject: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Gets each line that the program prints, in any of its streams. */
  readonly onLine?: (line: string) => void;
}

/** What another try may mend: a connection that broke, a registry with too much to do. */
const TRANSIENT =
  /connection (reset|refused)|broken pipe|\bEOF\b|time(d )?out|handshake|temporar|too many requests|unreachable|no route|server closed|closed network connection|\b(429|5\d\d)\b/i;

const LAST_LINES = 3;

/**
 * Runs a program to its end and returns what it wrote to its standard output. Where the connection broke it is run again,
 * at most three times: what has arrived by then is not sent again.
 * @throws InputError with the last lines of what the program said
 */
export async function runTool(program: string, args: readonly string[], options: RunOptions): Promise<string> {
  const { subject, env = process.env, onLine = () => undefined } = options;
  try {
    return await retried(
      () => runOnce(program, args, env, onLine),
      (error) => onLine(`${error.message}: once more`),
    );
  } catch (error) {
    if (!(error instanceof ToolError || error instanceof TransientError)) throw error;
    const again = error instanceof TransientError ? "; three tries were made" : "";
    const message = `${error.message}${again}. Run it again: what has arrived by now is not copied again`;
    return refuseInput({ file: subject, path: "", message });
  }
}

/** The program said no, or was stopped by somebody. */
class ToolError extends Error {}

function runOnce(
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  onLine: (line: string) => void,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    const lines: string[] = [];
    const listen = (chunk: Buffer) => {
      for (const line of chunk.toString("utf8").split(/[\r\n]+/)) {
        if (line.trim() === "") continue;
        lines.push(readable(line));
        onLine(readable(line));
      }
      lines.splice(0, lines.length - LAST_LINES);
    };
    child.stdout.on("data", (chunk: Buffer) => {
      output += chunk.toString("utf8");
      listen(chunk);
    });
    child.stderr.on("data", listen);
    child.on("error", (error) => reject(new ToolError(`${program} cannot be started: ${error.message}`)));
    child.on("close", (code, signal) => {
      if (code === 0) return resolve(output);
      const said = lines.at(-1) ?? "it said nothing";
      if (signal !== null) return reject(new ToolError(`${program} was stopped by ${signal}`));
      const message = `${program} failed: ${said}`;
      reject(TRANSIENT.test(said) ? new TransientError(message) : new ToolError(message));
    });
  });
}

/** A line without what is of use to programs alone: skopeo's log format, and the state that registries put into URLs. */
function readable(line: string): string {
  const [, quoted] = /^time=\S+ level=\w+ msg=("(?:[^"\\]|\\.)*")$/.exec(line.trim()) ?? [];
  const text = quoted === undefined ? line : unquoted(quoted);
  return plain(text.trim()).replace(/\?[^"\s]*/g, "");
}

function unquoted(text: string): string {
  try {
    return String(JSON.parse(text));
  } catch {
    return text;
  }
}
