import { stripVTControlCharacters } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createStyle, wantsColour } from "../../cli/render/style.ts";
import { renderTerminal } from "../../cli/render/terminal.ts";
import { changeText, cut, cutStart, plain, resourceName, shortType, valueText, wrap } from "../../cli/render/text.ts";
import { PROD, REPORT } from "./report.ts";

const noColours = createStyle(false);

describe("renderTerminal", () => {
  it("shows the tree, the modules, the verdicts and the sum", () => {
    expect(renderTerminal(REPORT, noColours, 100)).toBe(`\
engine    offline (previews, never applies; no Pulumi CLI on PATH)
compared  with 0123456789ab (merge base with main)
what if   web=1.1.0

prod   class prod   8 resources   + 1  ~ 2  ± 0  - 2   policies  1 ✔  1 ✘  1 !
  = Environment platform
    + Namespace two
    - Namespace three
    = 1 resource
  - old                   0.9.0                        cccccccccccc
  = store                 2.0.0          stable        aaaaaaaaaaaa
  ~ web                   1.0.0 → 1.1.0  beta          bbbbbbbbbbbb
    ~ Release web
        values.image     …@sha256:111111111111… → …@sha256:222222222222…
        options.protect  added true
  starts  store
  then    web
  ✘ channel
      where  ModuleRelease web
      why    web 1.1.0 is of channel beta; prod admits stable
      next   npx imprimatur notes
  ✔ image-digest-only
  ! window
      where  the stack as a whole
      why    no window is open

✘ 1 stack, 0 allowed, 1 refused   + 1  ~ 2  ± 0  - 2
  prod by channel
`);
  });

  it("has colours that leave the text as it is", () => {
    const coloured = renderTerminal(REPORT, createStyle(true), 100);
    expect(coloured).not.toBe(stripVTControlCharacters(coloured));
    expect(stripVTControlCharacters(coloured)).toBe(renderTerminal(REPORT, noColours, 100));
  });

  it("stays within its width, whatever the values, but for a remedy", () => {
    const long = "an-image-with-a-very-long-name/".repeat(8);
    const resources = PROD.resources.map((resource) => ({
      ...resource,
      name: resource.op === "create" ? long : resource.name,
      changes: resource.changes.map((change) => ({
        ...change,
        path: `${change.path}.${long}`,
        before: long,
        after: `${long}2`,
      })),
    }));
    const verdicts = [
      { policy: "p", level: "mandatory" as const, violations: [{ message: "many words ".repeat(40), remedy: long }] },
    ];
    const report = {
      ...REPORT,
      sets: [long],
      stacks: [{ ...PROD, resources, verdicts, warnings: ["a warning ".repeat(30)] }],
    };
    for (const width of [60, 80, 100]) {
      const tooLong = renderTerminal(report, noColours, width)
        .split("\n")
        .filter((line) => line.length > width && !line.includes("class prod"));
      expect(tooLong).toEqual([`      next   ${long}`]);
    }
  });

  it("lets no value steer the terminal", () => {
    const evil = "\u001b[2Jcleared\u0007\r\nerror: forged\u202e";
    const verdicts = [{ policy: "p", level: "mandatory" as const, violations: [{ message: evil, remedy: evil }] }];
    const resources = [
      {
        op: "update" as const,
        urn: `urn:pulumi:prod::t::a:b:C::${evil}`,
        type: "a:b:C",
        name: evil,
        changes: [{ path: evil, after: evil }],
      },
    ];
    const text = renderTerminal(
      { ...REPORT, stacks: [{ ...PROD, resources, verdicts, warnings: [evil] }] },
      noColours,
      100,
    );
    expect(text.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\u202e]/u);
    expect(text.split("\n").filter((line) => line.startsWith("error"))).toEqual([]);
  });

  it("says that a stack is new, and how many violations are left out", () => {
    const violations = Array.from({ length: 13 }, (_, index) => ({ message: `number ${index}` }));
    const verdicts = [{ policy: "p", level: "mandatory" as const, violations }];
    const text = renderTerminal({ ...REPORT, stacks: [{ ...PROD, compared: false, verdicts }] }, noColours, 100);
    expect(text).toContain("\n  all new: the base has no plan of this stack\n");
    expect(text).toContain("\n  ✘ p   13 refusals\n");
    expect(text).toContain("number 9\n      and 3 more; --json shows all\n");
    expect(text).not.toContain("number 10");
  });
});

describe("text", () => {
  it("shortens type tokens and names resources", () => {
    expect(shortType("kubernetes:helm.sh/v3:Release")).toBe("Release");
    expect(shortType("pulumi:providers:kubernetes")).toBe("Provider kubernetes");
    expect(resourceName("urn:pulumi:prod::p::a:b:C$kubernetes:core/v1:Pod::a::b")).toBe("Pod a::b");
  });

  it("shows values in one line, digests short", () => {
    expect(valueText(`x@sha256:${"0".repeat(64)}`)).toBe("x@sha256:000000000000…");
    expect(valueText({ a: [1, "b"] })).toBe('{"a":[1,"b"]}');
    expect(valueText("a\nb")).toBe("a b");
  });

  it("shows the part of two long values in which they differ", () => {
    const values = { before: "registry.test/a/long/path/to/one@1", after: "registry.test/a/long/path/to/two@2" };
    expect(changeText(values, 80)).toBe(`${values.before} → ${values.after}`);
    expect(changeText(values, 40)).toBe("…/one@1 → …/two@2");
    expect(changeText({ after: 1 }, 40)).toBe("added 1");
    expect(changeText({ before: [1] }, 40)).toBe("removed [1]");
    expect(changeText({ before: `sha256:${"0".repeat(64)}`, after: `sha256:${"0".repeat(63)}1` }, 80)).toBe(
      "sha256:000000000000… → another value",
    );
  });

  it("wraps words, and keeps the lines of a text", () => {
    expect(wrap("one two three\n  four  five", 9)).toEqual(["one two", "three", "four five"]);
    expect(wrap("a-word-that-is-too-long b", 5)).toEqual(["a-word-that-is-too-long", "b"]);
  });

  it("never exceeds a width", () => {
    const width = fc.integer({ min: 20, max: 60 });
    fc.assert(
      fc.property(fc.string(), fc.string(), width, (a, b, columns) => {
        expect(cut(a, columns).length).toBeLessThanOrEqual(columns);
        expect(cutStart(a, columns).length).toBeLessThanOrEqual(columns);
        expect(changeText({ before: a, after: b }, columns).length).toBeLessThanOrEqual(columns);
        const words = (text: string) => text.split(/\s+/).filter(Boolean);
        expect(words(wrap(a, columns).join(" "))).toEqual(a.split("\n").flatMap((line) => words(plain(line))));
      }),
    );
  });
});

describe("wantsColour", () => {
  it.each([
    [true, true, {}, true],
    [false, true, {}, false],
    [true, false, {}, false],
    [true, true, { NO_COLOR: "1" }, false],
    [true, true, { NO_COLOR: "" }, true],
    [true, true, { TERM: "dumb" }, false],
  ])("terminal %s, allowed %s, %o: %s", (isTTY, allowed, env, expected) => {
    expect(wantsColour({ isTTY }, allowed, env)).toBe(expected);
  });
});
