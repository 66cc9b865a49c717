import { Release } from "@pulumi/kubernetes/helm/v3/release.js";
import type { CustomResourceOptions, Input } from "@pulumi/pulumi";

/** Revisions that Helm keeps of a release: enough to look back through a bad week, few enough for etcd. */
const MAX_HISTORY = 10;

export interface HelmReleaseArgs {
  /** Name of the Helm release. */
  name: string;
  /** Namespace that it runs in, which must be there. */
  namespace: string;
  /** The chart, in an OCI registry. */
  chart: ChartSource;
  /** All that the chart is told, images included. */
  values: Input<Record<string, unknown>>;
  /** Whether an upgrade that does not get ready is rolled back, and a first install removed. Else it stays as it is. */
  atomic: boolean;
  /** Seconds until a release that is not ready has failed. 300 by default. */
  timeoutSeconds?: number | undefined;
}

/** A chart in an OCI registry. */
export interface ChartSource {
  /** Registry host and path, with neither tag nor digest. */
  repository: string;
  /** The chart's own version, such as `1.1.0`. */
  version: string;
  /** Digest of the chart's OCI manifest: `sha256:…`. */
  digest: string;
}

/** A chart as one Helm release, which is ready when it is made. */
export function helmRelease(
  name: string,
  { chart, atomic, ...args }: HelmReleaseArgs,
  opts: CustomResourceOptions,
): Release {
  return new Release(
    name,
    {
      name: args.name,
      namespace: args.namespace,
      // The digest decides which bytes are installed. Helm also refuses a version whose tag has other ones.
      chart: `oci://${chart.repository}@${chart.digest}`,
      version: chart.version,
      values: args.values,
      // Without it, Helm takes the values of the revision before where it is given none.
      resetValues: true,
      atomic,
      // A rollback alone would leave behind what the failed revision had added.
      cleanupOnFail: atomic,
      skipAwait: false,
      timeout: args.timeoutSeconds ?? 300,
      createNamespace: false,
      maxHistory: MAX_HISTORY,
    },
    opts,
  );
}
