import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Prometheus } from "../../clients/prometheus.ts";
import type { Approval } from "../cli/approval.ts";
import { applied, routedPlatform } from "../cli/canaryCheckout.ts";
import { PrometheusServer } from "./prometheusServer.ts";
import { missingTools, until } from "./tools.ts";

const missing = missingTools("prometheus");

/** How two versions do at one site: requests a second, the share that fails, and seconds that each takes. */
interface Behaviour {
  readonly rate: number;
  readonly errors: number;
  readonly seconds: number;
}
const GOOD: Behaviour = { rate: 100, errors: 0.002, seconds: 0.1 };
const SITES: Readonly<Record<string, Readonly<Record<string, Behaviour>>>> = {
  good: { "1.0.0": GOOD, "1.1.0": { ...GOOD, seconds: 0.12 } },
  failing: { "1.0.0": GOOD, "1.1.0": { ...GOOD, errors: 0.2 } },
  slow: { "1.0.0": GOOD, "1.1.0": { ...GOOD, seconds: 0.4 } },
  sparse: { "1.0.0": GOOD, "1.1.0": { ...GOOD, rate: 0.5 } },
  silent: { "1.0.0": GOOD },
  everybody: { "1.1.0": GOOD },
  "everybody, failing": { "1.1.0": { ...GOOD, errors: 0.2 } },
};

const began = Date.now();
/** Counters that have grown since the exporter began. */
function metrics(): string {
  const elapsed = (Date.now() - began) / 1000;
  return Object.entries(SITES)
    .flatMap(([site, versions]) =>
      Object.entries(versions).flatMap(([version, { rate, errors, seconds }]) => {
        const labels = `{site="${site}",version="${version}"}`;
        return [
          `requests_total${labels} ${elapsed * rate}`,
          `errors_total${labels} ${elapsed * rate * errors}`,
          `seconds_total${labels} ${elapsed * rate * seconds}`,
        ];
      }),
    )
    .concat("")
    .join("\n");
}

/** What the module watches: of one site, so that each test sees only its own. */
function analysis(site: string): string {
  const of = (metric: string) => `${metric}{site="${site}",version="$version"}[$window]`;
  const ratio = (metric: string) => `'sum(rate(${of(metric)})) / sum(rate(${of("requests_total")}))'`;
  const checks = {
    "error-rate": `{ query: ${ratio("errors_total")}, max: 0.05 }`,
    latency: `{ query: ${ratio("seconds_total")}, max: 1, maxRatio: 2 }`,
  };
  const list = Object.entries(checks).map(([name, check]) => `${name}: ${check}`);
  return `{ samples: 'sum(increase(${of("requests_total")}))', minSamples: 100, checks: { ${list.join(", ")} } }`;
}

describe.skipIf(missing !== undefined)(`Prometheus${missing === undefined ? "" : `: ${missing}`}`, () => {
  let server: PrometheusServer;
  beforeAll(async () => {
    server = await PrometheusServer.start(metrics);
    const prometheus = new Prometheus(server.url);
    await until("enough scrapes", async () => {
      return ((await prometheus.number('sum(increase(requests_total{site="good",version="1.1.0"}[60s]))')) ?? 0) > 400;
    });
  });
  afterAll(() => server?.stop());

  const canary = (checkout: Approval, ...args: string[]) =>
    checkout.verb(["canary", args[0] ?? "", "web", ...args.slice(1), "--stack", "prod"], "ops");
  const running = async (site: string, to = 10) => {
    const checkout = await routedPlatform(analysis(site), `[${[...new Set([to, Math.max(to, 50)])].join(", ")}]`);
    expect((await canary(checkout, "start", "1.1.0")).code).toBe(0);
    await applied(checkout);
    expect((await canary(checkout, "widen", "--to", `${to}`)).code).toBe(0);
    await applied(checkout);
    return checkout;
  };
  const analyse = (checkout: Approval, ...more: string[]) =>
    canary(checkout, "analyse", "--prometheus", server.url, ...more);
  const evidence = (checkout: Approval) =>
    Object.keys(checkout.snapshot()).filter((path) => path.includes("/canary-analysis-"));

  it("a good canary passes, is signed for and may be widened", async () => {
    const checkout = await running("good");
    const dry = await analyse(checkout, "--dry-run");
    expect([dry.code, evidence(checkout)]).toEqual([0, []]);
    const { code, stdout } = await analyse(checkout, "--json");
    expect({ code, ...JSON.parse(stdout) }).toMatchObject({ code: 0, person: "ops", written: [expect.any(String)] });
    const statement = JSON.parse(checkout.read(evidence(checkout)[0] ?? ""));
    const { predicate } = JSON.parse(Buffer.from(statement.dsseEnvelope.payload, "base64").toString());
    expect(predicate).toMatchObject({ type: "canary-analysis", in: "prod", result: "pass" });
    expect(predicate.metrics["error-rate"]).toBeCloseTo(0.002, 4);
    expect(predicate.metrics.latency).toBeCloseTo(0.12, 3);
    expect(predicate.metrics["latency.stable"]).toBeCloseTo(0.1, 3);
    expect(predicate.metrics.samples).toBeGreaterThan(100);
    expect((await canary(checkout, "widen", "--to", "50")).code).toBe(0);
  });

  it.each([
    ["failing", /✘ error-rate is 0\.2, and 0\.002 of the stable version; at most 0\.05 is allowed/],
    ["slow", /✘ latency is 0\.4, and 0\.1 of the stable version; at most 2 times that is allowed/],
  ])("a %s canary is signed for as such, and is not widened", async (site, finding) => {
    const checkout = await running(site);
    const { code, stdout } = await analyse(checkout);
    expect(code).toBe(1);
    expect(stdout).toMatch(finding);
    expect(evidence(checkout)).toHaveLength(1);
    const widen = await canary(checkout, "widen", "--to", "50");
    expect(widen.code).toBe(1);
    expect(widen.stdout).toMatch(/canary-analysis by ops speaks against 1\.1\.0/);
    expect((await canary(checkout, "promote")).code).toBe(1);
  });

  it.each([
    ["sparse", /not enough data on web 1\.1\.0 in prod at 10 %: \d+(\.\d+)? samples of the canary/],
    ["silent", /0 samples of the canary .* of 100 needed; error-rate has no number for the canary/],
  ])("%s data says so, and is no finding", async (site, text) => {
    const checkout = await running(site);
    const { code, stdout } = await analyse(checkout);
    expect(code).toBe(1);
    expect(stdout).toMatch(text);
    expect(evidence(checkout)).toEqual([]);
    expect((await canary(checkout, "widen", "--to", "50")).stdout).toContain("nothing says how 1.1.0 does");
  });

  it("at 100 % nobody gets the stable version: the canary's own bounds decide, and it is promoted on numbers", async () => {
    const checkout = await running("everybody", 100);
    const { code, stdout } = await analyse(checkout);
    expect({ code, stdout }).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("pass: web 1.1.0 in prod at 100 %"),
    });
    expect(stdout).toContain("and 0 of the stable version, of 100 needed; everybody gets the canary");
    expect((await canary(checkout, "promote")).stdout).toContain("stable 1.1.0, no canary");

    const bad = await running("everybody, failing", 100);
    expect((await analyse(bad)).stdout).toContain("error-rate is 0.2; at most 0.05 is allowed");
    expect((await canary(bad, "promote")).code).toBe(1);
  });

  it("a query that gives no one number is bad input, in Prometheus's own words", async () => {
    const prometheus = new Prometheus(server.url);
    await expect(prometheus.number("requests_total")).rejects.toThrow(/gives 11 series where one number is asked for/);
    await expect(prometheus.number("sum(")).rejects.toThrow(/parse error/);
    await expect(prometheus.number("requests_total[5m]")).rejects.toThrow(/must give one number/);
    expect(await prometheus.number("vector(0) / 0")).toBeUndefined();
    expect(await prometheus.number("nothing_of_this_name")).toBeUndefined();
    expect(await prometheus.number("1 + 1")).toBe(2);
  });

  it("nobody gets it yet, so there is nothing to analyse", async () => {
    const checkout = await routedPlatform(analysis("good"));
    expect((await analyse(checkout)).stdout).toContain("nobody gets a canary of web in prod");
  });
});
