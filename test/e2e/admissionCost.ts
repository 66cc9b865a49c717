import { imagesPolicySpec } from "../../release/admission/policies.ts";
import { type Ask, admission, EXEMPT, GATED, gateOf, image } from "./admissionLoad.ts";
import type { ApiServer } from "./apiServer.ts";
import { until } from "./tools.ts";

/**
 * What the API server lets one expression cost, and all those of a policy together, in its own units. The audit annotations
 * have as much again (https://github.com/kubernetes/apiserver/blob/v0.36.3/pkg/apis/cel/config.go). It counts while it
 * judges; no cost is estimated when a policy is made.
 */
const EXPRESSION_LIMIT = 1_000_000;
const POLICY_LIMIT = 10_000_000;
/** What it says of whatever exceeds one of them. */
const OVER = /cost limit exceeded|running out of cost budget/;

/** Expressions that burn the fuel of a whole policy together: so many that none exceeds its own limit. */
const SHARES = 12;
/** Letters that annotations have room for. */
const MOST = 240_000;
const [POLICY, AUDIT, EXPRESSION] = ["policy", "audit", "expression"] as const;

/** An expression that is always true. It costs the letters of a text that comes with the object, times those of a pattern. */
const PATTERN = `^${"-".repeat(199)}`;
const burns = (fuel: string) =>
  `!string(dyn(object).metadata.?annotations[?'burn/${fuel}'].orValue('')).matches('${PATTERN}')`;
const validations = Array.from({ length: SHARES }, () => ({ expression: burns(POLICY) }));
const auditAnnotations = Array.from({ length: SHARES }, (_, index) => ({
  key: `burn-${index}`,
  valueExpression: `${burns(AUDIT)} ? '' : ''`,
}));

const BURNER_NAME = "burner";
/** A policy that judges nothing and only burns. */
const BURNER = {
  ...imagesPolicySpec("prod"),
  paramKind: undefined,
  variables: [],
  validations: [{ expression: `${burns(EXPRESSION)} ? true : true` }, ...validations],
  auditAnnotations,
};

/** The policy that judges images, and the names of its expressions: each burns fuel of its own first, then all some more. */
function burning() {
  const spec = imagesPolicySpec("prod");
  const expressions: string[] = [];
  const after = (name: string, expression: string) => {
    expressions.push(name);
    return `${burns(name)} ? (${expression}) : (${expression})`;
  };
  const variables = spec.variables.map(({ name, expression }) => ({ name, expression: after(name, expression) }));
  const refusals = spec.validations.map((each, index) => {
    return { ...each, expression: after(`refusal-${index + 1}`, each.expression) };
  });
  const audits = spec.auditAnnotations.map(({ key, valueExpression }) => {
    return { key, valueExpression: after(`audit-${key}`, valueExpression) };
  });
  const policy = {
    ...spec,
    variables,
    validations: [...refusals, ...validations],
    auditAnnotations: [...audits, ...auditAnnotations],
  };
  return { policy, expressions };
}

/** An object that is asked to be let in. */
export interface Candidate {
  readonly method: "POST" | "PUT";
  readonly path: string;
  readonly object: { readonly metadata: { readonly name: string } };
}

/** What a candidate costs, of the limit that holds for it. */
export interface Cost {
  /** An expression by its name; `policy` and `audit` are all of them together. */
  readonly of: string;
  readonly units: number;
  readonly limit: number;
}

/**
 * Measures what the admission gate costs the API server, from outside. No answer tells the cost of anything. So the
 * policies are given more to do until it is too much: what is missing then, compared with a policy that does nothing
 * else, is what they cost.
 */
export class CostMeter {
  readonly #ask: Ask;
  readonly #expressions: readonly string[];
  /** Letters that cost as much as each limit, by the fuel. */
  readonly #whole = new Map<string, number>();

  private constructor(ask: Ask, expressions: readonly string[]) {
    this.#ask = ask;
    this.#expressions = expressions;
  }

  /** Puts policies that burn into a cluster, in place of those of the gate, with so many digests on the list. */
  static async install(cluster: ApiServer, ask: Ask, digests: number): Promise<CostMeter> {
    const { policy, expressions } = burning();
    const selector = { matchLabels: { "kubernetes.io/metadata.name": EXEMPT } };
    const binding = {
      policyName: BURNER_NAME,
      validationActions: ["Deny"],
      matchResources: { namespaceSelector: selector },
    };
    cluster.kubectl(
      ["apply", "--server-side", "--force-conflicts", "--filename", "-"],
      ...gateOf(digests, policy),
      admission("ValidatingAdmissionPolicy", BURNER_NAME, BURNER),
      admission("ValidatingAdmissionPolicyBinding", BURNER_NAME, binding),
    );
    const meter = new CostMeter(ask, expressions);
    for (const namespace of [GATED, EXEMPT]) {
      await until(
        "the policies that burn",
        async () => !(await meter.fits(podOf({ containers: 1 }, namespace), POLICY, MOST)),
      );
    }
    for (const fuel of [POLICY, AUDIT, EXPRESSION]) {
      meter.#whole.set(fuel, await meter.#most(podOf({ containers: 1 }, EXEMPT), fuel));
    }
    return meter;
  }

  /** What a candidate costs: the sums, and behind them each expression, the dearest first. */
  async costs(candidate: Candidate): Promise<Cost[]> {
    const costs: Cost[] = [];
    for (const { of, whole, limit } of this.#limits()) {
      costs.push({ of, limit, units: Math.round(limit * (1 - (await this.#most(candidate, of)) / whole)) });
    }
    const [policy, audit, ...expressions] = costs;
    return [policy, audit, ...expressions.sort((a, b) => b.units - a.units)].filter((cost) => cost !== undefined);
  }

  /** What costs more than a share of its limit; with a share below zero, what is judged at all. */
  async above(share: number, candidate: Candidate): Promise<string[]> {
    const found: string[] = [];
    for (const { of, whole } of this.#limits()) {
      if (!(await this.fits(candidate, of, Math.ceil(whole * (1 - share))))) found.push(of);
    }
    return found;
  }

  #limits(): { readonly of: string; readonly whole: number; readonly limit: number }[] {
    const whole = (fuel: string) => this.#whole.get(fuel) ?? 0;
    return [
      { of: POLICY, whole: whole(POLICY), limit: POLICY_LIMIT },
      { of: AUDIT, whole: whole(AUDIT), limit: POLICY_LIMIT },
      ...this.#expressions.map((of) => ({ of, whole: whole(EXPRESSION), limit: EXPRESSION_LIMIT })),
    ];
  }

  /** Whether a candidate is let in that makes an expression burn so many letters. */
  async fits({ method, path, object }: Candidate, fuel: string, letters: number): Promise<boolean> {
    const metadata = { ...object.metadata, annotations: { [`burn/${fuel}`]: "x".repeat(letters) } };
    const { status, text } = await this.#ask(method, path, { ...object, metadata });
    if (status < 300) return true;
    if (OVER.test(text)) return false;
    throw new Error(text);
  }

  /** The most letters that it can burn. Ten of them cost the least that can be told apart. */
  async #most(candidate: Candidate, fuel: string): Promise<number> {
    let [low, high] = [0, MOST];
    if (!(await this.fits(candidate, fuel, low))) return low;
    while (high - low > 10) {
      const middle = Math.round((low + high) / 2);
      if (await this.fits(candidate, fuel, middle)) low = middle;
      else high = middle;
    }
    return low;
  }
}

/** How many images something has, by where they stand. */
interface Size {
  readonly containers: number;
  readonly initContainers?: number;
  readonly volumes?: number;
}

/** More than anybody is known to have in one Pod; Kubernetes has no limit of its own. */
export const LARGE = { containers: 100, initContainers: 20, volumes: 20 } as const satisfies Size;

/** The specification of a Pod, each of whose images is another one, from a place on the list on. */
function specOf({ containers, initContainers = 0, volumes = 0 }: Size, first = 0) {
  const names = (count: number, letter: string, from: number) =>
    Array.from({ length: count }, (_, index) => ({ name: `${letter}${index}`, image: image(first + from + index) }));
  return {
    containers: names(containers, "c", 0),
    initContainers: names(initContainers, "i", containers),
    volumes: names(volumes, "v", containers + initContainers).map(({ name, image: reference }) => ({
      name,
      image: { reference },
    })),
  };
}

/** A Pod to be made; its images are from a place on the list on. */
export function podOf(size: Size, namespace: string = GATED, first = 0): Candidate {
  const object = { apiVersion: "v1", kind: "Pod", metadata: { name: "pod", namespace }, spec: specOf(size, first) };
  return { method: "POST", path: `/api/v1/namespaces/${namespace}/pods`, object };
}

/** A Deployment; its images are from a place on the list on. */
export function deploymentOf(size: Size, first = 0) {
  const labels = { app: "app" };
  const template = { metadata: { labels }, spec: specOf(size, first) };
  const spec = { replicas: 0, selector: { matchLabels: labels }, template };
  return { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "app", namespace: GATED }, spec };
}

/** That Deployment, when all of its images are changed. It must be there. */
export function changeOf(size: Size): Candidate {
  const path = `/apis/apps/v1/namespaces/${GATED}/deployments/app`;
  return { method: "PUT", path, object: deploymentOf(size, size.containers + 1_000) };
}
