import { z } from "zod";
import { Name } from "./common.ts";

const Range = z
  .string()
  .regex(/^\d{1,3}(\.\d{1,3}){3}\/\d{1,2}$/, "must be a range of IPv4 addresses, such as 10.20.0.0/16");

const RoleArn = z
  .string()
  .regex(
    /^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]{1,512}$/,
    "must be the ARN of an IAM role: arn:aws:iam::<account>:role/<name>",
  );

/** A cluster that exists already. */
export const ExistingCluster = z
  .strictObject({
    kind: z.literal("existing").optional(),
    context: z.string().min(1).optional().describe("Context in the kubeconfig"),
    kubeconfig: z
      .string()
      .min(1)
      .optional()
      .describe(
        "Path of the kubeconfig; KUBECONFIG or the usual place by default. Its current context, unless one is given",
      ),
    inCluster: z
      .literal(true)
      .optional()
      .describe("The cluster that the program itself runs in, as its service account"),
  })
  .refine(
    ({ context, kubeconfig, inCluster }) =>
      (inCluster === true) !== (context !== undefined || kubeconfig !== undefined),
    {
      message: "must say which cluster is meant: by its context, by a kubeconfig, or as inCluster alone",
    },
  );

const NodeGroup = z
  .strictObject({
    instanceTypes: z
      .array(z.string().regex(/^[a-z][a-z0-9-]*\.[a-z0-9-]+$/, "must be a type of instance, such as m7i.large"))
      .min(1),
    min: z.int().min(0),
    desired: z.int().min(0).optional().describe("Nodes to begin with; min by default"),
    max: z.int().min(1),
    diskGb: z.int().min(20).max(16384).default(100).describe("Disk of each node, in GiB"),
    image: z
      .enum(["AL2023_x86_64_STANDARD", "AL2023_ARM_64_STANDARD", "BOTTLEROCKET_x86_64", "BOTTLEROCKET_ARM_64"])
      .default("BOTTLEROCKET_x86_64")
      .describe("Operating system and architecture of the nodes"),
  })
  .refine(({ min, desired = min, max }) => min <= desired && desired <= max, {
    message: "must have min <= desired <= max",
  });

const NewNetwork = z.strictObject({
  cidr: Range.describe("Addresses of the network, which is made: /16 to /22, private"),
  nat: z
    .enum(["per-zone", "single"])
    .default("per-zone")
    .describe("One way out for each zone or, cheaper and with its zone, one for all"),
  zones: z.array(z.string().min(1)).length(3).optional().describe("Ids of three zones, such as usw2-az1"),
  connected: z
    .array(Range)
    .default([])
    .describe("Other networks that it is, or may get, connected with: nothing may overlap"),
});

const GivenNetwork = z.strictObject({
  subnetIds: z
    .array(z.string().regex(/^subnet-[0-9a-f]{8,17}$/, "must be the id of a subnet"))
    .min(2)
    .max(16)
    .describe("Private subnets of a network that exists already, in at least two zones"),
});

/** A cluster on Amazon EKS, which the stack makes. */
const EksCluster = z.strictObject({
  kind: z.literal("eks"),
  version: z
    .string()
    .regex(/^1\.\d{2}$/, 'must be a version of Kubernetes in quotes, such as "1.35"')
    .describe("Version of Kubernetes; EKS raises it only when this does"),
  support: z
    .enum(["standard", "extended"])
    .default("standard")
    .describe("Until when the version may be used; extended support costs more"),
  mode: z.enum(["auto", "nodegroups"]).describe("auto: EKS Auto Mode makes the nodes. nodegroups: those below"),
  nodes: z.record(Name, NodeGroup).default({}).describe("Managed node groups, by name"),
  network: z.union([NewNetwork, GivenNetwork]),
  services: Range.default("172.20.0.0/16").describe("Addresses of Kubernetes services"),
  endpoint: z.union([
    z.strictObject({ private: z.literal(true).describe("Only reached from inside the network") }),
    z.strictObject({ allow: z.array(Range).min(1).max(40).describe("Who reaches the API server from the internet") }),
  ]),
  access: z
    .strictObject({
      deployer: RoleArn.describe("Applies this stack"),
      gateKeeper: RoleArn.describe("Applies the admission gate; never who deploys"),
      viewer: RoleArn.describe("Sees everything but secrets"),
      breakGlass: RoleArn.describe("May do everything, when nothing else helps"),
    })
    .describe("Who may do what in the cluster"),
  addons: z
    .record(
      Name,
      z.string().regex(/^v\d+\.\d+\.\d+(-[\w.]+)?-eksbuild\.\d+$/, "must be a version such as v0.8.0-eksbuild.2"),
    )
    .default({})
    .describe("EKS add-ons, each with its version"),
  podIdentities: z
    .array(z.strictObject({ namespace: Name, serviceAccount: Name, role: RoleArn }))
    .default([])
    .describe("IAM roles that Pods get through their service account"),
  logDays: z
    .literal([30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653])
    .default(365)
    .describe("Days that the control plane's logs are kept"),
});

/** Where a stack runs. */
export const ClusterSettings = z.discriminatedUnion("kind", [ExistingCluster, EksCluster]);
export type ClusterSettings = z.infer<typeof ClusterSettings>;
export type EksSettings = z.infer<typeof EksCluster>;

const Url = z
  .string()
  .regex(/^[a-z0-9.-]+(:\d+)?(\/[a-z0-9._-]+)*$/, "must be a registry host, with a path where it has one")
  .describe("Host and path that the repositories below it share");

const Mirrors = Url.optional().describe(
  "Host and path that this registry stands in for: what the catalogue has below it is pulled from `url`, by the same digest",
);

const OciRegistry = z.strictObject({
  kind: z.literal("oci").optional(),
  url: Url,
  mirrors: Mirrors,
  pullSecret: Name.optional().describe("Name of the Secret that the cluster's nodes pull with"),
});

const EcrRegistry = z.strictObject({
  kind: z.literal("ecr"),
  url: Url.describe(
    "<account>.dkr.ecr.<region>.amazonaws.com/<path>: the stack makes a repository below it for each image",
  ),
  mirrors: Mirrors,
  push: RoleArn.describe("The role that delivers images; nobody else may push"),
  pull: z
    .array(
      z
        .string()
        .regex(
          /^arn:aws[a-z-]*:iam::\d{12}:(root|role\/[\w+=,.@/-]{1,512})$/,
          "must be the ARN of an account's root or of a role",
        ),
    )
    .default([])
    .describe("Who else may pull, besides the nodes of this stack"),
  scan: z
    .enum(["basic", "enhanced"])
    .default("basic")
    .describe("enhanced: Amazon Inspector scans again whenever it learns something"),
  edgeDays: z.int().min(1).default(30).describe("Days that edge images are kept"),
  dailyDays: z.int().min(1).default(60).describe("Days that daily images are kept"),
});

/** A registry that a stack takes images from. */
export const RegistrySettings = z.discriminatedUnion("kind", [OciRegistry, EcrRegistry]);
export type RegistrySettings = z.infer<typeof RegistrySettings>;
export type EcrSettings = z.infer<typeof EcrRegistry>;

/** How an image is built from source. */
const Build = z.strictObject({
  context: z.string().min(1).describe("Folder with the source, relative to the checkout"),
  dockerfile: z
    .string()
    .min(1)
    .optional()
    .describe("Relative to the checkout; the Dockerfile in the context by default"),
  target: z.string().min(1).optional().describe("Stage to build; the last one by default"),
});

/** Images to build, by module and by name of the image. */
export const BuildSettings = z.record(Name, z.record(Name, Build));
export type BuildSettings = z.infer<typeof BuildSettings>;
