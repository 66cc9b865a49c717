import type { Cluster } from "@pulumi/aws/eks/cluster.js";
import { all, type Output, secret } from "@pulumi/pulumi";

/**
 * A kubeconfig for an EKS cluster. It holds no credential: `aws eks get-token` gets one, as whoever runs it, for a quarter
 * of an hour.
 */
export function eksKubeconfig(cluster: Cluster, region: string): Output<string> {
  const parts = all([cluster.name, cluster.arn, cluster.endpoint, cluster.certificateAuthority]);
  return secret(parts.apply(([name, arn, server, { data }]) => kubeconfigText({ name, arn, server, data, region })));
}

interface Access {
  readonly name: string;
  readonly arn: string;
  readonly server: string;
  /** The certificate of the API server's authority, base64. */
  readonly data: string;
  readonly region: string;
}

function kubeconfigText({ name, arn, server, data, region }: Access): string {
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: arn, cluster: { server, "certificate-authority-data": data } }],
    users: [
      {
        name: arn,
        user: {
          exec: {
            apiVersion: "client.authentication.k8s.io/v1beta1",
            command: "aws",
            args: ["eks", "get-token", "--cluster-name", name, "--region", region, "--output", "json"],
            interactiveMode: "Never",
          },
        },
      },
    ],
    contexts: [{ name: arn, context: { cluster: arn, user: arn } }],
    "current-context": arn,
  });
}
