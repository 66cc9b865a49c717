import { chartView, compareViews, isDeclared, objectView, type ParityGap } from "../parity.ts";
import type { Plan, PlannedResource } from "../plan.ts";
import type { Difference } from "../schema/parity.ts";
import { withoutRelease } from "../slots.ts";
import type { Violation } from "../verdict.ts";

/** A resource, as far as parity is concerned. */
export interface Comparable {
  readonly urn: string;
  readonly type: string;
  readonly name: string;
  readonly props: Readonly<Record<string, unknown>>;
}

/** The stack that is mirrored, by what its committed plan says. */
export interface Mirror {
  readonly stack: string;
  readonly resources: ReadonlyMap<string, PlannedResource>;
  readonly differences: readonly Difference[];
}

/** Resources of the engine and its providers, and our images, which differ while a release is on its way. */
const APART = /^pulumi:|^imprimatur:release:BlessedImage$/;
const SLOTTED = "imprimatur:release:SlottedRelease";
const CHART = /^kubernetes:helm\.sh\/v\d+:(Release|Chart)$/;

/** Whether a resource is one that both environments must have. */
export function isShared(type: string): boolean {
  return !APART.test(type);
}

/** Reads the committed plan of the stack that is mirrored. */
export function mirrorOf(plan: Plan, differences: readonly Difference[]): Mirror {
  const shared = plan.resources.filter(({ type }) => isShared(type));
  return {
    stack: plan.stack,
    differences,
    resources: new Map(shared.map((each) => [identity(each.urn, plan.stack), each])),
  };
}

/** A resource is in the mirrored stack too, of the same API version, and alike in all that must be. */
export function judgeParity(resource: Comparable, stack: string, mirror: Mirror): Violation[] {
  const label = `${resource.type}::${resource.name}`;
  const id = identity(resource.urn, stack);
  const there = mirror.resources.get(id);
  if (there === undefined) {
    if (isDeclared(mirror.differences, label)) return [];
    const other = [...mirror.resources.entries()].find(([each]) => withoutVersions(each) === withoutVersions(id))?.[1];
    const message =
      other === undefined
        ? `${mirror.stack} has no such resource, so nothing proves it there`
        : `${mirror.stack} has it as ${other.type}: another version of its API`;
    return [{ message, remedy: `declare it in Pulumi.${mirror.stack}.yaml's program too; or ${declaration(label)}` }];
  }
  return compareViews(viewOf(resource.type, resource.props), viewOf(there.type, there.inputs))
    .filter(({ path }) => !isDeclared(mirror.differences, label, path))
    .map((gap) => differs(gap, label, stack, mirror.stack));
}

/** What the mirrored stack has, and this one has not, is proven there for nothing. */
export function judgeMissing(resources: readonly Comparable[], stack: string, mirror: Mirror): Violation[] {
  const here = new Set(resources.map(({ urn }) => identity(urn, stack)));
  // Another version of the API is told where the resource is.
  const versionless = new Set([...here].map(withoutVersions));
  return [...mirror.resources].flatMap(([id, { type, name }]) => {
    const label = `${type}::${name}`;
    if (versionless.has(withoutVersions(id)) || isDeclared(mirror.differences, label)) return [];
    const message = `${mirror.stack} has ${label}, and ${stack} has not`;
    return [{ message, remedy: `declare it in ${stack} too; or ${declaration(label)}` }];
  });
}

/** No plan, no comparison. */
export function noPlan(mirror: string): Violation {
  return {
    message: `the plan of ${mirror} is not committed, so nothing can be compared with it`,
    remedy: `npx imprimatur plan ${mirror} --write`,
  };
}

function viewOf(type: string, props: Readonly<Record<string, unknown>>) {
  if (CHART.test(type)) return chartView(props.values);
  // A component is alike where its children are.
  return type.startsWith("kubernetes:") ? objectView(props) : new Map();
}

function differs({ path, here, there }: ParityGap, label: string, stack: string, mirror: string): Violation {
  const remedy = `make both alike; or ${declaration(label, path)}`;
  if (here === "unknown" || there === "unknown") {
    return { message: `${path} cannot be compared with ${mirror}: it is not known before an update`, remedy };
  }
  // Values are not shown: what stands in a probe or a value may be a credential.
  if (here === undefined) return { message: `${path} is given in ${mirror} and not in ${stack}`, remedy };
  if (there === undefined) return { message: `${path} is given in ${stack} and not in ${mirror}`, remedy };
  return { message: `${path} is not the same in ${stack} as in ${mirror}`, remedy };
}

function declaration(resource: string, path?: string): string {
  const where = path === undefined ? "" : `, path: ${JSON.stringify(path)}`;
  return `add { resource: ${JSON.stringify(resource)}${where}, reason: … } to catalog/parity.yaml`;
}

/** A URN without its stack and project, and with the stack's own name taken out of the resource's. */
function identity(urn: string, stack: string): string {
  const [, , types = "", ...name] = urn.split("::");
  const own = name.join("::");
  // Releases are on their way from one stack to the other: a slot stands for any other of its module.
  const words = (types.startsWith(`${SLOTTED}$`) ? withoutRelease(own) : own).split("-");
  return `${types}::${words.map((word) => (word === stack ? "<stack>" : word)).join("-")}`;
}

function withoutVersions(id: string): string {
  const [types = "", ...name] = id.split("::");
  return [types.replace(/\/v\d+\w*:/g, ":"), ...name].join("::");
}
