import { CustomResource } from "@pulumi/kubernetes/apiextensions/customResource.js";
import { ComponentResource, type ComponentResourceOptions } from "@pulumi/pulumi";
import { MANAGED_BY } from "./labels.ts";

export interface TrafficRouteArgs {
  /** Name of the HTTPRoute. */
  name: string;
  /** Namespace of the route and of the Services behind it. */
  namespace: string;
  /** The Gateway that the traffic comes from. */
  gateway: {
    name: string;
    /** The route's own by default. */
    namespace?: string | undefined;
    /** Listener of the gateway; all of them by default. */
    section?: string | undefined;
  };
  /** Names that the traffic is for; all that the gateway serves if there are none. */
  hostnames: string[];
  /** Beginning of the paths that the traffic is for. */
  path: string;
  /** Port of the Services. */
  port: number;
  /** What gets the traffic: the name of a Service, and its share. */
  backends: { service: string; weight: number }[];
}

/**
 * Which Services get the traffic of a gateway, and how much each: a Gateway API `HTTPRoute`. The API's definitions have
 * to be installed in the cluster.
 *
 * Every field is written that the API server would otherwise fill in, so that a route never differs from its plan.
 */
export class TrafficRoute extends ComponentResource {
  /** @internal */
  static readonly __pulumiType = "imprimatur:release:TrafficRoute";

  readonly route: CustomResource;

  constructor(name: string, args: TrafficRouteArgs, opts: ComponentResourceOptions = {}) {
    super(TrafficRoute.__pulumiType, name, args, opts);

    const { namespace, gateway, hostnames, path, port, backends } = args;
    this.route = new CustomResource(
      name,
      {
        apiVersion: "gateway.networking.k8s.io/v1",
        kind: "HTTPRoute",
        metadata: { name: args.name, namespace, labels: MANAGED_BY },
        spec: {
          parentRefs: [
            {
              group: "gateway.networking.k8s.io",
              kind: "Gateway",
              name: gateway.name,
              namespace: gateway.namespace ?? namespace,
              ...(gateway.section === undefined ? {} : { sectionName: gateway.section }),
            },
          ],
          ...(hostnames.length === 0 ? {} : { hostnames }),
          rules: [
            {
              matches: [{ path: { type: "PathPrefix", value: path } }],
              backendRefs: backends.map(({ service, weight }) => ({
                group: "",
                kind: "Service",
                name: service,
                port,
                weight,
              })),
            },
          ],
        },
      },
      { parent: this, ...(opts.dependsOn === undefined ? {} : { dependsOn: opts.dependsOn }) },
    );

    this.registerOutputs({});
  }
}
