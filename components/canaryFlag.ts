import { type CustomResourceOptions, dynamic } from "@pulumi/pulumi";
import { loadFromCheckout } from "./checkoutCode.ts";

/** The flag that holds a population, and for whom it may be on. */
export interface CanaryFlagArgs {
  /** Where Unleash is, without `/api`. Its token comes from UNLEASH_TOKEN when the flag is made, and is kept nowhere. */
  url: string;
  /** Project of the flag. */
  project: string;
  /** Environment that the flag is on in. */
  environment: string;
  /** Name of the flag. */
  flag: string;
  /** What people read beside the flag. */
  description: string;
  /** Populations in percent, rising. Where the population stands is no input: people move it along these. */
  ladder: number[];
  /** Field by which the same client always gets the same answer, such as `clusterId`. */
  stickiness: string;
  /** All of them have to hold for a client to be in the population. */
  constraints: { field: string; operator: "IN" | "NOT_IN"; values: string[] }[];
}

/** What makes flags. */
interface FlagMaker {
  readonly makePopulationFlag: (flag: CanaryFlagArgs) => Promise<void>;
  readonly removePopulationFlag: (flag: CanaryFlagArgs) => Promise<void>;
}

/** Its functions name nothing from outside but what loads the checkout's own code; see {@link loadFromCheckout}. */
const provider: dynamic.ResourceProvider<CanaryFlagArgs, CanaryFlagArgs> = {
  create: async (inputs) => {
    await (loadFromCheckout("./clients/populationFlag.ts") as FlagMaker).makePopulationFlag(inputs);
    return { id: `${inputs.project}/${inputs.environment}/${inputs.flag}`, outs: inputs };
  },
  diff: async (_id, olds, news) => {
    const differs = (key: keyof CanaryFlagArgs) => JSON.stringify(olds[key]) !== JSON.stringify(news[key]);
    const replaces = (["url", "project", "environment", "flag"] as const).filter(differs);
    const changes = (["description", "ladder", "stickiness", "constraints"] as const).some(differs);
    // Taking the old one away afterwards could take the new one with it: one flag is in all environments of a project.
    return { changes: changes || replaces.length > 0, replaces, deleteBeforeReplace: true };
  },
  update: async (_id, _olds, news) => {
    await (loadFromCheckout("./clients/populationFlag.ts") as FlagMaker).makePopulationFlag(news);
    return { outs: news };
  },
  delete: async (_id, props) => {
    await (loadFromCheckout("./clients/populationFlag.ts") as FlagMaker).removePopulationFlag(props);
  },
};

/** A flag in Unleash that a canary's population is kept in. A preview asks no server. */
export class CanaryFlag extends dynamic.Resource {
  constructor(name: string, args: CanaryFlagArgs, opts?: CustomResourceOptions) {
    // A copy: the SDK adds the provider to what it is given.
    super(provider, name, { ...args }, opts);
  }
}
