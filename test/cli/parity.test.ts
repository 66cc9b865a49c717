import { describe, expect, it } from "vitest";
import { ParityReport } from "../../cli/environments/parity.ts";
import { prettyJson } from "../../release/json.ts";
import { Approval } from "./approval.ts";

const DEPLOYMENT = "kubernetes:apps/v1:Deployment";

/** The plan of a stack with one Deployment. */
function plan(stack: string, cpu: string, probe = true): string {
  const container = {
    name: "app",
    image: `registry.test/app@sha256:${"a".repeat(64)}`,
    resources: { requests: { cpu } },
    ...(probe ? { readinessProbe: { httpGet: { path: "/ready", port: 80 } } } : {}),
  };
  const urn = `urn:pulumi:${stack}::test::${DEPLOYMENT}::web`;
  const inputs = { spec: { template: { spec: { containers: [container] } } } };
  const resource = { urn, type: DEPLOYMENT, name: "web", custom: true, inputs, dependencies: [], options: {} };
  return prettyJson({ stack, project: "test", resources: [resource] });
}

async function parityOf(checkout: Approval) {
  const { code, stdout } = await checkout.verb(["parity", "dev", "prod", "--json"]);
  return { code, ...ParityReport.parse(JSON.parse(stdout)) };
}

describe("parity", () => {
  it("finds what must be alike and is not, and what is declared to differ", async () => {
    const checkout = new Approval({ "plans/dev.json": plan("dev", "100m"), "plans/prod.json": plan("prod", "0.1") });
    expect(await parityOf(checkout)).toMatchObject({ code: 0, undeclared: [], declared: [] });

    checkout.write("plans/prod.json", plan("prod", "200m", false));
    const { code, undeclared, settings } = await parityOf(checkout);
    expect(code).toBe(1);
    expect(undeclared.map(({ message }) => message)).toEqual([
      "spec.template.spec.containers[app].readinessProbe is given in dev and not in prod",
      "spec.template.spec.containers[app].resources.requests.cpu is not the same in prod as in dev",
    ]);
    expect(settings.some(({ section, key }) => section === "modules" && key === "web")).toBe(true);

    checkout.write(
      "catalog/parity.yaml",
      `differences: [{ resource: "${DEPLOYMENT}::web", path: "spec.template.spec.containers.*.resources", reason: production bears the load }]\n`,
    );
    const declared = await parityOf(checkout);
    expect([declared.undeclared.length, declared.declared.map(({ message }) => message)]).toEqual([
      1,
      ["spec.template.spec.containers[app].resources.requests.cpu is not the same in prod as in dev"],
    ]);
  });

  it("names the plan that is not committed, and the nearest stack", async () => {
    const checkout = new Approval({ "plans/dev.json": plan("dev", "1") });
    const [noPlan, noStack] = [
      await checkout.verb(["parity", "dev", "prod"]),
      await checkout.verb(["parity", "dev", "prd"]),
    ];
    expect([noPlan.code, noPlan.stderr]).toEqual([
      2,
      expect.stringMatching(/plans\/prod\.json.*npx imprimatur plan prod --write/),
    ]);
    expect([noStack.code, noStack.stderr]).toEqual([2, expect.stringContaining('did you mean "prod"')]);
  });
});
