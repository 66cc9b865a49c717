import { execFile } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { prettyJson, sha256 } from "../../release/json.ts";

const PROJECT = join(import.meta.dirname, "../..");
/** What `npx imprimatur` starts. */
export const COMMAND = join(PROJECT, "cli/main.ts");
/** What a checkout needs for its program and policies to run. */
const ROOMS = ["stacks", "components", "policies", "release", "store"];

/** What a run of the command ended with. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A small platform in a directory of its own: two modules, `store` and `web` which depends on it, in `dev` and `prod`. */
export class Checkout {
  readonly root = mkdtempSync(join(tmpdir(), "imprimatur-checkout-"));

  /** @param files by path; the small platform by default */
  constructor(files: Readonly<Record<string, string>> = platformFiles()) {
    for (const [path, text] of Object.entries(files)) this.write(path, text);
  }

  /** Adds this project's own program and policies, so that stacks can be previewed. */
  withProgram(): this {
    for (const room of ROOMS) cpSync(join(PROJECT, room), join(this.root, room), { recursive: true });
    cpSync(join(PROJECT, "package.json"), join(this.root, "package.json"));
    symlinkSync(join(PROJECT, "node_modules"), join(this.root, "node_modules"));
    return this;
  }

  write(path: string, text: string): void {
    mkdirSync(dirname(join(this.root, path)), { recursive: true });
    writeFileSync(join(this.root, path), text);
  }

  read(path: string): string {
    return readFileSync(join(this.root, path), "utf8");
  }

  edit(path: string, from: string, to: string): void {
    const text = this.read(path);
    if (!text.includes(from)) throw new Error(`${path} has no ${from}`);
    this.write(path, text.replace(from, to));
  }

  /** Every file with its content, to show that nothing was written. */
  snapshot(): Record<string, string> {
    const files = readdirSync(this.root, { recursive: true, encoding: "utf8" }).filter(
      (path) => !path.startsWith("node_modules") && statSync(join(this.root, path)).isFile(),
    );
    return Object.fromEntries(files.sort().map((path) => [path, this.read(path)]));
  }

  git(...args: string[]): Promise<Outcome> {
    const identity = ["-c", "user.name=Test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false"];
    return start("git", [...identity, ...args], this.root);
  }

  /** Runs the command in this checkout, as a user does. */
  run(...args: string[]): Promise<Outcome> {
    return start(process.execPath, [COMMAND, ...args], this.root);
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** Runs a command to its end. It is given no terminal and no CI, and finds the same programs as this process. */
export function start(
  command: string,
  args: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv = {},
): Promise<Outcome> {
  const { CI: _, NO_COLOR: __, ...inherited } = process.env;
  return new Promise((resolve, reject) => {
    execFile(
      command,
      args,
      { cwd, env: { ...inherited, ...env }, maxBuffer: 64 * 1024 * 1024 },
      (error, stdout, stderr) => {
        const code = error === null ? 0 : error.code;
        if (typeof code === "number") resolve({ code, stdout, stderr });
        else reject(error);
      },
    );
  });
}

/** `1.0.0@sha256:…`, as a stack file pins it. */
export function pin(module: string, version: string, channel = "stable"): string {
  return `${version}@${digest(manifest(module, version, channel))}`;
}

function digest(text: string): string {
  return `sha256:${sha256(text)}`;
}

function manifest(module: string, version: string, channel: string): string {
  return prettyJson({
    module,
    version,
    channel,
    commit: sha256(`${module}${version}`).slice(0, 40),
    appVersion: version,
    chart: { repository: `registry.test/charts/${module}`, version, digest: digest(`chart ${module} ${version}`) },
    images: { [module]: { repository: `registry.test/app/${module}`, digest: digest(`image ${module} ${version}`) } },
  });
}

function module(name: string, more = ""): string {
  return `description: the ${name} of a small platform
purpose: service
owners: [team]
maturity: mature
chart: registry.test/charts/${name}
images:
  ${name}: { repository: registry.test/app/${name}, path: pod.image }
${more}`;
}

function stackFile(context: string, modules: Record<string, string>): string {
  const pins = Object.entries(modules).map(([name, text]) => `    ${name}: ${text}\n`);
  return `config:
  imprimatur:cluster: { context: ${context} }
  imprimatur:registries:
    app: { url: registry.test/app }
  imprimatur:modules:
${pins.join("")}`;
}

/** The files of the small platform, by path. */
export function platformFiles(): Record<string, string> {
  const floors = "{ bleed: experimental, dev: experimental, staging: beta, prod: stable }";
  return {
    "Pulumi.yaml": readFileSync(join(PROJECT, "Pulumi.yaml"), "utf8"),
    "Pulumi.dev.yaml": stackFile("dev", { web: "edge", store: `[${pin("store", "1.0.0")}]` }),
    "Pulumi.prod.yaml": stackFile("prod", { web: `[${pin("web", "1.0.0")}]`, store: `[${pin("store", "1.0.0")}]` }),
    "catalog/trust/stacks.yaml": "stacks:\n  dev: { class: dev }\n  prod: { class: prod, gate: { mode: enforce } }\n",
    // Nothing needs a blessing here: what is not signed for is judged elsewhere.
    "catalog/trust/formality.yaml": "blessed: []\nrules: []\n",
    "catalog/trust/people.yaml":
      "people: { somebody: { name: Somebody } }\nroles: { team: { description: owns it, members: [{ person: somebody }] } }\n",
    "catalog/trust/channels.yaml": `service: ${floors}\noffered: ${floors}\n`,
    "catalog/modules/web.yaml": module("web", 'dependsOn:\n  store: ">=1.0.0"\n'),
    "catalog/modules/store.yaml": module("store"),
    "catalog/releases/web/1.0.0.json": manifest("web", "1.0.0", "stable"),
    "catalog/releases/web/1.1.0.json": manifest("web", "1.1.0", "stable"),
    "catalog/releases/web/1.2.0-edge.1.json": manifest("web", "1.2.0-edge.1", "edge"),
    "catalog/releases/store/1.0.0.json": manifest("store", "1.0.0", "stable"),
  };
}
