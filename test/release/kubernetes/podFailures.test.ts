import { expect, test } from "vitest";
import { podFailures } from "../../../release/kubernetes/podFailures.ts";

const pod = (name: string, status: object) => ({ metadata: { name, namespace: "web" }, status });

test("a crash loop says what it waits for, and what the container said last", () => {
  const main = {
    name: "main",
    ready: false,
    restartCount: 4,
    state: { waiting: { reason: "CrashLoopBackOff", message: "back-off 1m20s" } },
    lastState: { terminated: { exitCode: 3, reason: "Error", message: "1.0.2 was\nnot found\n" } },
  };
  expect(podFailures([pod("a", { phase: "Running", containerStatuses: [main] })])).toEqual([
    "web/a main: CrashLoopBackOff; ended with 3: 1.0.2 was not found, started 5 times",
  ]);
});

test("an image that cannot be pulled, a Pod on no node and one that was evicted say why", () => {
  const waiting = { reason: "ImagePullBackOff", message: "no such manifest" };
  const scheduled = { type: "PodScheduled", status: "False", message: "0/3 nodes have enough memory" };
  expect(
    podFailures([
      pod("a", { phase: "Pending", initContainerStatuses: [{ name: "init", state: { waiting } }] }),
      pod("b", { phase: "Pending", conditions: [scheduled] }),
      pod("c", { phase: "Failed", reason: "Evicted", message: "out of disk" }),
    ]),
  ).toEqual([
    "web/a init: ImagePullBackOff: no such manifest",
    "web/b: is on no node: 0/3 nodes have enough memory",
    "web/c: failed: Evicted: out of disk",
  ]);
});

test("Pods that are well, starting or done say nothing", () => {
  const starting = { name: "main", ready: false, state: { waiting: { reason: "ContainerCreating" } } };
  const done = { name: "check", ready: false, state: { terminated: { exitCode: 0, reason: "Completed" } } };
  const well = { name: "main", ready: true, restartCount: 2, lastState: { terminated: { exitCode: 1 } } };
  const pods = [starting, done, well].map((status, index) => pod(`p${index}`, { containerStatuses: [status] }));
  expect(podFailures([...pods, pod("none", {}), {}])).toEqual([]);
});

test("no line is longer than a ledger should hold", () => {
  const terminated = { exitCode: 1, message: "x".repeat(5000) };
  const [line = ""] = podFailures([pod("a", { containerStatuses: [{ name: "main", state: { terminated } }] })]);
  expect(line.length).toBeLessThan(320);
});
