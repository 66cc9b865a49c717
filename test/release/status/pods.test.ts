import { describe, expect, it } from "vitest";
import { type Expected, judgePods, type RunningPod } from "../../../release/status/pods.ts";

const digest = (hex: string) => `sha256:${hex.repeat(64)}`;
const CURRENT: Expected = { module: "web", version: "1.1.0", namespace: "web", images: [digest("1")], required: true };
const PREVIOUS: Expected = { ...CURRENT, version: "1.0.0", images: [digest("0")], required: false };

function pod(image: string, more: Partial<RunningPod> = {}, imageId?: string): RunningPod {
  const containers = [{ name: "app", image, ...(imageId === undefined ? {} : { imageId }) }];
  return { namespace: "web", name: "web-0", containers, ...more };
}

function kinds(pods: readonly RunningPod[], known: Parameters<typeof judgePods>[2] = () => undefined): string[] {
  return judgePods(pods, [CURRENT, PREVIOUS], known).map(({ kind, where }) => `${kind} ${where}`);
}

describe("judgePods", () => {
  const current = pod(`registry.test/web@${digest("1")}`);

  it("finds nothing where the current release runs, also beside the previous one and from another registry", () => {
    const others = [pod(`mirror.test/a/web:1.0.0@${digest("0")}`, { name: "web-1" })];
    expect(judgePods([current, ...others], [CURRENT, PREVIOUS], () => undefined)).toEqual([]);
  });

  it("says that nothing runs what should; the release before does not make up for it", () => {
    expect(kinds([pod(`registry.test/web@${digest("0")}`)])).toEqual(["missing web"]);
    expect(kinds([])).toEqual(["missing web"]);
    expect(kinds([{ ...current, namespace: "other" }])).toEqual(["unlisted web-0/app", "missing web"]);
  });

  it("lists what is on no digest that the stack runs, in every container", () => {
    const sidecar = { name: "sidecar", image: `registry.test/sidecar@${digest("9")}` };
    const findings = judgePods(
      [{ ...current, containers: [...current.containers, sidecar] }],
      [CURRENT],
      () => undefined,
    );
    expect(findings).toEqual([
      {
        kind: "unlisted",
        namespace: "web",
        where: "web-0/sidecar",
        image: sidecar.image,
        text: "runs an image of no release, which this stack does not run by its ledger",
      },
    ]);
  });

  it("lists what is revoked even where it is the release that should run", () => {
    const known = () => ({ module: "web", version: "1.1.0", revoked: "revoked by tester: leaks" });
    expect(judgePods([current], [CURRENT], known)).toMatchObject([
      { kind: "revoked", where: "web-0/app", text: "runs web 1.1.0, revoked by tester: leaks" },
    ]);
  });

  it("takes a tag's digest from what the node says it pulled, and says where nobody can know", () => {
    expect(kinds([pod("registry.test/web:1.1.0", {}, `registry.test/web@${digest("1")}`)])).toEqual([]);
    expect(kinds([current, pod("registry.test/web:1.1.0", { name: "new" })])).toEqual(["undigested new/app"]);
    expect(kinds([current, pod("", { name: "new" })])).toEqual(["undigested new/app"]);
  });

  it("is not misled by a digest in another case or length", () => {
    expect(kinds([current, pod(`registry.test/web@sha256:${"A".repeat(64)}`, { name: "new" })])).toEqual([
      "undigested new/app",
    ]);
  });
});
