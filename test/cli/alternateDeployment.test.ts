import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { parse } from "yaml";
import { AT, blessedCheckout } from "../e2e/blessedCheckout.ts";
import { findTool } from "../e2e/tools.ts";
import { Checkout, pin, start } from "./checkout.ts";

/** Another site: a fourth stack file, with a registry host of its own. */
const CANFAR_B = `config:
  imprimatur:cluster: { context: canfar-b }
  imprimatur:registries:
    app: { url: harbor.canfar-b.test/mirror, mirrors: registry.test/app }
    charts: { url: harbor.canfar-b.test/charts, mirrors: registry.test/charts }
  imprimatur:modules:
    web: [${pin("web", "1.1.0")}]
    store: [${pin("store", "1.0.0")}]
  imprimatur:values:
    web: { ingress: { host: "web.canfar-b.test", mode: "0755", debug: "on" }, replicaCount: 2 }
  imprimatur:quota: { pods: 20 }
`;

let checkout: Checkout;

beforeEach(() => {
  checkout = new Checkout();
  onTestFinished(() => checkout.remove());
  checkout.write("Pulumi.canfar-b.yaml", CANFAR_B);
  checkout.edit("catalog/trust/stacks.yaml", "  prod:", "  canfar-b: { class: staging }\n  prod:");
});

const digestOf = (manifest: string, kind: "chart" | "web" | "store") => {
  const { chart, images } = JSON.parse(checkout.read(`catalog/releases/${manifest}.json`));
  return kind === "chart" ? chart.digest : images[kind].digest;
};

describe("a stack with another registry host", () => {
  it("runs the same digests from there, charts too", async () => {
    checkout.withProgram();
    const { code, stderr } = await checkout.run("plan", "canfar-b", "prod", "--write");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });

    const find = (stack: string, type: string, name: string) => {
      const { resources } = JSON.parse(checkout.read(`plans/${stack}.json`));
      return resources.find((each: { type: string; name: string }) => each.type === type && each.name === name).inputs;
    };
    const RELEASE = "kubernetes:helm.sh/v3:Release";
    const store = find("canfar-b", RELEASE, "store");
    expect({ chart: store.chart, image: store.values.pod.image }).toEqual({
      chart: `oci://harbor.canfar-b.test/charts/store@${digestOf("store/1.0.0", "chart")}`,
      image: `harbor.canfar-b.test/mirror/store@${digestOf("store/1.0.0", "store")}`,
    });
    expect(find("prod", RELEASE, "store").values.pod.image).toBe(
      `registry.test/app/store@${digestOf("store/1.0.0", "store")}`,
    );
    expect(find("canfar-b", "imprimatur:release:BlessedImage", "store/store")).toMatchObject({
      repository: "registry.test/app/store",
      pulledFrom: "harbor.canfar-b.test/mirror/store",
      digest: digestOf("store/1.0.0", "store"),
    });
    // A mirror voids no votes: what is configured is the same.
    const hash = (stack: string) => find(stack, "imprimatur:release:ModuleRelease", "store").configHash;
    expect(hash("canfar-b")).toBe(hash("prod"));
  });

  it("passes the policies: the mirror is declared, and the digest is blessed", async () => {
    const { checkout: blessed, world } = await blessedCheckout({ image: `sha256:${"b".repeat(64)}` });
    onTestFinished(() => blessed.remove());
    const { manifestDigest } = world.candidate().release;
    blessed.edit("Pulumi.prod.yaml", "modules: {}", `modules: { app: ["1.0.0@${manifestDigest}"] }`);
    const { stdout } = await blessed.withProgram().run("preview", "prod", "--at", AT, "--json");
    const [prod] = JSON.parse(stdout).stacks;
    const judged = prod.verdicts.filter(({ policy }: { policy: string }) => /^blessed-/.test(policy));
    expect(judged).toEqual([
      { policy: "blessed-charts", level: "mandatory", violations: [] },
      { policy: "blessed-images", level: "mandatory", violations: [] },
    ]);
    const published = prod.resources.find(({ type }: { type: string }) => type === "imprimatur:release:BlessedImage");
    expect(published.name).toBe("app/app");
  });

  it("needs a registry that serves every image", async () => {
    checkout.edit("Pulumi.canfar-b.yaml", ", mirrors: registry.test/app", "");
    const { code, stderr } = await checkout.run("environments", "canfar-b");
    expect(code).toBe(2);
    expect(stderr).toContain(
      "Pulumi.canfar-b.yaml config.imprimatur:registries: no registry of this stack serves web's",
    );
  });
});

describe("environments", () => {
  it("lists what differs and nothing else, in the terminal, as JSON and as a page", async () => {
    const json = await checkout.run("environments", "prod", "canfar-b", "--json");
    expect(json).toMatchObject({ code: 0, stderr: "" });
    const { stacks, rows } = JSON.parse(json.stdout);
    expect(stacks).toEqual(["prod", "canfar-b"]);
    const short = (text: string) => text.replace(/@sha256:([0-9a-f]{12})[0-9a-f]{52}/, "@$1");
    const row = (section: string, key: string, prod: string | undefined, b: string | undefined) => ({
      section,
      key,
      values: { ...(prod === undefined ? {} : { prod }), ...(b === undefined ? {} : { "canfar-b": b }) },
    });
    expect(rows).toEqual([
      row("environment", "class", "prod", "staging"),
      row("cluster", "context", "prod", "canfar-b"),
      row("registries", "app.mirrors", undefined, "registry.test/app"),
      row("registries", "app.url", "registry.test/app", "harbor.canfar-b.test/mirror"),
      row("registries", "charts.mirrors", undefined, "registry.test/charts"),
      row("registries", "charts.url", undefined, "harbor.canfar-b.test/charts"),
      row("modules", "web", `${short(pin("web", "1.0.0"))} stable`, `${short(pin("web", "1.1.0"))} stable`),
      row("values", "web.ingress.debug", undefined, "on"),
      row("values", "web.ingress.host", undefined, "web.canfar-b.test"),
      row("values", "web.ingress.mode", undefined, "0755"),
      row("values", "web.replicaCount", undefined, "2"),
      row("quota", "pods", undefined, "20"),
    ]);

    const page = join(checkout.root, "environments.md");
    const text = await checkout.run("environments", "--markdown", page);
    expect(text.code).toBe(0);
    expect(text.stdout.split("\n").filter((line) => /^(\s+dev|cluster|\s+context)/.test(line))).toEqual([
      expect.stringMatching(/^\s+dev\s+canfar-b\s+prod$/),
      "cluster",
      expect.stringMatching(/^ {2}context\s+dev\s+canfar-b\s+prod$/),
    ]);
    expect(readFileSync(page, "utf8").split("\n").slice(0, 12)).toEqual([
      "# What differs between environments",
      "",
      "Generated by `imprimatur environments`. What is the same everywhere is left out.",
      "",
      "## Environment",
      "",
      "|  | dev | canfar-b | prod |",
      "| --- | --- | --- | --- |",
      "| `class` | `dev` | `staging` | `prod` |",
      "",
      "## Cluster",
      "",
    ]);
  });
});

describe("export --helm-values", () => {
  const out = () => join(checkout.root, "out");
  const exported = (...more: string[]) => checkout.run("export", "--helm-values", "canfar-b", "--out", out(), ...more);

  it("writes values and commands in the order of what needs what, the same each time", async () => {
    const { code, stdout, stderr } = await exported("--json");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const written = ["values/store.yaml", "values/web.yaml", "upgrade.sh"];
    expect(JSON.parse(stdout).written).toEqual(written.map((path) => join(out(), path)));
    const commands = readFileSync(join(out(), "upgrade.sh"), "utf8").split("\n\n").slice(1);
    expect(commands).toEqual([
      `# store 1.0.0
helm upgrade --install store oci://harbor.canfar-b.test/charts/store@${digestOf("store/1.0.0", "chart")} \\
  --version 1.0.0 \\
  --namespace store --create-namespace \\
  --values values/store.yaml --reset-values \\
  --atomic --cleanup-on-fail \\
  --timeout 5m --history-max 10 \\
  "$@"`,
      `# web 1.1.0, which needs store
helm upgrade --install web oci://harbor.canfar-b.test/charts/web@${digestOf("web/1.1.0", "chart")} \\
  --version 1.1.0 \\
  --namespace web --create-namespace \\
  --values values/web.yaml --reset-values \\
  --atomic --cleanup-on-fail \\
  --timeout 5m --history-max 10 \\
  "$@"
`,
    ]);
    expect(parse(readFileSync(join(out(), "values/web.yaml"), "utf8"), { version: "1.1" })).toEqual({
      ingress: { host: "web.canfar-b.test", mode: "0755", debug: "on" },
      pod: { image: `harbor.canfar-b.test/mirror/web@${digestOf("web/1.1.0", "web")}` },
      replicaCount: 2,
    });

    const snapshot = checkout.snapshot();
    expect((await exported()).code).toBe(0);
    expect(checkout.snapshot()).toEqual(snapshot);
  });

  it("keeps a release that is to be seen crashing, and names images that no chart runs", async () => {
    checkout.edit("catalog/modules/store.yaml", "maturity: mature", "maturity: mature\natomic: false");
    expect((await exported()).code).toBe(0);
    const script = readFileSync(join(out(), "upgrade.sh"), "utf8");
    expect(script.match(/--wait|--atomic/g)).toEqual(["--wait", "--atomic"]);
  });

  it("refuses what is not blessed where the stack asks for it, and writes nothing", async () => {
    checkout.edit("catalog/trust/formality.yaml", "blessed: []", "blessed: [staging]");
    const { code, stdout } = await exported();
    expect(code).toBe(1);
    expect(stdout).toContain("store 1.0.0");
    expect(stdout).toContain("is not blessed for canfar-b");
    expect(readdirSync(checkout.root)).not.toContain("out");
  });

  it.skipIf(findTool("helm") === undefined)("gives Helm the values as they are (needs helm on PATH)", async () => {
    expect((await exported()).code).toBe(0);
    checkout.write("chart/Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.1.0\n");
    checkout.write("chart/templates/all.yaml", "values: {{ .Values | toJson | quote }}\n");
    const values = join(out(), "values/web.yaml");
    const { code, stdout } = await start("helm", ["template", "web", "chart", "--values", values], checkout.root);
    expect(code).toBe(0);
    expect(JSON.parse(parse(stdout).values)).toEqual({
      ingress: { host: "web.canfar-b.test", mode: "0755", debug: "on" },
      pod: { image: `harbor.canfar-b.test/mirror/web@${digestOf("web/1.1.0", "web")}` },
      replicaCount: 2,
    });
    expect((await start("sh", ["-n", join(out(), "upgrade.sh")], checkout.root)).code).toBe(0);
  });
});
