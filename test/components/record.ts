import { type ComponentResourceOptions, type Resource, type ResourceTransformationArgs, runtime } from "@pulumi/pulumi";

/** A resource as a component registered it. URNs begin behind the project: `type$type::name`. */
export interface Recorded {
  readonly type: string;
  readonly name: string;
  readonly inputs: Record<string, unknown>;
  /** URN of the explicit provider; absent where the default one is used, and for components. */
  readonly provider?: string;
  readonly parent?: string;
  readonly dependsOn: readonly string[];
  readonly protect: boolean;
}

/** What the mocks answer with. */
interface Answers {
  /** Whether it is a preview; an update by default. */
  readonly preview?: boolean;
  /** Outputs of a resource that are more than its inputs. */
  readonly outputs?: (resource: runtime.MockResourceArgs) => Record<string, unknown>;
}

/** Runs a component on the SDK's mocks. Hand on `opts`: the mocks themselves do not show a resource's options. */
export async function record(
  build: (opts: ComponentResourceOptions) => void,
  { preview = false, outputs = () => ({}) }: Answers = {},
): Promise<Recorded[]> {
  const registered: runtime.MockResourceArgs[] = [];
  await runtime.setMocks(
    {
      newResource: (args) => {
        registered.push(args);
        return { id: args.id || `${args.name}-id`, state: { ...args.inputs, ...outputs(args) } };
      },
      call: ({ token }) => {
        throw new Error(`a component asked for ${token}`);
      },
    },
    "imprimatur",
    "test",
    preview,
  );
  const seen: ResourceTransformationArgs[] = [];
  build({
    transformations: [
      (args) => {
        seen.push(args);
        return undefined;
      },
    ],
  });
  await runtime.disconnect();

  return Promise.all(
    registered.map(async ({ type, name, inputs, provider }) => {
      const { opts = {} } = seen.find((args) => args.type === type && args.name === name) ?? {};
      return {
        type,
        name,
        inputs,
        ...(provider ? { provider: shortUrn(provider.slice(0, provider.lastIndexOf("::"))) } : {}),
        ...(opts.parent === undefined ? {} : { parent: await urnOf(opts.parent) }),
        dependsOn: await Promise.all([opts.dependsOn ?? []].flat().map((resource) => urnOf(resource as Resource))),
        protect: opts.protect ?? false,
      };
    }),
  );
}

function urnOf(resource: Resource): Promise<string> {
  return new Promise((resolve) => resource.urn.apply((urn) => resolve(shortUrn(urn))));
}

function shortUrn(urn: string): string {
  return urn.replace("urn:pulumi:test::imprimatur::", "");
}
