import { refuseInput } from "../../release/errors.ts";
import { junitOf, type TestCase } from "../../release/frozen/junit.ts";
import type { Context } from "../context.ts";
import { findBuilder, type OpenImage } from "./builders.ts";
import { filesBelow, type Mission, type MissionEnvironment } from "./mission.ts";
import type { Ended } from "./run.ts";
import { readBuild, writeResult } from "./state.ts";

/** One test: a command in the image, and what it reads. */
interface Planned {
  readonly environment: string;
  readonly name: string;
  readonly command: readonly string[];
  readonly input?: string;
  /** Where a front end that runs notebooks may be: the first that is there gets the command as arguments. */
  readonly fronts?: readonly string[];
}

/**
 * Runs the tests of every environment in the last build, each in a process of its own and with no network: an import that
 * crashes the interpreter is one failed test, and not the end.
 * @throws InputError where an environment has no tests, which would prove nothing
 */
export async function testImage(
  { root }: Pick<Context, "root">,
  mission: Mission,
  onTest: (name: string) => void,
): Promise<{ readonly cases: readonly TestCase[]; readonly written: string }> {
  const build = readBuild(root, mission.name);
  const planned = mission.environments.flatMap((environment) => planTests(root, mission, environment));
  const image = await findBuilder(build.builder).open(build.image);
  const cases: TestCase[] = [];
  try {
    for (const test of planned) {
      onTest(`${test.environment} ${test.name}`);
      cases.push(await runTest(image, test));
    }
  } finally {
    await image.close();
  }
  return { cases, written: writeResult(root, mission.name, "test", junitOf(cases)) };
}

function planTests(root: string, mission: Mission, environment: MissionEnvironment): Planned[] {
  const { name, folder, kind, prefix, kernel } = environment;
  const files = filesBelow(root, `${folder}/tests`);
  const of = (path: string) => files.get(path)?.toString("utf8") ?? "";
  const imports = of("imports")
    .split("\n")
    .map((line) => line.replace(/#.*/, "").trim())
    .filter(Boolean)
    .map((item, index) => {
      if (!/^[@\w][\w./@-]*$/.test(item)) {
        const message = "is no name of a module";
        refuseInput({ file: `${folder}/tests/imports`, path: "", line: index + 1, message, value: item });
      }
      const python = [`${prefix}/bin/python`, "-c", `import ${item}`];
      const node = ["node", "-e", `import(require.resolve(${JSON.stringify(item)}, { paths: ["${prefix}"] }))`];
      return { environment: name, name: `import ${item}`, command: kind === "npm" ? node : python };
    });
  const below = (directory: string, ending: string) =>
    [...files.keys()].filter((path) => path.startsWith(`${directory}/`) && path.endsWith(ending)).sort();
  const scripts = (kind === "npm" ? below("scripts", ".mjs") : below("scripts", ".py")).map((path) => ({
    environment: name,
    name: path,
    command: kind === "npm" ? ["node", "--input-type=module", "-"] : [`${prefix}/bin/python`, "-"],
    input: of(path),
  }));
  // One front end serves the kernels of all, but an environment without a kernel of a name has no other than its own.
  const others = kernel === undefined ? [] : mission.environments.map((other) => other.prefix);
  const notebooks = below("notebooks", ".ipynb").map((path) => ({
    environment: name,
    name: path,
    command: [...NOTEBOOK, ...(kernel === undefined ? [] : [`${KERNEL}=${kernel}`])],
    input: of(path),
    fronts: [prefix, ...others].map((place) => `${place}/bin/jupyter`),
  }));
  const tests = [...imports, ...scripts, ...notebooks];
  if (tests.length === 0) {
    const message = "has nothing to test: list what can be imported, a name a line";
    refuseInput({ file: `${folder}/tests/imports`, path: "", message });
  }
  return tests;
}

const NOTEBOOK = ["nbconvert", "--to", "notebook", "--execute", "--stdin", "--stdout"];
const KERNEL = "--ExecutePreprocessor.kernel_name";

async function runTest(image: OpenImage, { environment, name, command, input, fronts }: Planned): Promise<TestCase> {
  const front = fronts === undefined ? [] : await findFront(image, fronts);
  if (front === undefined) return { environment, name, skipped: "there is no jupyter nbconvert to run it" };
  const ended = await image.run([...front, ...command], input);
  return ended.code === 0 ? { environment, name } : { environment, name, failure: failureOf(ended) };
}

async function findFront(image: OpenImage, fronts: readonly string[]): Promise<[string] | undefined> {
  for (const front of new Set(fronts)) {
    if ((await image.run([front, "nbconvert", "--version"])).code === 0) return [front];
  }
  return undefined;
}

/** Signals as shells and builders tell of them. */
function failureOf({ code, stderr }: Ended): string {
  const lines = stderr
    .trim()
    .split("\n")
    .filter((line) => !/^(Error: )?exit status \d+$|exited with status/.test(line));
  const crashed = code === null || code > 128 || /segmentation fault|exited on /i.test(stderr);
  const last = lines.slice(-3).join("\n") || `it ended with ${code ?? "a signal"}`;
  return crashed ? `it crashed: ${last}` : last;
}
