import { rmSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { openContext } from "../../cli/context.ts";
import { appendEntry } from "../../cli/ledger/append.ts";
import { openSign } from "../../cli/signers.ts";
import { readStacks } from "../../cli/stacks.ts";
import type { CliExit } from "../../engine/pulumiCli.ts";
import { prettyJson, sha256 } from "../../release/json.ts";
import { type PinTexts, writePins } from "../../release/promote.ts";
import { Approval, PASSPHRASE } from "../cli/approval.ts";
import { Checkout, start } from "../cli/checkout.ts";
import { recordUp } from "../cli/fixtures/up.ts";
import type { ApiServer } from "./apiServer.ts";
import type { Driver, Place } from "./drivers.ts";
import type { RegistryServer } from "./registryServer.ts";

/** A release of a platform that is applied for real. */
export interface AppliedRelease {
  readonly module: string;
  readonly version: string;
  /** Templates of its chart, by name. */
  readonly templates: Readonly<Record<string, string>>;
}

/** What a platform is applied to and with. */
interface Servers {
  readonly cluster: ApiServer;
  readonly registry: RegistryServer;
  readonly driver: (place: Place) => Driver;
}

const STACK = "dev";
const PEOPLE = `people:
  operator: { name: Operator }
roles: { sre: { description: runs it, members: [{ person: operator }], may: [attest, record, operate] } }
`;

/** A platform in one stack, applied to a real API server, from charts in a real registry. */
export class AppliedPlatform extends Approval {
  readonly #registry: RegistryServer;
  readonly #driver: Driver;
  readonly #digests = new Map<string, string>();

  /**
   * @param modules module files without what all have, by name
   * @param settings of the stack, without what all have
   */
  constructor(
    { cluster, registry, driver }: Servers,
    modules: Readonly<Record<string, object>>,
    settings: object = {},
  ) {
    super({
      "catalog/trust/people.yaml": PEOPLE,
      "catalog/trust/formality.yaml": "blessed: []\nrules: []\n",
      "catalog/trust/stacks.yaml": `stacks: { ${STACK}: { class: dev } }\n`,
    });
    this.#registry = registry;
    for (const path of ["catalog/modules", "catalog/releases", "Pulumi.dev.yaml", "Pulumi.prod.yaml"]) {
      rmSync(join(this.root, path), { recursive: true });
    }
    for (const [name, module] of Object.entries(modules)) {
      const images = { [name]: { repository: `registry.test/app/${name}`, path: "image" } };
      const common = { description: name, purpose: "service", owners: ["sre"], maturity: "mature", images };
      const chart = `registry.test/charts/${name}`;
      const file = { ...common, chart, annotations: "podAnnotations", timeoutSeconds: 240, ...module };
      this.write(`catalog/modules/${name}.yaml`, JSON.stringify(file));
    }
    const registries = {
      app: { url: "registry.test/app" },
      charts: { url: `${registry.host}/charts`, mirrors: "registry.test/charts" },
    };
    const config = { "imprimatur:cluster": { context: "dev" }, "imprimatur:registries": registries, ...settings };
    this.write("Pulumi.dev.yaml", stringify({ config: { ...config, "imprimatur:modules": {} } }));
    this.withKeys("operator").withProgram();
    const env = { ...this.#helmFolders(), KUBECONFIG: cluster.kubeconfig };
    this.#driver = driver({ root: this.root, stack: STACK, env });
  }

  /** Pushes the chart of a release, and writes its manifest. */
  async release({ module, version, templates }: AppliedRelease): Promise<void> {
    const source = new Checkout({
      "Chart.yaml": JSON.stringify({ apiVersion: "v2", name: module, version }),
      ...Object.fromEntries(Object.entries(templates).map(([name, text]) => [`templates/${name}.yaml`, text])),
    });
    await this.#helm("package", source.root);
    source.remove();
    const pushed = await this.#helm(
      "push",
      `${module}-${version}.tgz`,
      `oci://${this.#registry.host}/charts`,
      "--plain-http",
    );
    const digest = /Digest: (sha256:[0-9a-f]{64})/.exec(pushed.stdout + pushed.stderr)?.[1] ?? "";
    const image = { repository: `registry.test/app/${module}`, digest: `sha256:${sha256(`${module} ${version}`)}` };
    const text = prettyJson({
      module,
      version,
      channel: "stable",
      commit: "a".repeat(40),
      appVersion: version,
      chart: { repository: `registry.test/charts/${module}`, version, digest },
      images: { [module]: image },
    });
    this.write(`catalog/releases/${module}/${version}.json`, text);
    this.#digests.set(`${module} ${version}`, `sha256:${sha256(text)}`);
  }

  /** For how many seconds the engine waits until a release of a module is ready. */
  patience(module: string, seconds: number): void {
    const path = `catalog/modules/${module}.yaml`;
    this.write(path, JSON.stringify({ ...JSON.parse(this.read(path)), timeoutSeconds: seconds }));
  }

  /** Pins releases of a module: the current one, and the one before. */
  pin(module: string, ...versions: readonly string[]): void {
    const pins = versions.map((each) => `${each}@${this.#digests.get(`${module} ${each}`)}`);
    const text = this.read("Pulumi.dev.yaml");
    this.write("Pulumi.dev.yaml", writePins(text, module, pins as unknown as PinTexts, "Pulumi.dev.yaml"));
  }

  /** What runs in the cluster's stack from now on, as `up` records it. */
  async ran(module: string, version: string): Promise<void> {
    const sign = await openSign({ key: this.key("operator") }, { IMPRIMATUR_PASSPHRASE: PASSPHRASE });
    const to = this.#digests.get(`${module} ${version}`) ?? "";
    const change = { module, version, from: null, to, blessing: null };
    const facts = { changes: [change], outcome: "succeeded" as const, planDigest: sha256(version), durationSeconds: 1 };
    await appendEntry(openContext({ directory: this.root }), sign, STACK, facts);
  }

  /** The stack as it is pinned now, canaries and all, as `up` records it. */
  async recorded(): Promise<void> {
    const sign = await openSign({ key: this.key("operator") }, { IMPRIMATUR_PASSPHRASE: PASSPHRASE });
    await recordUp(this.root, STACK, sign);
  }

  /** The names of a module's slots, as the stack is pinned now. */
  slots(module: string): string[] {
    const [read] = readStacks(openContext({ directory: this.root }), [STACK], []);
    return (read?.platform.modules.get(module)?.slots ?? []).map(({ name }) => name);
  }

  /** Makes the stack. */
  async opened(): Promise<void> {
    onFailure(await this.#driver.open());
  }

  up(): Promise<CliExit> {
    return this.#driver.up();
  }

  /** Applies the stack. Throws where that fails, with what was said. */
  async applied(): Promise<void> {
    onFailure(await this.up());
  }

  /** Throws where the cluster differs from what the stack wants. */
  async unchanged(): Promise<void> {
    onFailure(await this.#driver.unchanged());
  }

  /** Runs a verb as who operates the stack. Throws where it fails. Returns what it prints. */
  async operate(...args: readonly string[]): Promise<string> {
    const exit = await this.verb([...args, "--stack", STACK], "operator");
    return onFailure(exit).stdout;
  }

  async #helm(...args: readonly string[]) {
    return onFailure(await start("helm", args, this.root, this.#helmFolders()));
  }

  /** What Helm keeps for a user is the test's own here. */
  #helmFolders(): Record<string, string> {
    const kinds = ["CACHE", "CONFIG", "DATA"];
    return Object.fromEntries(kinds.map((kind) => [`HELM_${kind}_HOME`, join(this.root, ".helm", kind)]));
  }
}

function onFailure(exit: CliExit): CliExit {
  if (exit.code !== 0) throw new Error(`it failed with ${exit.code}:\n${exit.stdout}\n${exit.stderr}`);
  return exit;
}
