/**
 * What the admission gate judges by, in CEL, as Kubernetes runs it. `params` is the list of the request's namespace.
 * Nothing here depends on a platform: the lists do.
 */

/** A name that expressions use, and what it stands for. */
interface Variable {
  readonly name: string;
  readonly expression: string;
}

/** A rule, and the text that a refusal shows. */
interface Validation {
  readonly expression: string;
  readonly messageExpression: string;
}

/** Where each kind keeps the specification of its Pods. What it is not sure of is a value of any type, so nothing is assumed. */
function podSpec(object: "object" | "oldObject"): string {
  return [
    `request.resource.resource == 'pods' ? dyn(${object}).spec`,
    `request.resource.resource == 'cronjobs' ? dyn(${object}).spec.jobTemplate.spec.template.spec`,
    `request.resource.resource == 'podtemplates' ? dyn(${object}).template.spec`,
    `dyn(${object}).spec.template.spec`,
  ].join(" : ");
}

/** Every image of a Pod's specification, and where it stands. One that is left out is an empty text, which is on no list. */
function images(spec: string): string {
  const containers = ["containers", "initContainers", "ephemeralContainers"].map(
    (kind) =>
      `${spec}.?${kind}.orValue([]).map(c, {'at': '${kind}/' + string(c.name), 'image': string(c.?image.orValue(''))})`,
  );
  const volumes = `${spec}.?volumes.orValue([]).filter(v, has(v.image)).map(v, {'at': 'volumes/' + string(v.name), 'image': string(v.image.?reference.orValue(''))})`;
  return [...containers, volumes].join(" + ");
}

/** A reference that names its bytes. The hex digits of a digest are lower-case; a tag beside it is let pass, and ignored. */
const PINNED = "^[^@ ]+@sha256:[0-9a-f]{64}$";

/**
 * A Pod that is made carries the instant of that, set by the API server itself; nothing else that CEL sees tells the time.
 * A change to a Pod tells none, so nothing that ends is let in by one; templates are not asked, as their Pods will be.
 */
const NOW = [
  "request.resource.resource != 'pods' ? timestamp('1970-01-01T00:00:00Z')",
  "request.operation == 'CREATE' ? timestamp(dyn(object).metadata.creationTimestamp)",
  "timestamp('9999-12-31T23:59:59Z')",
].join(" : ");

/** Of an image `r`: the lines of the list that admit it. */
const LINES =
  "variables.list[?r.hex].orValue('').split('\\n').map(l, l.split(' ')).filter(l, l[0] == r.repository && (l[3] == '-' || timestamp(l[3]) > variables.now))";

export const VARIABLES: readonly Variable[] = [
  { name: "spec", expression: podSpec("object") },
  { name: "images", expression: images("variables.spec") },
  // What is there already is not judged again: a finalizer is taken off a Pod whose image has left the list since.
  { name: "oldSpec", expression: `request.operation == 'UPDATE' ? (${podSpec("oldObject")}) : dyn({})` },
  { name: "oldImages", expression: images("variables.oldSpec") },
  {
    name: "judged",
    expression:
      "variables.images == variables.oldImages ? [] : variables.images.filter(i, !(i in variables.oldImages))",
  },
  { name: "list", expression: "params.?data.orValue({})" },
  { name: "hasList", expression: "params.metadata.name == request.namespace" },
  { name: "now", expression: NOW },
  {
    name: "pinned",
    expression: `variables.judged.filter(i, i.image.matches('${PINNED}')).map(i, {'image': i.image, 'at': i.at, 'hex': i.image.substring(i.image.size() - 64), 'named': i.image.split('@')[0]}).map(i, {'image': i.image, 'at': i.at, 'hex': i.hex, 'repository': i.named.lastIndexOf(':') > i.named.lastIndexOf('/') ? i.named.substring(0, i.named.lastIndexOf(':')) : i.named})`,
  },
  { name: "unpinned", expression: `variables.judged.filter(i, !i.image.matches('${PINNED}'))` },
  { name: "unlisted", expression: `variables.pinned.filter(r, ${LINES}.size() == 0)` },
  { name: "waived", expression: `variables.pinned.filter(r, ${LINES}.exists(l, l[3] != '-'))` },
];

/** In namespace `x`: how a message begins. */
const PLACE = "' in namespace ' + request.namespace";

/** The refusals for a stack, which each say what to do. */
export function validations(stack: string): readonly Validation[] {
  return [
    {
      expression: "variables.judged.size() == 0 || variables.hasList",
      messageExpression: `'namespace ' + request.namespace + ' has no list of images that may run, so nothing may: pin a module that runs in it in Pulumi.${stack}.yaml and apply the stack ${stack}-gate, or exempt it in catalog/trust/stacks.yaml'`,
    },
    {
      expression: "!variables.hasList || variables.unpinned.size() == 0",
      messageExpression: `'the image "' + variables.unpinned[0].image + '" (' + variables.unpinned[0].at + ')' + ${PLACE} + ' is not pinned by its digest: write repository@sha256:… of a release that is blessed for ${stack}'`,
    },
    {
      expression: "!variables.hasList || variables.unlisted.size() == 0",
      messageExpression: `'the image "' + variables.unlisted[0].image + '" (' + variables.unlisted[0].at + ')' + ${PLACE} + ' is not on the list: its release must be blessed and pinned for ${stack}, and the stack ${stack}-gate applied (npx imprimatur requires <module> <version> --for ${stack})'`,
    },
  ];
}

/** What the audit log keeps of an image that only a waiver lets in. */
export const AUDIT = {
  key: "waived",
  valueExpression:
    "variables.hasList && variables.waived.size() > 0 ? 'admitted by a waiver: ' + variables.waived.map(r, r.image + ' (' + r.at + ')').join(', ') : ''",
} as const;
