import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { PEOPLE_FILE } from "../../cli/approve/people.ts";
import { openContext } from "../../cli/context.ts";
import { checkClock } from "../../cli/doctor/clock.ts";
import { DoctorReport } from "../../cli/doctor/report.ts";
import { checkOwners } from "../../cli/doctor/repository.ts";
import { checkNode } from "../../cli/doctor/tools.ts";
import { Approval, referencePlatform } from "./approval.ts";
import { start } from "./checkout.ts";

vi.setConfig({ testTimeout: 60_000 });

/** Runs the command with nothing but what a test gives it: no CLI, no login, no credentials. */
async function examine(checkout: Approval, env: NodeJS.ProcessEnv = {}, ...args: string[]) {
  const own = {
    PATH: "/usr/bin:/bin",
    HOME: checkout.root,
    PULUMI_HOME: join(checkout.root, ".pulumi"),
    AWS_EC2_METADATA_DISABLED: "true",
    KUBECONFIG: join(checkout.root, "kubeconfig"),
    IMPRIMATUR_KEY: "",
  };
  const command = join(import.meta.dirname, "../../cli/main.ts");
  const { code, stdout } = await start(process.execPath, [command, "doctor", "--json", ...args], checkout.root, {
    ...own,
    ...env,
  });
  const { checks } = DoctorReport.parse(JSON.parse(stdout));
  const of = (name: string) =>
    checks.filter(({ check, stack }) => `${check}${stack === undefined ? "" : ` ${stack}`}` === name);
  return { code, checks, of };
}

function platform(): Approval {
  const checkout = new Approval().withKeys("lead");
  writeFileSync(join(checkout.root, ".gitignore"), ".keys/\n");
  // Pulumi.yaml names a program.
  mkdirSync(join(checkout.root, "stacks"));
  writeFileSync(join(checkout.root, "stacks/index.ts"), "");
  return checkout;
}

/** A server of loopback; gives its URL. */
async function serve(date: string | undefined, json?: object): Promise<string> {
  const server = createServer((_, response) => {
    response.sendDate = false;
    if (date !== undefined) response.setHeader("date", date);
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(json ?? {}));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe("doctor", () => {
  it("says what to do for everything that is not as it should be", async () => {
    const checkout = platform();
    await checkout.git("init", "--quiet", "--initial-branch", "main");
    const { code, checks } = await examine(checkout);
    expect(code).toBe(1);
    expect(checks.filter(({ state, next }) => (state === "problem" || state === "warning") && !next)).toEqual([]);
    expect(checks.filter(({ state }) => state === "problem").map(({ check }) => check)).toEqual(["owners"]);
    expect(new Set(checks.map(({ check }) => check))).toEqual(
      new Set([
        "settings",
        "node",
        "pulumi",
        "plugins",
        "backend",
        "clock",
        "history",
        "owners",
        "keys",
        "trust",
        "aws",
        "cluster",
        "tokens",
      ]),
    );
  });

  it("ends with 0 where there are warnings alone", async () => {
    const checkout = platform();
    checkout.write(".github/CODEOWNERS", "* @some/team\n");
    await checkout.git("init", "--quiet", "--initial-branch", "main");
    expect((await examine(checkout)).code).toBe(0);
  });

  it("looks at the stacks that it is asked for, and names the nearest of one that is not there", async () => {
    const { checks } = await examine(platform(), {}, "prod");
    expect(new Set(checks.flatMap(({ stack }) => stack ?? []))).toEqual(new Set(["prod"]));
    const { code, stderr } = await platform().verb(["doctor", "prd"]);
    expect(code).toBe(2);
    expect(stderr).toContain('did you mean "prod"?');
  });

  it("finds keys that others can read or git would take", async () => {
    const checkout = platform();
    await checkout.git("init", "--quiet", "--initial-branch", "main");
    const keys = join(checkout.root, ".keys");
    mkdirSync(keys);
    for (const name of ["own.pem", "open.pem"]) writeFileSync(join(keys, name), "x", { mode: 0o600 });
    chmodSync(join(keys, "open.pem"), 0o644);
    const stray = join(checkout.root, "stray.pem");
    writeFileSync(stray, "x", { mode: 0o600 });
    const { of } = await examine(checkout, { IMPRIMATUR_KEY: stray });
    expect(of("keys").map(({ state, message }) => `${state}: ${message}`)).toEqual([
      "problem: IMPRIMATUR_KEY is where git would take it into a commit",
      "problem: .keys/open.pem can be read by others (mode 644)",
      "ok: .keys/own.pem can be read by its owner alone",
    ]);
    const gone = await examine(checkout, { IMPRIMATUR_KEY: "/nowhere/key.pem" });
    expect(gone.of("keys")[0]?.message).toBe("IMPRIMATUR_KEY names a file that is not there");
  });

  it("compares the cluster with the one that trust names", async () => {
    const uid = "5d1c7f0e-6a0e-4c55-9d4b-0a8c2f1e7b11";
    const server = await serve(undefined, {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: "kube-system", uid },
    });
    const checkout = platform();
    checkout.write("kubeconfig", JSON.stringify(kubeconfig(server)));
    expect((await examine(checkout)).of("cluster prod")).toMatchObject([
      { state: "warning", next: expect.stringContaining(`to ${uid}`) },
    ]);
    checkout.edit("catalog/trust/stacks.yaml", "class: prod", `class: prod, clusterUid: ${uid}`);
    expect((await examine(checkout)).of("cluster prod")).toMatchObject([{ state: "ok" }]);
    checkout.edit("catalog/trust/stacks.yaml", uid, uid.replace("5d", "6d"));
    const { code, of } = await examine(checkout, {}, "prod");
    expect({ code, found: of("cluster prod") }).toMatchObject({ code: 1, found: [{ state: "problem" }] });
  });

  it("finds what trust lacks", async () => {
    const checkout = platform();
    const people = checkout.read(PEOPLE_FILE);
    const messages = async () =>
      (await examine(checkout)).of("trust").map(({ state, message }) => `${state}: ${message}`);
    expect(await messages()).toEqual(["ok: 7 people, 5 roles"]);
    checkout.write(
      PEOPLE_FILE,
      people.replace("may: [cut, attest, record]", "may: [cut, attest, bless]").replace("block, waive]", "block]"),
    );
    expect(await messages()).toEqual([
      "ok: 7 people, 5 roles",
      "warning: nobody may record: no update gets into the ledger",
      "warning: fewer than two people may waive, and a waiver takes two",
      "warning: pipeline may both cut and bless: who makes a release should not be who lets it in",
    ]);
    checkout.write(PEOPLE_FILE, people.replaceAll("bless, ", ""));
    expect(await messages()).toContain("problem: nobody may bless");
    checkout.edit("catalog/trust/stacks.yaml", "stacks:", "judgedAt: 2026-08-06T22:00:00Z\nstacks:");
    expect((await messages()).join()).toContain("everything is judged as of 2026-08-06T22:00:00.000Z");
    checkout.write(PEOPLE_FILE, "people: [");
    const broken = await examine(checkout);
    expect(broken.code).toBe(1);
    expect(broken.of("trust")).toMatchObject([{ state: "problem", message: expect.stringContaining(PEOPLE_FILE) }]);
  });

  it("finds what has no owner, and a later line that takes the owner away", () => {
    const checkout = platform();
    const owners = (text: string) => {
      checkout.write(".github/CODEOWNERS", text);
      const { state, message } = checkOwners(openContext({ directory: checkout.root }));
      return `${state}: ${message}`;
    };
    expect(owners("* @some/team\n/catalog/trust/\n")).toBe(
      "problem: .github/CODEOWNERS names nobody for catalog/trust",
    );
    // Everything below a folder, one file, and files by their kind alone.
    expect(owners("* @some/team\n/catalog/\n")).toBe("problem: .github/CODEOWNERS names nobody for catalog/trust");
    expect(owners("* @some/team\n/catalog/trust/people.yaml\n")).toBe(
      "problem: .github/CODEOWNERS names nobody for catalog/trust/people.yaml",
    );
    expect(owners("* @some/team\n/catalog/\n/catalog/trust/ @some/team\n")).toBe(
      "ok: .github/CODEOWNERS names somebody for everything that decides",
    );
    for (const folder of ["registry", "clients", ".ci"]) checkout.write(`${folder}/any.ts`, "");
    checkout.write("clients/deep/er.yaml", "");
    expect(owners("* @some/team\n*.ts\n")).toBe(
      "problem: .github/CODEOWNERS names nobody for registry, clients/any.ts, stacks, .ci",
    );
    expect(owners("* @some/team\n/clients/**\n")).toBe("problem: .github/CODEOWNERS names nobody for clients");
    expect(owners("# nobody\n* @example-organization/platform\n")).toBe(
      "warning: .github/CODEOWNERS still names the template's teams",
    );
    expect(owners("* @some/team # all\n")).toBe("ok: .github/CODEOWNERS names somebody for everything that decides");
  });
});

describe("the tokens", () => {
  it("of Unleash and of the chat are looked for where an update talks to them", async () => {
    const checkout = platform();
    const tokens = async (env: NodeJS.ProcessEnv = {}) =>
      (await examine(checkout, env, "prod")).of("tokens prod").map(({ state, message }) => `${state}: ${message}`);
    expect(await tokens()).toEqual(["skipped: an update talks to no server that asks for a token"]);
    checkout.write("catalog/trust/chat.yaml", 'channel: "#all"\nstacks: { prod: "#production" }\n');
    expect(await tokens()).toEqual([
      "warning: there is no SLACK_BOT_TOKEN: what is applied is told on the terminal, and not in #production",
    ]);
    expect(await tokens({ SLACK_BOT_TOKEN: "xoxb" })).toEqual(["ok: SLACK_BOT_TOKEN is there, for #production"]);
    checkout.write("catalog/trust/chat.yaml", "channel: nowhere\n");
    expect((await examine(checkout)).of("trust")).toMatchObject([
      { state: "problem", message: expect.stringContaining("catalog/trust/chat.yaml channel: ") },
    ]);
  });

  it("of the reference platform are those of its canary's flag and of its channel", async () => {
    const checkout = referencePlatform();
    checkout.write("Pulumi.yaml", platform().read("Pulumi.yaml"));
    checkout.write("stacks/index.ts", "");
    checkout.write("Pulumi.prod-gate.yaml", "config: { imprimatur:cluster: { context: prod } }\n");
    const { of } = await examine(checkout, {}, "dev", "prod", "prod-gate");
    const found = (stack: string) => of(`tokens ${stack}`).map(({ message }) => message.split(":")[0]);
    expect(found("prod")).toEqual(["there is no UNLEASH_TOKEN", "there is no SLACK_BOT_TOKEN"]);
    expect(found("dev")).toEqual(["there is no SLACK_BOT_TOKEN"]);
    expect(found("prod-gate")).toEqual(["there is no SLACK_BOT_TOKEN"]);
  });
});

describe("the clock", () => {
  const at = Date.parse("2026-08-06T12:00:00Z");
  it.each([
    ["2026-08-06T12:00:02Z", "ok"],
    ["2026-08-06T11:58:00Z", "warning"],
    ["2026-08-06T12:09:00Z", "problem"],
  ])("is compared with that of the origin: %s is %s", async (said, state) => {
    const url = await serve(new Date(said).toUTCString());
    expect((await checkClock(`${url}/example/platform.git`, () => at)).state).toBe(state);
  });

  it("is not looked at where nothing could tell", async () => {
    expect((await checkClock(undefined)).state).toBe("skipped");
    expect((await checkClock("git@github.test:example/platform.git")).state).toBe("skipped");
    expect((await checkClock("http://127.0.0.1:9/x.git")).state).toBe("skipped");
    expect((await checkClock(await serve(undefined))).state).toBe("skipped");
  });
});

it("a Node that cannot run TypeScript is a problem", () => {
  expect(checkNode("22.11.0").state).toBe("problem");
  expect(checkNode("24.0.0").state).toBe("ok");
});

function kubeconfig(server: string) {
  const contexts = ["dev", "prod"].map((name) => ({ name, context: { cluster: "some", user: "some" } }));
  return {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "some", cluster: { server, "insecure-skip-tls-verify": true } }],
    users: [{ name: "some", user: { token: "none" } }],
    contexts,
    "current-context": "dev",
  };
}
