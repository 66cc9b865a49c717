/** How one test in an image ended. */
export interface TestCase {
  readonly environment: string;
  readonly name: string;
  /** Why it has failed. */
  readonly failure?: string;
  /** Why it was not run. */
  readonly skipped?: string;
}

/** Results as JUnit XML, a suite for each environment. */
export function junitOf(cases: readonly TestCase[]): string {
  const suites = [...Map.groupBy(cases, ({ environment }) => environment)].map(([environment, items]) => {
    const failures = items.filter(({ failure }) => failure !== undefined).length;
    const skipped = items.filter((item) => item.skipped !== undefined).length;
    const counts = `tests="${items.length}" failures="${failures}" skipped="${skipped}"`;
    return [`  <testsuite name="${xmlText(environment)}" ${counts}>`, ...items.map(caseOf), "  </testsuite>"].join(
      "\n",
    );
  });
  return `${['<?xml version="1.0" encoding="UTF-8"?>', "<testsuites>", ...suites, "</testsuites>"].join("\n")}\n`;
}

function caseOf({ environment, name, failure, skipped }: TestCase): string {
  const start = `    <testcase classname="${xmlText(environment)}" name="${xmlText(name)}"`;
  if (failure !== undefined) return `${start}><failure message="${xmlText(failure)}"/></testcase>`;
  if (skipped !== undefined) return `${start}><skipped message="${xmlText(skipped)}"/></testcase>`;
  return `${start}/>`;
}

/** Text that XML can hold: what a crashing program prints may have anything in it. */
function xmlText(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: XML 1.0 forbids exactly these
  const legal = text.toWellFormed().replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "\ufffd");
  return legal
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("\n", "&#10;");
}
