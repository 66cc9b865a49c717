import { describe, expect, it } from "vitest";
import { StatusReport } from "../../cli/status/report.ts";
import { Approval } from "./approval.ts";

async function statusOf(checkout: Approval, ...args: string[]): Promise<StatusReport & { code: number }> {
  const { code, stdout } = await checkout.verb(["status", ...args, "--no-cluster", "--json"]);
  return { code, ...StatusReport.parse(JSON.parse(stdout)) };
}

/** Production runs web 1.0.0, and 1.1.0 is in dev: what is tested waits for two votes. */
async function platform(): Promise<Approval> {
  const checkout = await new Approval().withTestedRelease();
  checkout.edit("Pulumi.dev.yaml", "web: edge", `web: [1.1.0@${checkout.manifestDigest("web", "1.1.0")}]`);
  await checkout.record("1.0.0");
  return checkout;
}

describe("status", () => {
  it("tells what runs by the ledger, what is to come, and what it lacks", async () => {
    const checkout = await platform();
    const { stacks } = await statusOf(checkout, "prod");
    expect(stacks).toHaveLength(1);
    const [prod] = stacks;
    expect(prod?.ledger).toMatchObject({ entries: 1, last: { seq: 1, person: "pipeline", outcome: "succeeded" } });
    const web = prod?.modules.find(({ module }) => module === "web");
    expect(web?.runs).toMatchObject({ version: "1.0.0", entry: 1, blessing: null });
    expect(web?.candidate).toMatchObject({ version: "1.1.0", from: "dev", passed: false, blessed: false });
    const open = web?.candidate?.requirements.filter(({ state }) => state === "missing").map(({ id }) => id);
    expect(open).toEqual(["vote:module-lead", "vote:qa", "independent-approval"]);
  });

  it("tells who is waited for, in which role, and by which command; until they have spoken", async () => {
    const checkout = await platform();
    const waiting = async () => {
      const { waits } = await statusOf(checkout);
      const own = waits.map(({ role, people, items }) => ({
        role,
        people,
        items: items.filter(({ version }) => version === "1.1.0"),
      }));
      return own
        .filter(({ items }) => items.length > 0)
        .map(({ role, people, items }) => [role, people, items.map(({ id }) => id)]);
    };
    expect(await waiting()).toEqual(
      expect.arrayContaining([
        ["qa", ["tester"], ["vote:qa", "independent-approval"]],
        ["module-lead", ["deputy", "lead"], ["vote:module-lead", "independent-approval"]],
      ]),
    );
    await checkout.vote("lead", "module-lead");
    await checkout.vote("tester", "qa");
    expect(await waiting()).toEqual([[undefined, ["manager"], ["blessing"]]]);
  });

  it("waits for nobody where no vote would help", async () => {
    const checkout = await platform();
    await checkout.verb(["revoke", "web", "1.1.0", "--reason", "leaks"], "tester");
    const { waits, stacks } = await statusOf(checkout);
    expect(waits.flatMap(({ items }) => items).filter(({ version }) => version === "1.1.0")).toEqual([]);
    // It is pinned in dev, which asks for no blessing: a revocation refuses it there too.
    expect(stacks[0]?.modules.find(({ module }) => module === "web")?.state).toBe("refused");
  });

  it("tells what is pinned and not applied, and that a stack has no ledger", async () => {
    const checkout = await (await platform()).withTestedRelease();
    const stateOf = async (stack: string, name: string) => {
      const { stacks } = await statusOf(checkout, stack);
      return stacks[0]?.modules.find(({ module }) => module === name)?.state;
    };
    expect(await stateOf("dev", "store")).toBe("unrecorded");
    // Nothing was ever blessed here but what its formality does not ask to be.
    expect(await stateOf("prod", "store")).toBe("refused");
    checkout.write("catalog/trust/formality.yaml", "blessed: []\nrules: []\n");
    expect(await stateOf("prod", "store")).toBe("to-apply");
    expect(await stateOf("prod", "web")).toBe("running");
  });

  it("refuses a broken ledger, and names the place", async () => {
    const checkout = await platform();
    checkout.write("catalog/ledger/prod/000002.sigstore.json", "{}");
    const { code, stacks } = await statusOf(checkout, "prod");
    expect([code, stacks[0]?.ledger.broken?.path]).toEqual([1, "catalog/ledger/prod/000002.sigstore.json"]);
  });

  it("is readable in a terminal, and says why a cluster was not asked", async () => {
    const checkout = await platform();
    checkout.write("kubeconfig", "apiVersion: v1\nkind: Config\nclusters: []\ncontexts: []\nusers: []\n");
    const { stdout } = await checkout.verb(["status", "prod", "--kubeconfig", `${checkout.root}/kubeconfig`]);
    expect(stdout).toContain("web    1.0.0");
    expect(stdout).toContain("→ 1.1.0 from dev: 3 missing");
    expect(stdout).toContain("the kubeconfig has no context prod");
    expect(stdout).toContain("qa (tester)");
  });

  it("tells why a release is refused, since nobody can supply what it lacks, in lines that fit", async () => {
    const { stacks } = await statusOf(new Approval(), "prod");
    const [candidate] = stacks[0]?.modules.flatMap((module) => module.candidate ?? []) ?? [];
    expect(candidate?.version).toBe("1.2.0-edge.1");
    const { stdout } = await new Approval().verb(["status", "prod", "--no-cluster"]);
    expect(stdout).toContain(
      "→ 1.2.0-edge.1 from dev: refused: channel edge is not admitted for service modules in prod",
    );
    expect(stdout.split("\n").filter((line) => line.length > 120)).toEqual([]);
  });

  it("names the nearest stack, and what a context must look like", async () => {
    const checkout = new Approval();
    const wrong = await checkout.verb(["status", "prd", "--no-cluster"]);
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('did you mean "prod"')]);
    expect((await checkout.verb(["status", "--context", "prod"])).stderr).toContain("must be <stack>=<context>");
  });
});
