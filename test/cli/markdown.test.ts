import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { renderMarkdown } from "../../cli/render/markdown.ts";
import type { PreviewReport, VerdictReport } from "../../cli/report.ts";
import { PROD, REPORT } from "./report.ts";

const withVerdicts = (...verdicts: VerdictReport[]): PreviewReport => ({ ...REPORT, stacks: [{ ...PROD, verdicts }] });
const refusal = (message: string, remedy?: string): VerdictReport => ({
  policy: "p",
  level: "mandatory",
  violations: [{ message, ...(remedy !== undefined && { remedy }) }],
});

describe("renderMarkdown", () => {
  it("has summary, refusals, changes and details, in this order", () => {
    expect(renderMarkdown(REPORT)).toBe(`\
<!-- imprimatur preview -->
## ❌ 1 of 1 stack refused

Engine \`offline\` (no Pulumi CLI on PATH), compared with \`0123456789ab\` (merge base with main).
What if: \`web=1.1.0\`.

| | stack | class | + | ~ | ± | - | = |
| --- | --- | --- | --: | --: | --: | --: | --: |
| ✘ | prod | prod | 1 | 2 | 0 | 2 | 5 |

### Refusals and warnings

- ✘ **prod** \`channel\`: web 1.1.0 is of channel beta; prod admits stable
  - where: \`ModuleRelease web\`
  - next: \`npx imprimatur notes\`
- ⚠ **prod** \`window\`: no window is open
  - where: the stack as a whole

### Modules that change

- **prod** \`old\` \`0.9.0\` → none
- **prod** \`web\` \`1.0.0\` → \`1.1.0\`

<details><summary>prod: 5 resources would change</summary>

- \`+ Namespace two\`
- \`- Namespace three\`
- \`- ModuleRelease old\`
- \`~ ModuleRelease web\`
  - \`version\` \`1.0.0 → 1.1.0\`
- \`~ Release web\`
  - \`values.image\` \`registry.test/web@sha256:111111111111… → registry.test/web@sha256:222222222222…\`
  - \`options.protect\` \`added true\`

</details>

<details><summary>prod: 2 modules</summary>

| module | version | channel | manifest digest |
| --- | --- | --- | --- |
| store | \`2.0.0\` | stable | \`aaaaaaaaaaaa\` |
| web | \`1.1.0\` | beta | \`bbbbbbbbbbbb\` |

</details>

<details><summary>prod: order of start</summary>

1. \`store\`
2. \`web\`

</details>
`);
  });

  it("says that nothing is refused", () => {
    const stacks = [{ ...PROD, allowed: true, verdicts: [] }];
    const text = renderMarkdown({ ...REPORT, allowed: true, stacks });
    expect(text).toContain("## ✅ 1 stack, none refused\n");
    expect(text).not.toContain("### Refusals");
  });

  it("makes no markup, mention or link of values", () => {
    const text = renderMarkdown(
      withVerdicts(refusal("<b> @team #1 **x** [a](https://b.test) | `c` \n# head", "run `a``b` | @team")),
    );
    expect(text).toContain(
      "&lt;b&gt; @<!-- -->team \\#1 \\*\\*x\\*\\* \\[a\\]\\(https:<!-- -->//b.test\\) \\| \\`c\\`\n  - \\# head\n",
    );
    expect(text).toContain("  - next: ``` run `a``b` | @team ```\n");
  });

  it("keeps code spans closed and lines whole, whatever the text", () => {
    fc.assert(
      fc.property(fc.string(), (value) => {
        const line = renderMarkdown(withVerdicts(refusal("m", value)))
          .split("\n")
          .filter((text) => text.startsWith("  - next: "));
        expect(line.length).toBe(1);
        const span = (line[0] ?? "").slice("  - next: ".length);
        const fence = /^`+/.exec(span)?.[0] ?? "";
        const runs = [...span.slice(fence.length).matchAll(/`+/g)].filter(([run]) => run === fence);
        expect(runs.length).toBe(1);
        expect(span.endsWith(fence)).toBe(true);
      }),
    );
  });

  it("stays under the limit for 103 modules in 24 stacks, refusals first, and counts what it leaves out", () => {
    const modules = Array.from({ length: 103 }, (_, index) => ({ ...PROD.modules[0], name: `module-${index}` }));
    const pinChanges = modules.map(({ name }) => ({ ...PROD.pinChanges[1], module: name }));
    const violations = modules.map(({ name }) => ({
      message: `${name} is not blessed for ünï`,
      remedy: `bless ${name}`,
    }));
    const advice = modules.map(({ name }) => ({ message: `${name} is advised` }));
    const stacks = Array.from({ length: 24 }, (_, index) => ({
      ...PROD,
      name: `stack-${index}`,
      modules,
      pinChanges,
      verdicts: [
        { policy: "window", level: "advisory", violations: advice },
        { policy: "blessed", level: "mandatory", violations },
      ],
    })) as unknown as PreviewReport["stacks"];
    const text = renderMarkdown({ ...REPORT, stacks });
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(65_000);
    expect(text.match(/^\| ✘ \| stack-/gm)?.length).toBe(24);
    const shown = text.match(/is not blessed for/g)?.length ?? 0;
    expect(shown).toBeGreaterThan(100);
    expect(text).not.toContain("is advised");
    const left = 2 * 24 * 103 - shown;
    expect(text).toContain(
      `\n> Left out, to stay within the size of a comment: ${left} findings, ${24 * 103} module changes, `,
    );
    expect(text.match(/<details>/g)?.length ?? 0).toBe(text.match(/<\/details>/g)?.length ?? 0);
  });

  it("cuts a single text that would fill a comment", () => {
    const text = renderMarkdown({
      ...withVerdicts(refusal("x".repeat(70_000), "y".repeat(70_000))),
      sets: ["z".repeat(70_000)],
    });
    expect(Buffer.byteLength(text)).toBeLessThan(6_000);
    expect(text).toContain(`: ${"x".repeat(999)}…\n`);
    expect(text).toContain(`\`${"y".repeat(999)}…\`\n`);
    expect(text).not.toContain("Left out");
  });
});
