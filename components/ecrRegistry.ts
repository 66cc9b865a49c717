import { LifecyclePolicy } from "@pulumi/aws/ecr/lifecyclePolicy.js";
import { RegistryScanningConfiguration } from "@pulumi/aws/ecr/registryScanningConfiguration.js";
import { Repository } from "@pulumi/aws/ecr/repository.js";
import { RepositoryPolicy } from "@pulumi/aws/ecr/repositoryPolicy.js";
import { Alias } from "@pulumi/aws/kms/alias.js";
import { Key } from "@pulumi/aws/kms/key.js";
import { ComponentResource, type ComponentResourceOptions } from "@pulumi/pulumi";
import { accessPolicy, lifecyclePolicy, MOVING_TAGS, type RepositoryAccess, type Retention } from "./ecrPolicies.ts";

export interface EcrRegistryArgs extends RepositoryAccess, Retention {
  /** Host and path that its repositories share. */
  url: string;
  /** What the catalogue writes in place of the url, where images are delivered here from another registry. */
  mirrors?: string | undefined;
  /** Names of its repositories, without the host. */
  repositories: string[];
  /** Alias of the key that encrypts images, without `alias/`. */
  keyAlias: string;
  /** `basic`: scanned when pushed. `enhanced`: Amazon Inspector also scans again; once in an account and region. */
  scan: "basic" | "enhanced";
  /** Whether deleting or replacing a repository is refused. */
  protect: boolean;
}

/** The longest that KMS gives to change one's mind. */
const KEY_DELETION_DAYS = 30;

/**
 * A registry of AWS that the stack makes: a repository for each image. Nothing waits for it to say its address, which is
 * known beforehand.
 */
export class EcrRegistry extends ComponentResource {
  /** @internal */
  static readonly __pulumiType = "imprimatur:registry:EcrRegistry";

  /** Host and path that its repositories share. */
  readonly url: string;

  constructor(name: string, args: EcrRegistryArgs, opts?: ComponentResourceOptions) {
    super(EcrRegistry.__pulumiType, name, args, opts);

    const { repositories, protect } = args;
    this.url = args.url;
    const key = new Key(
      name,
      { description: `Images of ${args.url}`, enableKeyRotation: true, deletionWindowInDays: KEY_DELETION_DAYS },
      { parent: this, protect },
    );
    new Alias(name, { name: `alias/${args.keyAlias}`, targetKeyId: key.keyId }, { parent: this });
    for (const repository of repositories) this.#repository(name, repository, args, key);
    if (args.scan === "enhanced") {
      new RegistryScanningConfiguration(
        name,
        {
          scanType: "ENHANCED",
          rules: [
            {
              scanFrequency: "CONTINUOUS_SCAN",
              repositoryFilters: repositories.map((filter) => ({ filter, filterType: "WILDCARD" })),
            },
          ],
        },
        { parent: this },
      );
    }

    this.registerOutputs({ url: this.url });
  }

  #repository(name: string, repositoryName: string, args: EcrRegistryArgs, key: Key): void {
    const own = `${name}/${repositoryName}`;
    const repository = new Repository(
      own,
      {
        name: repositoryName,
        imageTagMutability: "IMMUTABLE_WITH_EXCLUSION",
        imageTagMutabilityExclusionFilters: MOVING_TAGS.map((filter) => ({ filter, filterType: "WILDCARD" })),
        imageScanningConfiguration: { scanOnPush: true },
        encryptionConfigurations: [{ encryptionType: "KMS", kmsKey: key.arn }],
        forceDelete: false,
      },
      { parent: this, protect: args.protect },
    );
    new RepositoryPolicy(own, { repository: repository.name, policy: accessPolicy(args) }, { parent: this });
    new LifecyclePolicy(own, { repository: repository.name, policy: lifecyclePolicy(args) }, { parent: this });
  }
}
