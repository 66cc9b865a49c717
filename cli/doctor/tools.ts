import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, join } from "node:path";
import { coerce, gte, major, satisfies } from "semver";
import { available } from "../../engine/pulumi.ts";
import { cliEnvironment, findCli, hasBackend, loginOf, type PulumiCli } from "../../engine/pulumiCli.ts";
import type { Platform } from "../../release/platform.ts";
import { type Found, ok, problem, skipped, warning } from "./report.ts";

/** The Node that runs this, and with it every program and policy. */
export function checkNode(version = process.versions.node): Found {
  const wanted = ">=24.0.0";
  if (satisfies(version, wanted)) return ok(`Node ${version}`);
  return problem(
    `Node ${version} cannot run TypeScript as it stands`,
    "run `npm ci`, and start it with `npx imprimatur`",
  );
}

/** The Pulumi CLI, against the SDK that the program uses. */
export async function checkCli(root: string, env: NodeJS.ProcessEnv): Promise<Found> {
  const cli = findCli(env);
  const sdk = packageVersion("@pulumi/pulumi");
  if (cli === undefined) {
    const next = `install Pulumi ${sdk}; \`imprimatur up\` does it where it is allowed to`;
    return warning("the Pulumi CLI is neither on the PATH nor in its home: previews are offline", next);
  }
  const { stdout } = await cli.run(["version"], { cwd: root, env: cliEnvironment(env, {}) });
  const version = coerce(stdout)?.version;
  if (version === undefined) return problem(`${cli.path} does not say which version it is`, "install it anew");
  const said = `Pulumi ${version} (SDK ${sdk})`;
  if (major(version) !== major(sdk)) return problem(said, `install Pulumi ${sdk}`);
  return gte(version, sdk) ? ok(said) : warning(`${said}: older than the SDK`, `install Pulumi ${sdk}`);
}

/** The backend that states are kept in. */
export async function checkBackend(root: string, backend: string | undefined, env: NodeJS.ProcessEnv): Promise<Found> {
  if (!hasBackend(env, backend)) {
    const next = "`pulumi login file://~` for trying out, `pulumi login s3://…` or `pulumi login` for a team";
    return warning("no backend is chosen: only dev and bleed can be applied, and previews are offline", next);
  }
  if (findCli(env) === undefined) return skipped("a backend is chosen; without the Pulumi CLI it cannot be asked");
  const state = await available(root, env);
  const where = env.PULUMI_BACKEND_URL ?? backend ?? loginOf(env) ?? "Pulumi Cloud";
  return state.available
    ? ok(`${where} answers`)
    : problem(state.reason, "`pulumi whoami -v` shows which one, `pulumi login` chooses one");
}

/** The provider plugins that the stacks need, by the SDK package that asks for each. */
const PLUGINS: readonly (readonly [name: string, needed: (platform: Platform) => boolean])[] = [
  ["kubernetes", () => true],
  [
    "aws",
    ({ settings }) =>
      settings["imprimatur:cluster"].kind === "eks" ||
      Object.values(settings["imprimatur:registries"]).some((registry) => registry.kind === "ecr"),
  ],
];

/** The provider plugins, each in the version of its package. */
export async function checkPlugins(
  root: string,
  platforms: readonly Platform[],
  env: NodeJS.ProcessEnv,
): Promise<Found> {
  const cli = findCli(env);
  if (cli === undefined) return skipped("without the Pulumi CLI no plugin is used");
  const wanted = PLUGINS.filter(([, needed]) => platforms.some(needed)).map(([name]) => ({
    name,
    version: packageVersion(`@pulumi/${name}`),
  }));
  const installed = await installedPlugins(cli, root, env);
  const missing = wanted.filter(({ name, version }) => !installed.has(`${name} ${version}`) && !isOnPath(name, env));
  if (missing.length === 0) return ok(wanted.map(({ name, version }) => `${name} ${version}`).join(", "));
  const next = missing.map(({ name, version }) => `pulumi plugin install resource ${name} ${version}`).join("; ");
  return warning(`${missing.map(({ name }) => name).join(" and ")} not installed: a live preview would fail`, next);
}

async function installedPlugins(cli: PulumiCli, root: string, env: NodeJS.ProcessEnv): Promise<ReadonlySet<string>> {
  const { code, stdout } = await cli.run(["plugin", "ls", "--json"], { cwd: root, env: cliEnvironment(env, {}) });
  if (code !== 0) return new Set();
  const plugins = JSON.parse(stdout) as { name: string; version?: string }[];
  return new Set(plugins.map(({ name, version }) => `${name} ${version}`));
}

/** Pulumi takes a plugin that is on the PATH before any other. */
function isOnPath(name: string, env: NodeJS.ProcessEnv): boolean {
  const file = `pulumi-resource-${name}`;
  return (env.PATH ?? "").split(delimiter).some((folder) => {
    try {
      return readFileSync(join(folder, file)).length > 0;
    } catch {
      return false;
    }
  });
}

/** Version of a package as it is installed for this command. */
function packageVersion(name: string): string {
  const path = createRequire(import.meta.url).resolve(`${name}/package.json`);
  return (JSON.parse(readFileSync(path, "utf8")) as { version: string }).version;
}
