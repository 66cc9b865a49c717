import { z } from "zod";
import { refuseInput } from "../release/errors.ts";
import { requestJson, type Server } from "./http.ts";

/** Where a platform's flags are: one project and one environment of one Unleash. */
export interface TokenlessPlace {
  /** Where the server is, without `/api`. */
  readonly url: string;
  readonly project: string;
  readonly environment: string;
}

/** The same, with the right to change them. */
export interface UnleashPlace extends TokenlessPlace {
  /** Of a user or service account that may change flags. Never shown. */
  readonly token: string;
}

/** Whom a rollout is for, by a field of what the SDK says of who asks, such as `clusterId`. */
interface Constraint {
  readonly field: string;
  readonly operator: "IN" | "NOT_IN";
  readonly values: readonly string[];
}

/** Whom a flag is on for. */
export interface Rollout {
  /** Share of those whom the constraints leave, 0 to 100. */
  readonly percentage: number;
  /** Field by which the same one always gets the same answer, such as `clusterId`; or `default`. */
  readonly stickiness: string;
  /** All of them have to hold. */
  readonly constraints: readonly Constraint[];
}

/** What Unleash says of one flag in one environment. */
export interface UnleashFlag {
  readonly name: string;
  readonly description: string;
  /** Off is off for everybody, whatever the rollouts say. */
  readonly enabled: boolean;
  /** The flag is on for whoever is in any of them; where there is none and it is enabled, for everybody. */
  readonly rollouts: readonly Rollout[];
  /** Names of strategies that are no gradual rollout, or hold what this program does not write: whom they let in is unknown. */
  readonly foreign: readonly string[];
}

/** What a flag is for, in Unleash's words: how long it is expected to be there. */
export type FlagKind = "release" | "experiment" | "operational" | "kill-switch";

const Strategy = z.object({
  id: z.string(),
  name: z.string(),
  disabled: z.boolean().nullish(),
  parameters: z.record(z.string(), z.string()).nullish(),
  segments: z.array(z.unknown()).nullish(),
  constraints: z
    .array(
      z.object({
        contextName: z.string(),
        operator: z.string(),
        values: z.array(z.string()).nullish(),
        inverted: z.boolean().nullish(),
        caseInsensitive: z.boolean().nullish(),
      }),
    )
    .nullish(),
});
type Strategy = z.infer<typeof Strategy>;

const Feature = z.object({
  name: z.string(),
  description: z.string().nullish(),
  archived: z.boolean().nullish(),
  environments: z.array(z.object({ name: z.string(), enabled: z.boolean(), strategies: z.array(Strategy).nullish() })),
});

const GRADUAL = "flexibleRollout";

/**
 * Flags of one environment of an Unleash, through its Admin API (https://docs.getunleash.io/reference/api/unleash).
 * Every method throws InputError where the server cannot be reached or refuses, and never shows the token.
 */
export class Unleash {
  readonly #server: Server;
  readonly #features: string;
  readonly #environment: string;

  constructor({ url, project, environment, token }: UnleashPlace) {
    this.#server = { name: "Unleash", url, headers: { authorization: token } };
    this.#features = `/api/admin/projects/${encodeURIComponent(project)}/features`;
    this.#environment = environment;
  }

  /** What it says of a flag; undefined where it has none of that name. */
  async flag(name: string): Promise<UnleashFlag | undefined> {
    const read = await this.#read(name);
    if (read === undefined) return undefined;
    const active = read.strategies.filter(({ disabled }) => !disabled);
    const rollouts = active.flatMap((strategy) => rolloutOf(strategy) ?? []);
    const foreign = active.filter((strategy) => rolloutOf(strategy) === undefined).map((strategy) => strategy.name);
    return { name, description: read.description, enabled: read.enabled, rollouts, foreign };
  }

  /** Makes a flag that is off, where there is none of that name yet. */
  async createFlag(name: string, description: string, kind: FlagKind): Promise<void> {
    if ((await this.#read(name)) !== undefined) return;
    const body = { name, description, type: kind, impressionData: false };
    await requestJson(this.#server, this.#features, { method: "POST", body });
  }

  /** Says beside a flag what it is for. */
  async describeFlag(name: string, description: string): Promise<void> {
    if ((await this.#existing(name)).description === description) return;
    const body = [{ op: "replace", path: "/description", value: description }];
    await requestJson(this.#server, `${this.#features}/${encodeURIComponent(name)}`, { method: "PATCH", body });
  }

  /** Gives a flag this rollout and no other. It stays as it is, on or off. */
  async setRollout(name: string, rollout: Rollout): Promise<void> {
    const { strategies } = await this.#existing(name);
    const body = strategyOf(name, rollout);
    const [own, ...others] = strategies.toSorted((a, b) => Number(b.name === GRADUAL) - Number(a.name === GRADUAL));
    const path = `${this.#path(name)}/strategies`;
    // The others go last: a flag that is on and has no strategy at all is on for everybody.
    if (own?.name === GRADUAL) await requestJson(this.#server, `${path}/${own.id}`, { method: "PUT", body });
    else await requestJson(this.#server, path, { method: "POST", body });
    for (const { id } of own?.name === GRADUAL ? others : strategies) {
      await requestJson(this.#server, `${path}/${id}`, { method: "DELETE" });
    }
  }

  /** Switches a flag on or off. One without a rollout would be on for everybody: set that first. */
  async switchFlag(name: string, on: boolean): Promise<void> {
    await requestJson(this.#server, `${this.#path(name)}/${on ? "on" : "off"}`, { method: "POST" });
  }

  /** Takes a flag away; one that is not there is no failure. Its name can be used again. */
  async deleteFlag(name: string): Promise<void> {
    if ((await this.#read(name)) === undefined) return;
    const feature = `${this.#features}/${encodeURIComponent(name)}`;
    await requestJson(this.#server, feature, { method: "DELETE" });
    await requestJson(this.#server, `/api/admin/archive/${encodeURIComponent(name)}`, { method: "DELETE" });
  }

  /** Switches a flag off in this environment, and takes it away where it is on in no other of its project. */
  async withdrawFlag(name: string): Promise<void> {
    const found = await this.#read(name);
    if (found === undefined) return;
    await this.switchFlag(name, false);
    if (!found.elsewhere) await this.deleteFlag(name);
  }

  #path(name: string): string {
    return `${this.#features}/${encodeURIComponent(name)}/environments/${encodeURIComponent(this.#environment)}`;
  }

  async #existing(name: string) {
    const found = await this.#read(name);
    if (found === undefined) {
      refuseInput({ file: "Unleash", path: name, message: "there is no such flag", value: this.#server.url });
    }
    return found;
  }

  async #read(name: string) {
    const path = `${this.#features}/${encodeURIComponent(name)}`;
    const { status, json } = await requestJson(this.#server, path, { expected: [404] });
    if (status === 404) return undefined;
    const { success, data } = Feature.safeParse(json);
    if (!success) {
      refuseInput({ file: "Unleash", path: name, message: "the server describes a flag in a form that is not known" });
    }
    if (data.archived) {
      refuseInput({ file: "Unleash", path: name, message: "is archived: revive it, or delete it for good" });
    }
    const environment = data.environments.find((candidate) => candidate.name === this.#environment);
    if (environment === undefined) {
      refuseInput({
        file: "Unleash",
        path: name,
        message: `has no environment ${this.#environment}; there are ${data.environments.map((one) => one.name).join(", ")}`,
      });
    }
    const { enabled, strategies } = environment;
    const elsewhere = data.environments.some((each) => each.enabled && each !== environment);
    return { enabled, elsewhere, strategies: strategies ?? [], description: data.description ?? "" };
  }
}

/**
 * The flags of a place, with the token of the environment.
 * @throws InputError where there is no token
 */
export function openPlace({ url, project, environment }: TokenlessPlace, env: NodeJS.ProcessEnv): Unleash {
  const token = env.UNLEASH_TOKEN;
  if (token === undefined || token === "") {
    refuseInput({ file: "UNLEASH_TOKEN", path: "", message: `is not set: a token of ${url} that may change flags` });
  }
  return new Unleash({ url, project, environment, token });
}

/** A strategy as a rollout; undefined where it is none, or says more than one can. */
function rolloutOf({ name, parameters, constraints, segments }: Strategy): Rollout | undefined {
  if (name !== GRADUAL || (segments ?? []).length > 0) return undefined;
  const percentage = Number(parameters?.rollout ?? Number.NaN);
  if (!(percentage >= 0 && percentage <= 100)) return undefined;
  const read = (constraints ?? []).map(({ contextName, operator, values, inverted, caseInsensitive }) => {
    if ((operator !== "IN" && operator !== "NOT_IN") || inverted || caseInsensitive) return undefined;
    return { field: contextName, operator, values: values ?? [] } satisfies Constraint;
  });
  if (read.includes(undefined)) return undefined;
  return {
    percentage,
    stickiness: parameters?.stickiness ?? "default",
    constraints: read.filter((one) => one !== undefined),
  };
}

function strategyOf(groupId: string, { percentage, stickiness, constraints }: Rollout) {
  return {
    name: GRADUAL,
    disabled: false,
    parameters: { rollout: String(percentage), stickiness, groupId },
    constraints: constraints.map(({ field, operator, values }) => ({ contextName: field, operator, values })),
    segments: [],
    variants: [],
  };
}
