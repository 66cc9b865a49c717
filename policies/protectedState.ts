import { z } from "zod";
import {
  holdsState,
  judgeIgnored,
  judgeProtection,
  judgeSwitches,
  STATEFUL_TYPES,
} from "../release/rules/protectedState.ts";
import { resourcePolicy } from "./adapter.ts";
import { classesSetting } from "./classes.ts";
import { imagesOf, isChart } from "./images.ts";

export const protectedState = resourcePolicy({
  name: "protected-state",
  description:
    "Production's clusters, registries, namespaces and data are protected and not replaced, and ignoreChanges hides no image.",
  severity: "high",
  framework: {
    name: "NIST SSDF",
    version: "1.1",
    reference: "PS.3.1",
    specification: "What is needed of each release is archived and kept securely.",
  },
  tags: ["NIST SSDF", "data"],
  remediation: "Protect what holds state, keep its data when it goes, and let no image be ignored.",
  settings: z.object({
    classes: classesSetting("prod").describe("Environment classes in which what holds state is protected"),
    imageClasses: classesSetting("staging", "prod").describe(
      "Environment classes in which ignoreChanges may hide no image",
    ),
    types: z.array(z.string()).default([]).describe("Further resource types that hold state; one may end with *"),
  }),
  concerns: () => true,
  judge: (resource, { stack, settings }) => {
    const { type, props, options } = resource;
    const chart = isChart(type);
    const hides =
      options.ignoreChanges.length > 0 && type.startsWith("kubernetes:") && settings.imageClasses.includes(stack.class);
    const ignored = hides ? judgeIgnored(options.ignoreChanges, imagesOf(resource), { props, chart }) : [];
    if (!settings.classes.includes(stack.class)) return ignored;
    const protection = holdsState(type, [...STATEFUL_TYPES, ...settings.types]) ? judgeProtection(options.protect) : [];
    return [...ignored, ...protection, ...judgeSwitches(type, props)];
  },
});
