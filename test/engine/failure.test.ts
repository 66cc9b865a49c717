import fc from "fast-check";
import { expect, test } from "vitest";
import { readPrintedError, readProblems } from "../../engine/failure.ts";
import { InputError, type Problem } from "../../release/errors.ts";

const word = fc.stringMatching(/^[a-z]{1,8}$/);
const problem: fc.Arbitrary<Problem> = fc.record(
  {
    file: fc.stringMatching(/^[a-z]{1,8}\/[a-z]{1,8}\.(yaml|json)$/),
    path: fc.oneof(fc.constant(""), fc.stringMatching(/^[a-z]{1,8}(\.[a-z:]{1,8}[a-z]|\[[0-9]\])*$/)),
    message: fc.array(word, { minLength: 1 }).map((words) => words.join(" ")),
    line: fc.integer({ min: 1, max: 999 }),
    value: fc.string(),
    nearest: word,
  },
  { requiredKeys: ["file", "path", "message"] },
);

test("the problems that are read from the message of an InputError describe themselves the same way", () => {
  fc.assert(
    fc.property(fc.array(problem, { minLength: 1 }), (problems) => {
      const { message } = new InputError(problems);
      expect(new InputError(readProblems(message, "unused")).message).toBe(message);
    }),
  );
});

test("a line that belongs to no file is a problem of the given one", () => {
  expect(readProblems("something else", "main.ts")).toEqual([{ file: "main.ts", path: "", message: "something else" }]);
});

test("a printed error loses colours, the runner's words and its stack, and keeps its name apart", () => {
  const printed =
    "Running program '/a b/index.ts' failed with an unhandled exception:\n" +
    '\u001b[36m<ref *1>\u001b[39m InputError: error serializing property "metadata": first line\nsecond line\n' +
    "    at main \u001b[90m(file:///index.ts:1:1)\u001b[39m {\n  problems: []\n}";
  expect(readPrintedError(printed)).toEqual({ name: "InputError", message: "first line\nsecond line" });
  expect(readPrintedError("TypeError [ERR_X]: wrong\n    at x")).toEqual({ name: "TypeError", message: "wrong" });
  expect(readPrintedError("no error at all")).toEqual({ message: "no error at all" });
});
