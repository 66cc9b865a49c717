import { Job } from "@pulumi/kubernetes/batch/v1/job.js";
import { ComponentResource, type ComponentResourceOptions, type Input } from "@pulumi/pulumi";
import { MANAGED_BY } from "./labels.ts";

export interface SanityCheckArgs {
  /** Name of the Job, at most 63 characters. It has to be another one for what is checked anew: a Job runs once. */
  name: string;
  /** Namespace of the Job, which must be there. */
  namespace: string;
  /** Annotations that name the release. */
  annotations: Record<string, string>;
  /** `repository@sha256:…`: an image of the release that is checked. */
  image: Input<string>;
  /** What is run; it ends with 0 if all is well. */
  command: string[];
  /** Environment variables of the check. */
  env: Record<string, string>;
  /** Seconds that the check may take, besides the bake. */
  timeoutSeconds: number;
  /** Seconds that the release is watched for; the check is told them in `BAKE_SECONDS`. 0: it ends when the check does. */
  bakeSeconds: number;
}

/**
 * A check of a release that is ready, as a Job. It is made when the check has passed and the bake is over; a check that
 * fails or takes too long is an error, and whatever depends on it is not touched.
 */
export class SanityCheck extends ComponentResource {
  /** @internal */
  static readonly __pulumiType = "imprimatur:release:SanityCheck";

  /** The Job, which has passed when it is made. */
  readonly job: Job;

  constructor(name: string, args: SanityCheckArgs, opts: ComponentResourceOptions = {}) {
    super(SanityCheck.__pulumiType, name, args, opts);

    const { namespace, annotations, image, command, timeoutSeconds, bakeSeconds } = args;
    const deadline = timeoutSeconds + bakeSeconds;
    this.job = new Job(
      name,
      {
        metadata: {
          name: args.name,
          namespace,
          labels: MANAGED_BY,
          // A check that has failed is run anew by the next update, and a new Job is the only way.
          annotations: { ...annotations, "pulumi.com/replaceUnready": "true" },
        },
        spec: {
          backoffLimit: 0,
          activeDeadlineSeconds: deadline,
          template: {
            metadata: { labels: MANAGED_BY, annotations },
            spec: {
              restartPolicy: "Never",
              automountServiceAccountToken: false,
              terminationGracePeriodSeconds: Math.max(30, bakeSeconds + 1),
              securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
              containers: [
                {
                  name: "sanity",
                  image,
                  command,
                  env: variables({ ...args.env, BAKE_SECONDS: String(bakeSeconds) }),
                  // The kubelet waits for it before it looks whether the check is done: none ends before the bake does.
                  ...(bakeSeconds === 0 ? {} : { lifecycle: { postStart: { sleep: { seconds: bakeSeconds } } } }),
                  securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
                  resources: { requests: { cpu: "50m", memory: "64Mi" }, limits: { memory: "256Mi" } },
                },
              ],
            },
          },
        },
      },
      {
        parent: this,
        // The provider gives up by itself too; it should be later than Kubernetes, which says why.
        customTimeouts: { create: `${deadline + 60}s` },
        ...(opts.dependsOn === undefined ? {} : { dependsOn: opts.dependsOn }),
      },
    );

    this.registerOutputs({});
  }
}

function variables(env: Readonly<Record<string, string>>) {
  return Object.keys(env)
    .sort()
    .map((name) => ({ name, value: env[name] ?? "" }));
}
