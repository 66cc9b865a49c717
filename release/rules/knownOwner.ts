import type { Authority } from "../authority.ts";
import { nearest } from "../errors.ts";
import { isObject } from "../json.ts";
import type { Module } from "../schema/module.ts";
import { isUnknown } from "../unknown.ts";
import type { Violation } from "../verdict.ts";

type Fields = Readonly<Record<string, unknown>>;

/** Who answers for what, as the catalogue has it. */
export interface Owners {
  readonly modules: ReadonlyMap<string, Pick<Module, "name" | "owners">>;
  readonly authority: Pick<Authority, "people" | "roles">;
}

/** Where a resource says whose it is. */
export interface OwnerKeys {
  /** Label or annotation of a Kubernetes object. */
  readonly label: string;
  /** Label or annotation that names the module that an object belongs to. */
  readonly moduleLabel: string;
  /** Tag of a cloud resource. */
  readonly tag: string;
}

/** A component of ours names its module, and that module's owners are known. */
export function judgeModule(module: unknown, owners: Owners): Violation[] {
  if (typeof module !== "string" || isUnknown(module)) {
    const why = isUnknown(module) ? "cannot be known before an update" : "is missing";
    return [
      { message: `the module that it belongs to ${why}`, remedy: "module: <name of a module in catalog/modules>" },
    ];
  }
  const found = owners.modules.get(module);
  if (found === undefined) {
    const near = nearest(module, owners.modules.keys());
    return [
      {
        message: `it belongs to ${module}, which is no module in catalog/modules`,
        remedy: near === undefined ? `write catalog/modules/${module}.yaml` : `module: ${near}`,
      },
    ];
  }
  return found.owners.flatMap((owner) => judgeOwner(owner, owners, `catalog/modules/${module}.yaml`));
}

/** An owner is a person or a role that trust knows. */
export function judgeOwner(owner: unknown, { authority }: Owners, where: string): Violation[] {
  const known = [...Object.keys(authority.people), ...authority.roles];
  if (typeof owner !== "string" || isUnknown(owner)) {
    const why = isUnknown(owner) ? "cannot be known before an update" : "is no text";
    return [
      { message: `its owner, from ${where}, ${why}`, remedy: "name a person or role of catalog/trust/people.yaml" },
    ];
  }
  if (known.includes(owner)) return [];
  const near = nearest(owner, known);
  return [
    {
      message: `its owner ${owner}, from ${where}, is neither a person nor a role in catalog/trust/people.yaml`,
      remedy: near === undefined ? `add ${owner} there` : `name ${near}, or add ${owner} there`,
    },
  ];
}

/**
 * A resource made by hand says whose it is, by a label, an annotation or a tag.
 * @param tags tags that its provider gives to everything
 */
export function judgeOwnLabel(props: Fields, tags: Fields, keys: OwnerKeys, owners: Owners): Violation[] {
  const { metadata } = props;
  const object = isObject(metadata) ? metadata : {};
  const marks = [object.labels, object.annotations, props.labels];
  for (const source of marks) {
    if (!isObject(source)) continue;
    if (source[keys.label] !== undefined) return judgeOwner(source[keys.label], owners, `its label ${keys.label}`);
    if (source[keys.moduleLabel] !== undefined) return judgeModule(source[keys.moduleLabel], owners);
  }
  for (const source of [props.tags, tags]) {
    if (isObject(source) && source[keys.tag] !== undefined) {
      return judgeOwner(source[keys.tag], owners, `its tag ${keys.tag}`);
    }
  }
  const unknown = [metadata, ...marks, props.tags].some(isUnknown);
  return [
    {
      message: unknown
        ? "who owns it cannot be known before an update"
        : "nobody owns it: it belongs to no module and names no owner",
      remedy: `label it ${keys.label}: <person or role>, tag it ${keys.tag}, or list it under owners in the policy's configuration`,
    },
  ];
}
