import type { Registration } from "../../engine/registration.ts";
import type { JsonObject } from "../../release/json.ts";

/** A resource as a program registers it. */
export function resourceOf(
  type: string,
  name: string,
  inputs: JsonObject,
  { stack = "prod", ...more }: Partial<Registration> & { readonly stack?: string } = {},
): Registration {
  return {
    urn: `urn:pulumi:${stack}::fixture::${type}::${name}`,
    type,
    name,
    custom: true,
    remote: false,
    parent: undefined,
    provider: undefined,
    inputs,
    outputs: inputs,
    dependencies: [],
    propertyDependencies: {},
    options: {
      protect: false,
      retainOnDelete: false,
      deleteBeforeReplace: undefined,
      ignoreChanges: [],
      replaceOnChanges: [],
      additionalSecretOutputs: [],
      aliases: [],
      customTimeouts: {},
      import: "",
      version: "",
      deletedWith: "",
    },
    ...more,
  };
}
