/** How long AWS supports a minor version of Kubernetes on EKS. Days in UTC, inclusive. */
interface Support {
  readonly standard: string;
  /** Paid for; the cluster is upgraded by AWS when it ends. */
  readonly extended: string;
}

/** The calendar to hold {@link EKS_VERSIONS} against when it is renewed, and the month that the table is of. */
export const EKS_VERSIONS_SOURCE = {
  url: "https://docs.aws.amazon.com/eks/latest/userguide/kubernetes-versions.html",
  asOf: "2026-08",
} as const;

/** The release calendar of EKS. A version that is not in it counts as not supported: add its row when AWS does. */
const EKS_VERSIONS: Readonly<Record<string, Support>> = {
  "1.30": { standard: "2025-07-23", extended: "2026-07-23" },
  "1.31": { standard: "2025-11-26", extended: "2026-11-26" },
  "1.32": { standard: "2026-03-23", extended: "2027-03-23" },
  "1.33": { standard: "2026-07-29", extended: "2027-07-29" },
  "1.34": { standard: "2026-12-02", extended: "2027-12-02" },
  "1.35": { standard: "2027-03-27", extended: "2028-03-27" },
  "1.36": { standard: "2027-08-02", extended: "2028-08-02" },
};

/** Whether a version of Kubernetes is supported on EKS at an instant, and until when. */
export function eksSupport(
  version: string,
  now: Date,
  { extended }: { readonly extended: boolean },
): { readonly supported: boolean; readonly until?: string; readonly newest: string } {
  const rows = Object.entries(EKS_VERSIONS);
  const newest = rows.at(-1)?.[0] ?? "";
  const row = EKS_VERSIONS[version];
  if (row === undefined || !Object.hasOwn(EKS_VERSIONS, version)) return { supported: false, newest };
  const until = extended ? row.extended : row.standard;
  return { supported: now.getTime() < Date.parse(`${until}T00:00:00Z`) + 86_400_000, until, newest };
}
