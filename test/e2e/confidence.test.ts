import { describe, expect, it, onTestFinished } from "vitest";
import { ConfidenceReport } from "../../cli/confidence/report.ts";
import { StatusReport } from "../../cli/status/report.ts";
import { Approval } from "../cli/approval.ts";
import { PrometheusServer } from "./prometheusServer.ts";
import { missingTools, until } from "./tools.ts";

const noPrometheus = missingTools("prometheus");

const SLOS = `slos:
  web:
    - name: availability
      description: requests that do not fail
      objective: 0.995
      good: sum(increase(requests_total{code="200"}[$window] @ $end))
      total: sum(increase(requests_total[$window] @ $end))
`;

/** A Prometheus that sees so many requests a second, of which some fail. */
async function watched(perSecond: number, failing: number): Promise<PrometheusServer> {
  let [good, bad] = [0, 0];
  const server = await PrometheusServer.start(() => {
    good += perSecond - failing;
    bad += failing;
    return `# TYPE requests_total counter\nrequests_total{code="200"} ${good}\nrequests_total{code="500"} ${bad}\n`;
  });
  onTestFinished(() => server.stop());
  await until("a few scrapes", async () => {
    const query = encodeURIComponent('count_over_time(requests_total{code="200"}[5m])');
    const answer = await fetch(`${server.url}/api/v1/query?query=${query}`);
    const { data } = (await answer.json()) as { data: { result: { value: [number, string] }[] } };
    return Number(data.result[0]?.value[1]) >= 4;
  });
  return server;
}

async function platform(): Promise<Approval> {
  const checkout = await new Approval({ "catalog/trust/slos.yaml": SLOS }).withTestedRelease();
  await checkout.record("1.0.0");
  return checkout;
}

async function measure(checkout: Approval, server: PrometheusServer, ...args: string[]) {
  const { code, stdout } = await checkout.verb(
    ["confidence", "web", "1.0.0", "--in", "prod", "--prometheus", server.url, "--json", ...args],
    args.includes("--attest") ? "pipeline" : undefined,
  );
  return { code, ...ConfidenceReport.parse(JSON.parse(stdout)) };
}

describe.skipIf(noPrometheus)(
  `release confidence from a real Prometheus${noPrometheus === undefined ? "" : ` (${noPrometheus})`}`,
  () => {
    it("is high after many good events, is signed, and shows in status", async () => {
      const [checkout, server] = [await platform(), await watched(1000, 0)];
      const found = await measure(checkout, server, "--attest");
      expect(found.code).toBe(0);
      expect(found.slos).toMatchObject([{ name: "availability", met: true }]);
      expect(found.slos[0]?.total).toBeGreaterThan(1000);
      expect(found.confidence).toBeGreaterThan(99);
      expect(found.written).toEqual([expect.stringMatching(/^catalog\/evidence\/web\/1\.0\.0\/release-confidence-/)]);
      const { stdout } = await checkout.verb(["status", "prod", "--no-cluster", "--json"]);
      const [prod] = StatusReport.parse(JSON.parse(stdout)).stacks;
      expect(prod?.modules.find(({ module }) => module === "web")?.confidence).toBe(found.confidence);
    });

    it("is next to nothing where the objective is missed, and such evidence refuses", async () => {
      const [checkout, server] = [await platform(), await watched(1000, 50)];
      const found = await measure(checkout, server, "--attest");
      expect(found).toMatchObject({ code: 1, confidence: 0, slos: [{ met: false }] });
      expect(checkout.read(found.written[0] ?? "")).not.toBe("");
    });

    it("is low where little was seen, though all of it was good", async () => {
      const found = await measure(await platform(), await watched(3, 0));
      expect(found.code).toBe(0);
      expect(found.confidence).toBeLessThan(30);
      expect(found.written).toEqual([]);
    });

    it("says so where nothing is promised, or the release never ran there", async () => {
      const checkout = await platform();
      const ask = (...args: string[]) => checkout.verb(["confidence", ...args, "--prometheus", "http://127.0.0.1:9"]);
      const store = await ask("store", "1.0.0", "--in", "prod");
      expect([store.code, store.stderr]).toEqual([2, expect.stringContaining("promises nothing for this module")]);
      const never = await ask("web", "1.1.0", "--in", "prod");
      expect([never.code, never.stderr]).toEqual([2, expect.stringContaining("has never run there")]);
      const silent = await ask("web", "1.0.0", "--in", "prod");
      expect([silent.code, silent.stderr]).toEqual([2, expect.stringContaining("Prometheus")]);
    });
  },
);
