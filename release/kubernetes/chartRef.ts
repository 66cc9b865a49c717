import semver from "semver";
import { parseImageRef } from "../imageRef.ts";
import { isObject } from "../json.ts";
import { isUnknown } from "../unknown.ts";

/** A chart as a Helm release or chart names it. */
export interface ChartRef {
  /** Registry host and path, with the chart's name at the end. */
  readonly repository: string;
  /** An exact version; absent for a range, or none. */
  readonly version?: string;
  /** Digest of the chart's OCI manifest. */
  readonly digest?: string;
}

/**
 * Reads which chart is named, in the forms of `helm.v3.Release`, `helm.v3.Chart` and `helm.v4.Chart`.
 * `unknown` where an update alone can tell; `local` where it is no chart of a repository.
 */
export function readChartRef(props: Readonly<Record<string, unknown>>): ChartRef | "unknown" | "local" {
  const { chart, path } = props;
  const repo = repositoryUrl(props);
  const version = props.version ?? (isObject(props.fetchOpts) ? props.fetchOpts.version : undefined);
  if ([chart, path, repo, version].some(isUnknown)) return "unknown";
  if (typeof chart !== "string" || typeof path === "string") return "local";
  const exact = exactVersion(version);
  if (chart.startsWith("oci://")) {
    const ref = parseImageRef(chart.slice("oci://".length));
    if (ref === undefined) return "local";
    // A tag has an underscore where a version has a plus, which tags may not have.
    const tagged = exact ?? exactVersion(ref.tag?.replaceAll("_", "+"));
    return {
      repository: ref.repository,
      ...(tagged === undefined ? {} : { version: tagged }),
      ...(ref.digest === undefined ? {} : { digest: ref.digest }),
    };
  }
  const [, below] = /^(?:https?|oci):\/\/(.+?)\/*$/.exec(typeof repo === "string" ? repo : "") ?? [];
  if (below === undefined || !/^[\w.-]+$/.test(chart)) return "local";
  return { repository: `${below}/${chart}`, ...(exact === undefined ? {} : { version: exact }) };
}

/** The text itself: two builds of a version differ in what comes behind its plus. */
function exactVersion(text: unknown): string | undefined {
  return typeof text === "string" && semver.valid(text) !== null ? text : undefined;
}

function repositoryUrl({ repositoryOpts, fetchOpts, repo }: Readonly<Record<string, unknown>>): unknown {
  for (const options of [repositoryOpts, fetchOpts]) {
    if (isUnknown(options)) return options;
    if (isObject(options) && options.repo !== undefined && options.repo !== "") return options.repo;
  }
  return repo;
}
