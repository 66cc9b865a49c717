import { parseXml, XmlElement } from "@rgrove/parse-xml";
import { count, notOfFormat, type Reader, textOf } from "../findings.ts";

const FORMAT = "a JUnit XML report";

/** Suites stand in one another a few levels deep; anything deeper is no report. */
const MAX_DEPTH = 64;

interface Tally {
  readonly tests: number;
  readonly failed: number;
  readonly skipped: number;
}

/**
 * Reads JUnit XML: `testsuites` or `testsuite`, suites within suites. A test with a `failure` or an `error` has failed;
 * a suite that declares more of them than it lists is believed, since an error outside any test is only counted there.
 * A report of no tests proves nothing: it is a failure.
 */
export const readJunit: Reader = (bytes, file) => {
  const { tests, failed, skipped } = tallyOf(rootOf(textOf(bytes, file, FORMAT), file), file, 0);
  const summary =
    tests === 0 && failed === 0 ? "no tests ran" : `${count(tests, "test")}, ${failed} failed, ${skipped} skipped`;
  return { result: failed === 0 && tests > 0 ? "pass" : "fail", metrics: { tests, failed, skipped }, summary };
};

/**
 * The tests that a report lists, as `<class> <name>`, each once.
 * @throws InputError where it is no JUnit report
 */
export function testNames(bytes: Uint8Array, file: string): ReadonlySet<string> {
  return new Set(namesOf(rootOf(textOf(bytes, file, FORMAT), file), file, 0));
}

function namesOf(suite: XmlElement, file: string, depth: number): string[] {
  if (depth > MAX_DEPTH) notOfFormat(file, FORMAT, "its suites are nested too deeply");
  return childrenOf(suite).flatMap((child) => {
    if (child.name === "testsuite") return namesOf(child, file, depth + 1);
    const { classname = "", name = "" } = child.attributes;
    return child.name === "testcase" ? [`${classname} ${name}`.trim()] : [];
  });
}

function rootOf(text: string, file: string): XmlElement {
  let root: XmlElement | null;
  try {
    // Entities that a document type declares are unknown to this parser, and refused: none is ever expanded.
    root = parseXml(text).root;
  } catch (error) {
    const [why = ""] = error instanceof RangeError ? ["it is nested too deeply"] : (error as Error).message.split("\n");
    return notOfFormat(file, FORMAT, why);
  }
  if (root?.name !== "testsuites" && root?.name !== "testsuite") {
    return notOfFormat(file, FORMAT, `its root is <${root?.name ?? ""}>, not <testsuites> or <testsuite>`);
  }
  return root;
}

function tallyOf(suite: XmlElement, file: string, depth: number): Tally {
  if (depth > MAX_DEPTH) notOfFormat(file, FORMAT, "its suites are nested too deeply");
  const total = { tests: 0, failed: 0, skipped: 0 };
  for (const child of childrenOf(suite)) {
    const tally =
      child.name === "testcase" ? caseOf(child) : child.name === "testsuite" ? tallyOf(child, file, depth + 1) : NONE;
    total.tests += tally.tests;
    total.failed += tally.failed;
    total.skipped += tally.skipped;
  }
  const declared = (name: string) => declaredOf(suite, name, file);
  return {
    tests: Math.max(total.tests, declared("tests")),
    failed: Math.max(total.failed, declared("failures") + declared("errors")),
    skipped: Math.max(total.skipped, declared("skipped")),
  };
}

const NONE: Tally = { tests: 0, failed: 0, skipped: 0 };

function caseOf(testcase: XmlElement): Tally {
  const names = new Set(childrenOf(testcase).map(({ name }) => name));
  const failed = names.has("failure") || names.has("error");
  return { tests: 1, failed: failed ? 1 : 0, skipped: !failed && names.has("skipped") ? 1 : 0 };
}

function declaredOf({ name: element, attributes }: XmlElement, name: string, file: string): number {
  const text = attributes[name];
  if (text === undefined || text === "") return 0;
  if (!/^\d{1,9}$/.test(text)) notOfFormat(file, FORMAT, `<${element} ${name}="${text.slice(0, 40)}"> is no count`);
  return Number(text);
}

function childrenOf({ children }: XmlElement): XmlElement[] {
  return children.filter((child): child is XmlElement => child instanceof XmlElement);
}
