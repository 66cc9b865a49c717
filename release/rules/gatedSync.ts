import { isObject } from "../json.ts";
import type { ObjectKind } from "../kubernetes/kind.ts";
import { isUnknown } from "../unknown.ts";
import type { Violation } from "../verdict.ts";

const ARGO = "argoproj.io";
const SOURCE = "source.toolkit.fluxcd.io";
/** What Flux applies by itself, from a source that it watches. */
const RECONCILED: ReadonlySet<string> = new Set([
  "kustomize.toolkit.fluxcd.io/Kustomization",
  "helm.toolkit.fluxcd.io/HelmRelease",
]);

type Fields = Readonly<Record<string, unknown>>;

/** Whether a GitOps controller acts on objects of this kind. */
export function isGitOps({ group, kind }: ObjectKind): boolean {
  return group === ARGO
    ? kind === "Application" || kind === "ApplicationSet"
    : group.endsWith(".toolkit.fluxcd.io") && GITOPS_KINDS.has(kind);
}

const GITOPS_KINDS: ReadonlySet<string> = new Set([
  "Kustomization",
  "HelmRelease",
  "GitRepository",
  "OCIRepository",
  "Bucket",
  "HelmChart",
  "ImageUpdateAutomation",
]);

/**
 * What a GitOps controller would bring into a cluster by itself is refused: then nobody is asked. Argo CD is gated when it
 * waits for a sync. Flux always applies what its source has, so there the source is gated: it names one commit, digest or
 * version, or is suspended.
 */
export function judgeSync({ group, kind }: ObjectKind, props: Fields): Violation[] {
  const { spec } = props;
  if (!isObject(spec)) {
    return [
      refuse(
        `the ${kind}'s spec ${isUnknown(spec) ? "cannot be known before an update" : "is no object"}`,
        "write it as plain config",
      ),
    ];
  }
  if (group === ARGO) return [...automatedSyncs(spec, "spec"), ...(kind === "ApplicationSet" ? judgeSet(spec) : [])];
  if (spec.suspend === true) return [];
  if (isUnknown(spec.suspend)) {
    return [
      refuse(`whether the ${kind} is suspended cannot be known before an update`, "write spec.suspend as plain config"),
    ];
  }
  switch (kind) {
    case "ImageUpdateAutomation":
      return [
        refuse("Flux writes new tags into the repository by itself", "spec.suspend: true; a promotion changes the pin"),
      ];
    case "GitRepository":
      return pinned(
        kind,
        "ref.commit",
        isObject(spec.ref) ? spec.ref.commit : undefined,
        /^[0-9a-f]{40}([0-9a-f]{24})?$/,
      );
    case "OCIRepository":
      return pinned(kind, "ref.digest", isObject(spec.ref) ? spec.ref.digest : undefined, /^sha256:[0-9a-f]{64}$/);
    case "Bucket":
      return [
        refuse(
          "a Bucket cannot be held to one revision",
          "spec.suspend: true, or an OCIRepository with spec.ref.digest",
        ),
      ];
    case "HelmChart":
      return pinned(kind, "version", spec.version, EXACT);
    case "HelmRelease": {
      const chart = isObject(spec.chart) && isObject(spec.chart.spec) ? spec.chart.spec : undefined;
      if (chart !== undefined) return pinned(kind, "chart.spec.version", chart.version, EXACT);
      if (isUnknown(spec.chart)) return pinned(kind, "chart.spec.version", spec.chart, EXACT);
      return [];
    }
    default:
      return [];
  }
}

/** One version, and no range: `1.2.3`, `1.2.3-rc.1+build`. */
const EXACT = /^v?\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$/;

function pinned(kind: string, path: string, value: unknown, form: RegExp): Violation[] {
  if (typeof value === "string" && form.test(value)) return [];
  const why = isUnknown(value) ? "cannot be known before an update" : "does not name exactly one revision";
  return [
    refuse(
      `spec.${path} of the ${kind} ${why}, so Flux applies whatever comes next`,
      `write spec.${path}, or spec.suspend: true`,
    ),
  ];
}

/** Every `syncPolicy` below a value that syncs by itself: in an Application, its template, or the values of a chart. */
export function automatedSyncs(value: unknown, path: string): Violation[] {
  if (Array.isArray(value)) return value.flatMap((item, index) => automatedSyncs(item, `${path}[${index}]`));
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const at = `${path}.${key}`;
    if (key !== "syncPolicy") return automatedSyncs(inner, at);
    if (isUnknown(inner)) return [refuse(`${at} cannot be known before an update`, "write it as plain config")];
    if (!isObject(inner) || inner.automated === undefined || inner.automated === null) return [];
    if (isObject(inner.automated) && inner.automated.enabled === false) return [];
    return [
      refuse(`Argo CD syncs by itself: ${at}.automated`, `take ${at}.automated out; a promotion is synced by hand`),
    ];
  });
}

/** A set also syncs its applications where it rolls them out step by step, or patches its template. */
function judgeSet(spec: Fields): Violation[] {
  const violations: Violation[] = [];
  const { templatePatch, strategy } = spec;
  if (
    templatePatch !== undefined &&
    (typeof templatePatch !== "string" || isUnknown(templatePatch) || /automated/.test(templatePatch))
  ) {
    violations.push(
      refuse("spec.templatePatch may turn automatic sync on", "set syncPolicy in spec.template, without automated"),
    );
  }
  if (
    isUnknown(strategy) ||
    (isObject(strategy) && strategy.type !== undefined && strategy.type !== "AllAtOnce" && !waits(strategy))
  ) {
    violations.push(
      refuse(
        "spec.strategy makes the controller sync the applications itself",
        "take it out, or set maxUpdate: 0 in every step",
      ),
    );
  }
  return violations;
}

/** Whether every step of a rolling sync waits for somebody to sync it. */
function waits(strategy: Fields): boolean {
  const steps = isObject(strategy.rollingSync) ? strategy.rollingSync.steps : undefined;
  return (
    Array.isArray(steps) &&
    steps.length > 0 &&
    steps.every((step) => isObject(step) && [0, "0", "0%"].includes(step.maxUpdate as never))
  );
}

/** A Flux object that applies what a source has, and the source. */
interface Consumer {
  readonly kind: string;
  /** `<kind> <namespace>/<name>`; undefined where it cannot be told. */
  readonly source: string | undefined;
}

/** What a Flux object consumes; undefined where it consumes nothing or its revision is its own. */
export function consumerOf({ group, kind }: ObjectKind, props: Fields, namespace: string): Consumer | undefined {
  const { spec } = props;
  if (!RECONCILED.has(`${group}/${kind}`) || !isObject(spec) || spec.suspend === true) return undefined;
  const chart = isObject(spec.chart) && isObject(spec.chart.spec) ? spec.chart.spec : undefined;
  const ref = spec.chartRef ?? chart?.sourceRef ?? spec.sourceRef;
  // A version in a Helm repository names one chart already.
  if (isObject(ref) && ref.kind === "HelmRepository") return undefined;
  const known =
    isObject(ref) &&
    [ref.kind, ref.name, ref.namespace ?? namespace].every((part) => typeof part === "string" && !isUnknown(part));
  return {
    kind,
    source: known ? sourceId(String(ref.kind), String(ref.namespace ?? namespace), String(ref.name)) : undefined,
  };
}

/** How a source is named by those who consume it; undefined for what is no source. */
export function sourceOf({ group, kind }: ObjectKind, namespace: string, name: string): string | undefined {
  return group === SOURCE ? sourceId(kind, namespace, name) : undefined;
}

function sourceId(kind: string, namespace: string, name: string): string {
  return `${kind} ${namespace}/${name}`;
}

/** A consumer's source must be declared in the same stack: there it is judged, elsewhere nobody knows what it brings. */
export function judgeConsumer({ kind, source }: Consumer, declared: ReadonlySet<string>): Violation[] {
  if (source !== undefined && declared.has(source)) return [];
  const what =
    source === undefined
      ? "a source that cannot be told before an update"
      : `${source}, which this stack does not declare`;
  return [
    refuse(
      `the ${kind} applies what it finds in ${what}`,
      "spec.suspend: true, or declare the source here, held to one revision",
    ),
  ];
}

function refuse(message: string, remedy: string): Violation {
  return { message, remedy };
}
