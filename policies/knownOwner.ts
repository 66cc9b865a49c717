import { z } from "zod";
import { isObject } from "../release/json.ts";
import { providerInput } from "../release/providerInput.ts";
import { judgeModule, judgeOwner, judgeOwnLabel } from "../release/rules/knownOwner.ts";
import { resourcePolicy } from "./adapter.ts";
import { BLESSED_IMAGE, RELEASES } from "./claim.ts";
import { classesSetting } from "./classes.ts";
import type { JudgedResource } from "./rule.ts";

/** Ours, and part of a module. */
const OF_A_MODULE = new Set([...RELEASES, BLESSED_IMAGE]);
/** Ours, and there for all modules alike: whoever runs the platform answers for it. */
const OF_THE_PLATFORM = "imprimatur:";
/** The engine's own: they stand for no thing that anybody could own. */
const OF_THE_ENGINE = "pulumi:";

export const knownOwner = resourcePolicy({
  name: "known-owner",
  description: "Everything that a stack declares belongs to a module, or names an owner whom trust knows.",
  severity: "medium",
  framework: {
    name: "NIST SSDF",
    version: "1.1",
    reference: "PO.2.1",
    specification: "Roles and responsibilities for all parts of the life cycle are defined.",
  },
  tags: ["NIST SSDF", "ownership"],
  remediation: "Name a person or role of catalog/trust/people.yaml in the module's owners, or in a label or tag.",
  settings: z.object({
    classes: classesSetting("staging", "prod"),
    label: z.string().default("imprimatur.dev/owner").describe("Label or annotation that names an object's owner"),
    moduleLabel: z
      .string()
      .default("imprimatur.dev/module")
      .describe("Label or annotation that names an object's module"),
    tag: z.string().default("owner").describe("Tag that names the owner of a cloud resource"),
    owners: z
      .record(z.string(), z.string())
      .default({})
      .describe("Owners of resources that take neither label nor tag, by the resource's name in the program"),
  }),
  concerns: (type) => !type.startsWith(OF_THE_ENGINE),
  judge: (resource, { catalogue, stack, settings }) => {
    if (!settings.classes.includes(stack.class)) return [];
    const { type, name, props, provider } = resource;
    const owners = { modules: catalogue.modules, authority: catalogue.authority };
    if (OF_A_MODULE.has(type)) return judgeModule(props.module, owners);
    // A child is its parent's, who is judged.
    if (type.startsWith(OF_THE_PLATFORM) || !isTopLevel(resource)) return [];
    const listed = Object.hasOwn(settings.owners, name) ? settings.owners[name] : undefined;
    if (listed !== undefined) return judgeOwner(listed, owners, "the policy's configuration");
    const defaults = providerInput(provider?.props.defaultTags);
    const tags = isObject(defaults) && isObject(defaults.tags) ? defaults.tags : {};
    return judgeOwnLabel(props, tags, settings, owners);
  },
});

/** Whether a resource stands directly below its stack. */
function isTopLevel({ options }: JudgedResource): boolean {
  return options.parent === undefined || options.parent.split("::")[2] === "pulumi:pulumi:Stack";
}
