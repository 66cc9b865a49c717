import { spawnSync } from "node:child_process";
import { hostname } from "node:os";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isInterrupted, planRepair } from "../../engine/interrupted.ts";
import { isAbandoned, readLocks, State } from "../../engine/stackState.ts";

const urn = (type: string, name: string) => `urn:pulumi:dev::platform::${type}::${name}`;
const resource = (type: string, name: string, more: object = {}) => ({
  urn: urn(type, name),
  type,
  custom: true,
  inputs: { metadata: { name } },
  ...more,
});
const NAMESPACE = "kubernetes:core/v1:Namespace";
const RELEASE = "kubernetes:helm.sh/v3:Release";

function stateOf(resources: readonly object[], pending: readonly (readonly [string, object])[]): State {
  const operations = pending.map(([type, resource]) => ({ type, resource }));
  return State.parse({
    version: 3,
    deployment: { resources, pending_operations: operations, metadata: { kept: true } },
  });
}

describe("what a killed update has left", () => {
  it("gets the id that it would have, and is read; what needs no more is dropped", () => {
    const old = resource(NAMESPACE, "old", { id: "old", outputs: { metadata: {} } });
    const state = stateOf(
      [old],
      [
        ["creating", resource(NAMESPACE, "new")],
        ["creating", resource(RELEASE, "web", { inputs: { name: "web", namespace: "apps" } })],
        ["creating", resource("kubernetes:core/v1:ConfigMap", "settings")],
        ["creating", resource("imprimatur:release:ModuleRelease", "web", { custom: false })],
        ["creating", resource("pulumi:providers:kubernetes", "cluster")],
        ["updating", old],
        ["deleting", old],
      ],
    );
    const { repaired, adopted, dropped, undecided } = planRepair(state);

    expect(adopted.map(({ id, outputs }) => [id, outputs])).toEqual([
      ["new", {}],
      ["apps/web", {}],
      ["default/settings", {}],
    ]);
    expect(dropped.map(({ type }) => type)).toEqual(["creating", "creating", "updating", "deleting"]);
    expect(undecided).toEqual([]);
    expect(repaired.deployment.pending_operations).toEqual([]);
    expect(repaired.deployment.resources.slice(0, 1)).toEqual(state.deployment.resources);
    expect(repaired.deployment.metadata).toEqual({ kept: true });
    expect(isInterrupted(state)).toBe(true);
  });

  it("is nothing where it was killed before it made anything: the stack is there, and has no deployment", () => {
    const state = State.parse({ version: 3, deployment: null });
    expect(isInterrupted(state)).toBe(false);
    expect(planRepair(state)).toMatchObject({ adopted: [], dropped: [], undecided: [] });
  });

  it("a repair that was killed is taken up again: what was adopted and never read is read", () => {
    const { repaired } = planRepair(stateOf([], [["creating", resource(NAMESPACE, "new")]]));
    const again = State.parse(repaired);
    expect(isInterrupted(again)).toBe(true);
    expect(planRepair(again).adopted.map(({ id }) => id)).toEqual(["new"]);
    expect(planRepair(again).repaired).toEqual(again);
  });

  it("asks where only a provider knows the id, and does as told", () => {
    const bucket = resource("aws:s3/bucket:Bucket", "logs");
    const state = stateOf([], [["creating", bucket]]);
    expect(planRepair(state).undecided.map(({ resource }) => resource.urn)).toEqual([bucket.urn]);
    expect(planRepair(state, new Map([[bucket.urn, "logs-1234"]])).adopted.map(({ id }) => id)).toEqual(["logs-1234"]);
    const forgotten = planRepair(state, new Map([[bucket.urn, null]]));
    expect([forgotten.adopted, forgotten.undecided, forgotten.dropped.length]).toEqual([[], [], 1]);
  });

  it("asks about a replacement, whose predecessor stands under the same URN", () => {
    const old = resource(NAMESPACE, "apps", { id: "apps", outputs: { metadata: {} } });
    expect(planRepair(stateOf([old], [["creating", resource(NAMESPACE, "apps")]])).undecided).toHaveLength(1);
  });

  it("nothing is lost or doubled, whatever was pending", () => {
    const types = fc.constantFrom(NAMESPACE, RELEASE, "aws:s3/bucket:Bucket", "pulumi:providers:kubernetes");
    const operations = fc.constantFrom("creating", "updating", "deleting", "reading", "importing");
    const pending = fc.uniqueArray(fc.tuple(operations, types, fc.stringMatching(/^[a-z]{1,6}$/)), {
      selector: ([, type, name]) => urn(type, name),
    });
    fc.assert(
      fc.property(pending, (list) => {
        const state = stateOf(
          [],
          list.map(([operation, type, name]) => [
            operation,
            resource(type, name, { inputs: { name, metadata: { name } } }),
          ]),
        );
        const { repaired, adopted, dropped, undecided } = planRepair(state);
        const all = [
          ...adopted,
          ...dropped.map(({ resource }) => resource),
          ...undecided.map(({ resource }) => resource),
        ];
        expect(all.map(({ urn }) => urn).sort()).toEqual(list.map(([, type, name]) => urn(type, name)).sort());
        const urns = repaired.deployment.resources.map(({ urn }) => urn);
        expect(new Set(urns).size).toBe(urns.length);
      }),
    );
  });
});

describe("locks", () => {
  const text = `error: the stack is currently locked by 2 lock(s). Either wait for the other process(es) to end or delete the lock file with \`pulumi cancel\`.
  s3://bucket/.pulumi/locks/organization/platform/dev/0.json: created by alice@ci-7 (pid 12) at 2026-08-06T22:00:00Z
  file:///state/1.json?no_tmp_dir=true: created by bob smith@laptop.local (pid 34) at 2026-08-06T23:00:00Z`;

  it("are read from what the CLI says, with their owners", () => {
    expect(readLocks(text).map(({ owner }) => owner)).toEqual([
      { user: "alice", host: "ci-7", pid: 12, since: "2026-08-06T22:00:00Z" },
      { user: "bob smith", host: "laptop.local", pid: 34, since: "2026-08-06T23:00:00Z" },
    ]);
    expect(readLocks("error: [409] Conflict: Another update is currently in progress.")).toEqual([
      { text: "[409] Conflict: Another update is currently in progress." },
    ]);
    expect(readLocks("error: no such bucket")).toEqual([]);
  });

  it("are abandoned only where their process was on this host and is dead", () => {
    const dead = spawnSync(process.execPath, ["--version"]).pid;
    const lock = (pid: number, host = hostname()) => ({ text: "", owner: { user: "me", host, pid, since: "" } });
    expect(isAbandoned(lock(dead))).toBe(true);
    expect(isAbandoned(lock(process.pid))).toBe(false);
    expect(isAbandoned(lock(1))).toBe(false);
    expect(isAbandoned(lock(dead, "another"))).toBe(false);
    expect(isAbandoned({ text: "somebody's" })).toBe(false);
  });
});
