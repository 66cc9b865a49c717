import { relative, resolve } from "node:path";
import type { Provider as AwsProvider } from "@pulumi/aws/provider.js";
import { getRootDirectory, type Input, log, type Output, output, type Resource } from "@pulumi/pulumi";
import { BlessedImage, type ImageBuild } from "../components/blessedImage.ts";
import { EcrRegistry } from "../components/ecrRegistry.ts";
import { OciRegistry } from "../components/ociRegistry.ts";
import { isObject, type JsonObject } from "../release/json.ts";
import type { Platform, PlatformModule } from "../release/platform.ts";
import { pulledFrom } from "../release/registries.ts";
import type { Release } from "../release/schema/manifest.ts";

type Registry = EcrRegistry | OciRegistry;

/** The registries of a stack, by name, and where it pulls a repository of the catalogue from. */
export interface Registries {
  readonly all: ReadonlyMap<string, Registry>;
  readonly pulledFrom: (repository: string) => string;
}

/**
 * Declares one registry for each that the settings name: those of AWS are made, the others are there.
 * @param first what must be there before a policy can name it
 */
export function declareRegistries(
  { stack, settings, modules, infrastructure }: Platform,
  aws: AwsProvider | undefined,
  first: Resource[],
): Registries {
  const registries = settings["imprimatur:registries"];
  const from = (repository: string) => pulledFrom(registries, repository);
  const urls = Object.values(registries).map(({ url }) => url);
  const repositories = sorted(
    [...modules.values()].flatMap(({ current, previous }) =>
      [current, previous].flatMap((release) =>
        Object.values(release?.manifest.images ?? {}).map(({ repository }) => from(repository)),
      ),
    ),
  );
  const all = Object.entries(registries).map(([name, registry]): [string, Registry] => {
    const plan = infrastructure.registries.get(name);
    if (registry.kind === "ecr" && plan !== undefined && aws !== undefined) {
      const { kind: _, pull: __, ...args } = registry;
      const { repositories, keyAlias, pull } = plan;
      const made = {
        ...args,
        repositories: [...repositories],
        keyAlias,
        pull: [...pull],
        protect: stack.class === "prod",
      };
      return [name, new EcrRegistry(name, made, { providers: [aws], dependsOn: first })];
    }
    const { url, mirrors } = registry;
    const pullSecret = registry.kind === "ecr" ? undefined : registry.pullSecret;
    const served = repositories.filter((repository) => servedBy(repository, urls) === url);
    return [name, new OciRegistry(name, { url, mirrors, pullSecret, repositories: served })];
  });
  return { all: new Map(all), pulledFrom: from };
}

/** Declares the images of a release, each below the registry that serves it. */
export function declareImages(
  { module }: PlatformModule,
  release: Release,
  { all, pulledFrom }: Registries,
  builds: Readonly<Record<string, ImageBuild>> = {},
  suffix = "",
): BlessedImage[] {
  const urls = [...all.values()].map(({ url }) => url);
  return Object.entries(release.manifest.images).map(([name, { repository, digest }]) => {
    const from = pulledFrom(repository);
    const url = servedBy(from, urls);
    const parent = [...all.values()].find((registry) => registry.url === url);
    const build = builds[name];
    if (build !== undefined) {
      log.warn(`${module.name}'s image ${name} is built from source: which bytes run is only known afterwards`);
    }
    return new BlessedImage(
      // A slash stands in no name of a module or image, so that no two images share a URN.
      `${module.name}/${name}${suffix}`,
      {
        module: module.name,
        version: release.manifest.version,
        manifestDigest: release.manifestDigest,
        channel: release.manifest.channel,
        purpose: module.purpose,
        name,
        repository,
        ...(from === repository ? {} : { pulledFrom: from }),
        ...(build === undefined ? { digest } : { build }),
      },
      parent === undefined ? {} : { parent },
    );
  });
}

/** The images of a module that a stack builds, by name. */
export function buildsOf({ stack, settings }: Platform, module: string): Readonly<Record<string, ImageBuild>> {
  // The settings have paths in the checkout. The engine works in the program's folder, and a plan is the same everywhere.
  const own = (path: string) => relative(process.cwd(), resolve(getRootDirectory(), path));
  const entries = Object.entries(settings["imprimatur:build"][module] ?? {});
  return Object.fromEntries(
    entries.map(([name, { context, dockerfile, target }]) => [
      name,
      { context: own(context), dockerfile: dockerfile && own(dockerfile), target, tag: `${stack.name}-source` },
    ]),
  );
}

/** Chart values with each image that is built in the place of the release's own. */
export function withBuilt(
  values: JsonObject,
  { module, current }: PlatformModule,
  images: readonly BlessedImage[],
): Record<string, Input<unknown>> {
  let changed: Record<string, unknown> = { ...values };
  for (const { image, ref } of images.filter(({ ref }) => typeof ref !== "string")) {
    const slot = module.images[image];
    if (slot?.path === undefined) continue;
    const digest = output(ref).apply((text) => text.slice(text.indexOf("@") + 1));
    const leaves: Record<typeof slot.form, Record<string, Output<string>> | Output<string>> = {
      ref: output(ref),
      "repo+tag": { tag: digest.apply((text) => `${current.manifest.version.replace("+", "_")}@${text}`) },
      digest: { digest },
    };
    changed = replaced(changed, slot.path.split("."), leaves[slot.form]);
  }
  return changed as Record<string, Input<unknown>>;
}

/** A tree with what stands at a path replaced; fields of an object that are not given stay. */
function replaced(tree: unknown, [key, ...rest]: readonly string[], leaf: object): Record<string, unknown> {
  const before = isObject(tree) ? tree : {};
  if (key === undefined) return { ...before, ...leaf };
  const isValue = rest.length === 0 && !isPlain(leaf);
  return { ...before, [key]: isValue ? leaf : replaced(before[key], rest, leaf) };
}

/** Outputs are objects of a class of their own. */
function isPlain(value: object): boolean {
  return Object.getPrototypeOf(value) === Object.prototype;
}

/** The registry that is closest to a repository, where one lies below another. */
function servedBy(repository: string, urls: readonly string[]): string | undefined {
  return urls
    .filter((url) => repository.startsWith(`${url}/`))
    .sort((a, b) => b.length - a.length)
    .at(0);
}

function sorted(names: readonly string[]): string[] {
  return [...new Set(names)].sort();
}
