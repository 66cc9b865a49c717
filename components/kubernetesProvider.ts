import { Provider, type ProviderArgs } from "@pulumi/kubernetes/provider.js";
import type { CustomResourceOptions } from "@pulumi/pulumi";

/** The provider that everything in a cluster is made through, set up in the one way that all clusters share. */
export function kubernetesProvider(
  name: string,
  args: Pick<ProviderArgs, "context" | "kubeconfig">,
  opts: CustomResourceOptions,
): Provider {
  return new Provider(
    name,
    {
      ...args,
      enableServerSideApply: true,
      // Without it, changing a ConfigMap deletes it first: a session that starts in between would find none.
      enableConfigMapMutable: true,
    },
    opts,
  );
}
