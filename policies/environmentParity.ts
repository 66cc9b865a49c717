import { z } from "zod";
import { InputError } from "../release/errors.ts";
import { readMirror } from "../release/mirror.ts";
import { isShared, judgeMissing, judgeParity, type Mirror, noPlan } from "../release/rules/environmentParity.ts";
import { combinedPolicy } from "./adapter.ts";
import type { RuleContext } from "./rule.ts";

const STACK = "pulumi:pulumi:Stack";

type Context = Pick<RuleContext<unknown>, "catalogue" | "files" | "stack">;

export const environmentParity = combinedPolicy({
  name: "environment-parity",
  description:
    "What is proven in the stack that this one mirrors holds here: kinds, API versions, probes, resources, security contexts and chart values do not differ unless the catalogue says why.",
  severity: "medium",
  framework: {
    name: "NIST SSDF",
    version: "1.1",
    reference: "PW.8.2",
    specification: "Executable code is tested as it will run, and what is found is recorded.",
  },
  tags: ["NIST SSDF", "parity"],
  remediation: "Make both stacks alike, or declare the difference with its reason in catalog/parity.yaml.",
  settings: z.object({}),
  concerns: (type) => type === STACK || isShared(type),
  judge: ({ type, urn, name, props }, context) => {
    const { stack } = context;
    if (stack.mirrors === undefined) return [];
    if (type !== STACK) {
      const mirror = readMirrorOnce(context, stack.mirrors);
      // Without one, the stack itself is refused, once.
      return mirror instanceof InputError || mirror === undefined
        ? []
        : judgeParity({ urn, type, name, props }, stack.name, mirror);
    }
    context.catalogue.stack(stack.mirrors);
    const mirror = readMirrorOnce(context, stack.mirrors);
    if (mirror instanceof InputError) throw mirror;
    return mirror === undefined ? [noPlan(stack.mirrors)] : [];
  },
  judgeStack: (resources, context) => {
    const { stack } = context;
    const mirror = stack.mirrors === undefined ? undefined : readMirrorOnce(context, stack.mirrors);
    return mirror instanceof InputError || mirror === undefined ? [] : judgeMissing(resources, stack.name, mirror);
  },
});

const mirrors = new WeakMap<Context["files"], Map<string, Mirror | InputError | undefined>>();

/** The mirrored stack's plan, read once for the life of the pack's process; undefined where none is committed. */
function readMirrorOnce({ files }: Context, name: string): Mirror | InputError | undefined {
  const known = mirrors.get(files) ?? new Map<string, Mirror | InputError | undefined>();
  mirrors.set(files, known);
  if (!known.has(name)) known.set(name, readMirrorSafely(files, name));
  return known.get(name);
}

function readMirrorSafely(files: Context["files"], name: string): Mirror | InputError | undefined {
  try {
    return readMirror(files, name);
  } catch (error) {
    if (error instanceof InputError) return error;
    throw error;
  }
}
