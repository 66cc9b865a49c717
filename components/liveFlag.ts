import { type CustomResourceOptions, dynamic } from "@pulumi/pulumi";
import { loadFromCheckout } from "./checkoutCode.ts";

/** A flag that is switched at once, in Unleash. */
export interface LiveFlagArgs {
  /** Where Unleash is, without `/api`. Its token comes from UNLEASH_TOKEN when the flag is made, and is kept nowhere. */
  url: string;
  /** Project of the flag. */
  project: string;
  /** Environment that it is switched in. */
  environment: string;
  /** Name of the flag, such as `FEATURE_LIVE`. Whether it is on is no input: people switch it. */
  flag: string;
  /** What people read beside the flag. */
  description: string;
}

/** What makes flags. */
interface FlagMaker {
  readonly makeLiveFlag: (flag: LiveFlagArgs) => Promise<void>;
  readonly removeLiveFlag: (flag: LiveFlagArgs) => Promise<void>;
}

/** Its functions name nothing from outside but what loads the checkout's own code; see {@link loadFromCheckout}. */
const provider: dynamic.ResourceProvider<LiveFlagArgs, LiveFlagArgs> = {
  create: async (inputs) => {
    await (loadFromCheckout("./clients/liveFlag.ts") as FlagMaker).makeLiveFlag(inputs);
    return { id: `${inputs.project}/${inputs.environment}/${inputs.flag}`, outs: inputs };
  },
  diff: async (_id, olds, news) => {
    const replaces = (["url", "project", "environment", "flag"] as const).filter((key) => olds[key] !== news[key]);
    const changes = replaces.length > 0 || olds.description !== news.description;
    // Taking the old one away afterwards could take the new one with it: one flag is in all environments of a project.
    return { changes, replaces, deleteBeforeReplace: true };
  },
  update: async (_id, _olds, news) => {
    await (loadFromCheckout("./clients/liveFlag.ts") as FlagMaker).makeLiveFlag(news);
    return { outs: news };
  },
  delete: async (_id, props) => {
    await (loadFromCheckout("./clients/liveFlag.ts") as FlagMaker).removeLiveFlag(props);
  },
};

/** A flag in Unleash that a module asks at once. It is made off, and stays as it is switched. A preview asks no server. */
export class LiveFlag extends dynamic.Resource {
  constructor(name: string, args: LiveFlagArgs, opts?: CustomResourceOptions) {
    // A copy: the SDK adds the provider to what it is given.
    super(provider, name, { ...args }, opts);
  }
}
