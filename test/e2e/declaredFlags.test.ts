import { cpSync, mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { Unleash } from "../../clients/unleash.ts";
import { cliEnvironment, findCli } from "../../engine/pulumiCli.ts";
import { Checkout } from "../cli/checkout.ts";
import { missingTools } from "./tools.ts";
import { UnleashServer } from "./unleashServer.ts";

const PROJECT = join(import.meta.dirname, "../..");
const FLAG = "rules-canary";
const LIVE = "FEATURE_LIVE";

const started = missingTools("pulumi") ?? (await UnleashServer.start());
const server = started as UnleashServer;

describe.skipIf(typeof started === "string")(
  `flags on the real engine${typeof started === "string" ? `: ${started}` : ""}`,
  () => {
    let checkout: Checkout;
    let unleash: Unleash;
    beforeAll(() => {
      unleash = new Unleash(server.place);
    });
    afterAll(() => server.stop());
    beforeEach(async () => {
      checkout = new Checkout({
        "Pulumi.yaml":
          "name: flags\nruntime: { name: nodejs, options: { typescript: false } }\nmain: stacks/index.ts\n",
      });
      for (const room of ["clients", "components", "release"])
        cpSync(join(PROJECT, room), join(checkout.root, room), { recursive: true });
      cpSync(join(PROJECT, "package.json"), join(checkout.root, "package.json"));
      symlinkSync(join(PROJECT, "node_modules"), join(checkout.root, "node_modules"));
      mkdirSync(join(checkout.root, ".state"));
      canary({});
      await pulumi("stack", "init", "prod");
    });

    /** Writes a program of one canary. */
    function canary(changes: object): void {
      const { url, project, environment } = server.place;
      const flag = {
        url,
        project,
        environment,
        flag: FLAG,
        description: "",
        ladder: [5, 25],
        stickiness: "clusterId",
        constraints: [],
        ...changes,
      };
      const release = { version: "1.0.0", manifestDigest: "sha256:0" };
      const args = { module: "rules", stable: release, ladder: flag.ladder, flag };
      program("CanaryRelease", "canaryRelease", args);
    }

    /** Writes a program of one live flag. */
    function liveFlag(changes: object): void {
      const { url, project, environment } = server.place;
      program("LiveFlag", "liveFlag", { url, project, environment, flag: LIVE, description: "A page", ...changes });
    }

    function program(component: string, file: string, args: object): void {
      const text = `import { ${component} } from "../components/${file}.ts";\nnew ${component}("rules", ${JSON.stringify(args)});\n`;
      checkout.write("stacks/index.ts", text);
    }

    async function pulumi(...args: readonly string[]): Promise<string> {
      const env = cliEnvironment(process.env, {
        PULUMI_HOME: join(checkout.root, ".home"),
        PULUMI_BACKEND_URL: `file://${join(checkout.root, ".state")}`,
        PULUMI_CONFIG_PASSPHRASE: "a passphrase",
        UNLEASH_TOKEN: server.place.token,
      });
      const exit = await findCli(env)?.run(args, { cwd: checkout.root, env });
      expect(exit).toMatchObject({ code: 0 });
      return exit?.stdout ?? "";
    }
    const up = (...more: string[]) => pulumi("up", "--yes", "--skip-preview", ...more);
    const rollouts = async () => (await unleash.flag(FLAG))?.rollouts;

    it("of a canary is made for nobody, keeps the population through updates, and goes with the stack", {
      timeout: 600_000,
    }, async () => {
      await pulumi("preview");
      expect(await unleash.flag(FLAG)).toBeUndefined();
      await up();
      const made = { percentage: 0, stickiness: "clusterId", constraints: [] };
      expect(await unleash.flag(FLAG)).toMatchObject({ enabled: true, rollouts: [made] });

      await unleash.setRollout(FLAG, { ...made, percentage: 25 });
      await up("--expect-no-changes");
      // Other clients, and a ladder without that rung: the population falls to the one below.
      const constraints = [{ field: "clusterId", operator: "NOT_IN" as const, values: ["a"] }];
      canary({ constraints, ladder: [10, 50] });
      await up();
      expect(await rollouts()).toEqual([{ percentage: 10, stickiness: "clusterId", constraints }]);

      const state = await pulumi("stack", "export");
      expect(state).toContain(FLAG);
      expect(state).not.toContain(server.place.token);
      await pulumi("destroy", "--yes", "--skip-preview");
      expect(await unleash.flag(FLAG)).toBeUndefined();
      checkout.remove();
    });

    it("that is live is made off, keeps what it is switched to, and goes with its declaration", {
      timeout: 600_000,
    }, async () => {
      liveFlag({});
      await pulumi("preview");
      expect(await unleash.flag(LIVE)).toBeUndefined();
      await up();
      expect(await unleash.flag(LIVE)).toMatchObject({ enabled: false, description: "A page" });

      const some = { percentage: 25, stickiness: "default", constraints: [] };
      await unleash.setRollout(LIVE, some);
      await unleash.switchFlag(LIVE, true);
      await up("--expect-no-changes");
      liveFlag({ description: "The page" });
      await up();
      expect(await unleash.flag(LIVE)).toMatchObject({ enabled: true, rollouts: [some], description: "The page" });

      // Of another environment it is another one, and off.
      liveFlag({ environment: "development" });
      await up();
      const elsewhere = new Unleash({ ...server.place, environment: "development" });
      expect(await elsewhere.flag(LIVE)).toMatchObject({ enabled: false, description: "A page" });
      expect(await pulumi("stack", "export")).not.toContain(server.place.token);
      checkout.write("stacks/index.ts", "");
      await up();
      expect(await unleash.flag(LIVE)).toBeUndefined();
      checkout.remove();
    });
  },
);
