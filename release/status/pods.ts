import { parseImageRef } from "../imageRef.ts";

/** A Pod as a cluster gives it, as far as its images matter. */
export interface RunningPod {
  readonly namespace: string;
  readonly name: string;
  /** Every container that it has, of each kind. */
  readonly containers: readonly {
    readonly name: string;
    /** The image as the Pod names it. */
    readonly image: string;
    /** What the node says that it runs, such as `registry.test/app@sha256:…`; absent before it was pulled. */
    readonly imageId?: string;
  }[];
}

/** A release that a stack is to run, and the images that prove it. */
export interface Expected {
  readonly module: string;
  readonly version: string;
  readonly namespace: string;
  /** Digests of its images. */
  readonly images: readonly string[];
  /** Whether Pods must be there: images of content or of what users start are not always running. */
  readonly required: boolean;
}

/** What a digest is, beyond what is expected. */
export interface KnownImage {
  readonly module: string;
  readonly version: string;
  /** Why the release must run nowhere, where somebody has revoked it. */
  readonly revoked?: string;
}

/** A Pod that runs what it should not, or something that should run and does not. */
export interface PodFinding {
  readonly kind: "revoked" | "unlisted" | "undigested" | "missing";
  readonly namespace: string;
  /** `<pod>/<container>`; the module where it has no Pod. */
  readonly where: string;
  readonly image?: string;
  readonly text: string;
}

/**
 * Where a cluster differs from what its stack is to run: Pods of revoked releases, Pods on digests of no release that the
 * stack runs, and releases that no Pod runs. Only namespaces of the stack's own modules are judged.
 * @param listed releases that may run: current, previous and canary
 * @param known the release that an image digest belongs to, if it is any in the catalogue
 * @param admitted whether the cluster's admission gate lets an image into a namespace: sessions and waivers, for instance
 */
export function judgePods(
  pods: readonly RunningPod[],
  listed: readonly Expected[],
  known: (digest: string) => KnownImage | undefined,
  admitted: (namespace: string, image: string) => boolean = () => false,
): PodFinding[] {
  const digests = new Set<string>();
  const findings = pods.flatMap((pod) =>
    pod.containers.flatMap(({ name, image, imageId }): PodFinding[] => {
      const place = { namespace: pod.namespace, where: `${pod.name}/${name}`, image };
      // What a Pod asks for is an index digest; what a node reports may be the digest of one platform in it.
      const digest = digestOf(image) ?? digestOf(imageId);
      if (digest === undefined)
        return [{ kind: "undigested", ...place, text: "names no digest, so nobody can say what it runs" }];
      digests.add(`${pod.namespace} ${digest}`);
      const release = known(digest);
      if (release?.revoked !== undefined) {
        return [{ kind: "revoked", ...place, text: `runs ${release.module} ${release.version}, ${release.revoked}` }];
      }
      if (listed.some(({ namespace, images }) => namespace === pod.namespace && images.includes(digest))) return [];
      if (admitted(pod.namespace, image)) return [];
      const what = release === undefined ? "an image of no release" : `${release.module} ${release.version}`;
      return [{ kind: "unlisted", ...place, text: `runs ${what}, which this stack does not run by its ledger` }];
    }),
  );
  const absent = listed.filter(
    ({ required, namespace, images }) =>
      required && images.length > 0 && !images.some((image) => digests.has(`${namespace} ${image}`)),
  );
  const missing = absent.map(({ namespace, module, version }): PodFinding => {
    return {
      kind: "missing",
      namespace,
      where: module,
      text: `no Pod runs ${module} ${version}, which the ledger names`,
    };
  });
  return [...findings, ...missing];
}

function digestOf(image: string | undefined): string | undefined {
  return image === undefined ? undefined : (parseImageRef(image)?.digest ?? /sha256:[0-9a-f]{64}$/.exec(image)?.[0]);
}
