import { execFileSync } from "node:child_process";
import { beforeEach, describe, expect, it } from "vitest";
import { openContext } from "../../cli/context.ts";
import { ofKind, readRecords } from "../../release/records.ts";
import { Approval } from "./approval.ts";

function helmVersion(): string | undefined {
  try {
    return execFileSync("helm", ["version", "--template", "{{.Version}}"], { encoding: "utf8", stdio: "pipe" }).trim();
  } catch {
    return undefined;
  }
}
const HELM = helmVersion();

const DEPLOYMENT = `apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  template:
    spec:
      containers: [{ name: web, image: {{ .Values.pod.image | quote }} }]
`;
const HOOK = `apiVersion: batch/v1
kind: Job
metadata: { name: migrate, annotations: { helm.sh/hook: pre-upgrade } }
spec: { template: { spec: { containers: [{ name: migrate, image: "registry.test/migrate:1" }] } } }
`;

/** The checkout with a copy of the chart of web 1.1.0. */
function withChart(templates: Readonly<Record<string, string>>, version = "1.1.0"): Approval {
  const checkout = new Approval().withKeys("pipeline", "guest");
  checkout.write("charts/web/Chart.yaml", `apiVersion: v2\nname: web\nversion: ${version}\n`);
  for (const [name, text] of Object.entries(templates)) checkout.write(`charts/web/templates/${name}.yaml`, text);
  return checkout;
}
const inspect = (checkout: Approval, more: readonly string[] = [], person?: string) =>
  checkout.verb(
    ["inspect", "web", "1.1.0", "--for", "prod", "--chart", `${checkout.root}/charts/web`, ...more],
    person,
  );
const imageOf = (checkout: Approval) => {
  const { repository, digest } = JSON.parse(checkout.read("catalog/releases/web/1.1.0.json")).images.web;
  return `${repository}@${digest}`;
};

describe("inspect", () => {
  beforeEach(({ skip }) => {
    if (HELM === undefined) skip("there is no helm on the PATH");
  });

  it("lists every image that the chart leads to with the stack's values, and the release that each is of", async () => {
    const checkout = withChart({ web: DEPLOYMENT });
    expect(await inspect(checkout)).toEqual({
      code: 0,
      stdout: `web 1.1.0 in prod: chart web 1.1.0, Helm ${HELM}, Kubernetes 1.36.0
  ✔ ${imageOf(checkout)}  web 1.1.0
      Deployment web spec.template.spec.containers[0].image
  note  rendered for Kubernetes 1.36.0; --kube-version takes another
  note  rendered from a copy that nothing ties to the chart's digest
`,
      stderr: "",
    });
  });

  it("lists the images of hooks, and ends with 1 for one that is of no release", async () => {
    const { code, stdout } = await inspect(withChart({ web: DEPLOYMENT, hook: HOOK }), ["--json"]);
    expect(code).toBe(1);
    const { result, images, written } = JSON.parse(stdout);
    expect({ result, written }).toEqual({ result: "fail", written: [] });
    expect(images[1]).toEqual({
      image: "registry.test/migrate:1",
      where: ["Job migrate spec.template.spec.containers[0].image (hook pre-upgrade)"],
      releases: [],
    });
  });

  it("says what the chart may decide by once it is installed", async () => {
    const asking = '{{ if lookup "v1" "Secret" "web" "x" }}{{ .Capabilities.KubeVersion }}{{ end }}\n';
    const { stdout } = await inspect(withChart({ web: DEPLOYMENT, asking }), ["--json", "--kube-version", "1.33.0"]);
    const { inventory, notes } = JSON.parse(stdout);
    expect(inventory.asks).toEqual(["lookup", "capabilities"]);
    expect(inventory.kubernetes).toBe("1.33.0");
    expect(notes).toEqual([
      "rendered from a copy that nothing ties to the chart's digest",
      "may look up objects in the cluster: what it does then is not known before",
      "may decide by what the cluster's API can do",
    ]);
  });

  it("signs the list as evidence, bound to configuration, values, Helm and Kubernetes", async () => {
    const checkout = withChart({ web: DEPLOYMENT });
    const { code, stdout } = await inspect(checkout, ["--sign", "--json"], "pipeline");
    expect(code).toBe(0);
    const { written, person, inventory } = JSON.parse(stdout);
    expect(person).toBe("pipeline");
    expect(written).toEqual([
      expect.stringMatching(/^catalog\/evidence\/web\/1\.1\.0\/image-inventory-\w{12}\.sigstore\.json$/),
    ]);
    const { files, catalogue } = openContext({ directory: checkout.root });
    const { records } = readRecords(files, "catalog/evidence/web/1.1.0", catalogue.ring, { now: new Date() });
    const [record] = ofKind(records, "evidence");
    expect(record?.subjects).toEqual([checkout.manifestDigest("web", "1.1.0")]);
    expect(record?.predicate).toMatchObject({ type: "image-inventory", in: "prod", result: "pass", inventory });
    expect(inventory).toEqual({
      configHash: expect.stringMatching(/^[0-9a-f]{64}$/),
      valuesHash: expect.stringMatching(/^[0-9a-f]{64}$/),
      chart: { name: "web", version: "1.1.0" },
      helm: HELM,
      kubernetes: "1.36.0",
      images: [imageOf(checkout)],
      release: "web",
      objects: [{ kind: "Deployment", name: "web", rollout: { type: "RollingUpdate", maxUnavailable: "25%" } }],
      asks: [],
    });
  });

  it("ends with 1 where a crash is to be seen first, and old Pods may be gone meanwhile", async () => {
    const found = async (strategy: string) => {
      const checkout = withChart({ web: DEPLOYMENT.replace("spec:", `spec:\n  strategy: ${strategy}`) });
      checkout.edit("catalog/modules/web.yaml", "maturity: mature", "maturity: mature\natomic: false");
      const { code, stdout } = await inspect(checkout, ["--json"]);
      const { problems = [], inventory } = JSON.parse(stdout);
      return { code, problems, rollout: inventory.objects[0].rollout };
    };
    expect(await found("{ rollingUpdate: { maxUnavailable: 0 } }")).toEqual({
      code: 0,
      problems: [],
      rollout: { type: "RollingUpdate", maxUnavailable: "0" },
    });
    expect(await found("{ rollingUpdate: { maxUnavailable: 1 } }")).toMatchObject({
      code: 1,
      problems: ["Deployment web may end old Pods before new ones are ready (maxUnavailable 1)"],
    });
    expect(await found("{ type: Recreate }")).toEqual({
      code: 1,
      problems: ["Deployment web ends all old Pods before it starts new ones (Recreate)"],
      rollout: { type: "Recreate" },
    });
  });

  it("writes nothing for a person whose word on it would not count", async () => {
    const checkout = withChart({ web: DEPLOYMENT });
    const before = checkout.snapshot();
    const { code, stdout } = await inspect(checkout, ["--sign"], "guest");
    expect(code).toBe(1);
    expect(stdout).toContain("✘ refused: guest holds no role that may attest for web\n");
    expect(checkout.snapshot()).toEqual(before);
  });

  it.each([
    [
      "a chart of another version",
      () => withChart({ web: DEPLOYMENT }, "1.2.0"),
      [],
      /--chart: is not the chart of web 1\.1\.0 \(got "web 1\.2\.0"/,
    ],
    ["no chart", () => new Approval(), [], /--chart: is neither the folder of a chart/],
    ["a template that fails", () => withChart({ web: '{{ required "x is needed" .Values.x }}' }), [], /x is needed/],
    [
      "a malformed version of Kubernetes",
      () => withChart({ web: DEPLOYMENT }),
      ["--kube-version", "latest"],
      /--kube-version: must be a version such as 1\.36\.0 \(got "latest"\)/,
    ],
    ["--sign without a key", () => withChart({ web: DEPLOYMENT }), ["--sign"], /--key: name the key to sign with/],
  ])("%s is bad input", async (_, make, more, message) => {
    const { code, stdout, stderr } = await inspect(make(), more);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(message);
  });
});
