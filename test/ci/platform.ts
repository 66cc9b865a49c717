import { rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { openContext } from "../../cli/context.ts";
import { appendEntry } from "../../cli/ledger/append.ts";
import { openSign } from "../../cli/signers.ts";
import { prettyJson, sha256 } from "../../release/json.ts";
import { Approval, PASSPHRASE } from "../cli/approval.ts";
import { start } from "../cli/checkout.ts";
import { copyProject, Forge } from "./forge.ts";
import { PROJECT } from "./workflow.ts";

const stackFile = `config:
  imprimatur:cluster: { context: some }
  imprimatur:registries: { app: { url: registry.test/app } }
  imprimatur:modules: {}
`;

/** The manifest of a release of one image. */
export const manifestText = (module: string, version: string) =>
  prettyJson({
    module,
    version,
    channel: "stable",
    commit: sha256(version).slice(0, 40),
    appVersion: version,
    images: { [module]: { repository: `registry.test/app/${module}`, digest: `sha256:${sha256(`image ${version}`)}` } },
  });

/** A module of one image. */
export const moduleText = (name: string) =>
  `description: a module\npurpose: service\nowners: [lead]\nmaturity: mature\nimages: { ${name}: { repository: registry.test/app/${name} } }\n`;

/** One module of one image, in two stacks that run nothing yet. */
const FILES = {
  "Pulumi.dev.yaml": stackFile,
  "Pulumi.prod.yaml": stackFile,
  "catalog/modules/web.yaml": moduleText("web"),
  "catalog/releases/web/1.0.0.json": manifestText("web", "1.0.0"),
  "catalog/releases/web/1.1.0.json": manifestText("web", "1.1.0"),
};
const NOT_THERE = ["catalog/modules/store.yaml", "catalog/releases/store", "catalog/releases/web/1.2.0-edge.1.json"];

/**
 * A small platform with this project's own code, on the protected branch of a forge. Its web 1.1.0 is cut and tested, and
 * nobody has voted for it yet.
 */
export class ForgedPlatform extends Approval {
  readonly forge = new Forge();

  /** @param prepare what else is on the protected branch */
  static async start(prepare: (platform: ForgedPlatform) => Promise<unknown> = async () => undefined) {
    const platform = new ForgedPlatform(FILES);
    copyProject(platform.root, ["catalog", "plans", "Pulumi.dev.yaml", "Pulumi.staging.yaml", "Pulumi.prod.yaml"]);
    for (const path of NOT_THERE) rmSync(join(platform.root, path), { recursive: true });
    symlinkSync(join(PROJECT, "node_modules"), join(platform.root, "node_modules"));
    await platform.withTestedRelease();
    await prepare(platform);
    await platform.plan();
    await platform.forge.publish(platform.root);
    return platform;
  }

  /** Runs the checkout's own command, as it stands there. */
  own(...args: string[]) {
    return start(process.execPath, ["cli/main.ts", ...args], this.root, { IMPRIMATUR_PASSPHRASE: PASSPHRASE });
  }

  /** Renews the committed plans with this project's command, whatever the checkout has made of its own. */
  async plan(): Promise<void> {
    const command = [join(PROJECT, "cli/main.ts"), "plan", "--write", "--engine", "offline"];
    const { code, stderr } = await start(process.execPath, command, this.root);
    if (code !== 0) throw new Error(stderr);
  }

  /** Every vote, and the blessing. */
  async bless(): Promise<void> {
    await this.vote("lead", "module-lead");
    await this.vote("tester", "qa");
    const { code, stdout } = await this.verb(["bless", "web", "1.1.0", "--for", "prod"], "manager");
    if (code !== 0) throw new Error(stdout);
  }

  /** Pushes an entry to the ledger of a stack, as an update of a commit leaves it. */
  async applied(stack: string, commit: string, outcome: "succeeded" | "failed" = "succeeded"): Promise<void> {
    const sign = await openSign({ key: this.key("pipeline") }, { IMPRIMATUR_PASSPHRASE: PASSPHRASE });
    const facts = { changes: [], outcome, planDigest: sha256(commit), commit, durationSeconds: 1 };
    await appendEntry(openContext({ directory: this.root }), sign, stack, facts);
    const { code, stderr } = await this.own("ledger", "push");
    if (code !== 0) throw new Error(stderr);
  }

  /** Pins web 1.1.0 by hand, with the plan that goes with it. */
  async pin(stack: string): Promise<void> {
    const pin = `1.1.0@${this.manifestDigest("web", "1.1.0")}`;
    this.edit(`Pulumi.${stack}.yaml`, "modules: {}", `modules: { web: [${pin}] }`);
    await this.plan();
  }
}
