import type { Catalogue } from "../catalogue.ts";
import type { Problem } from "../errors.ts";
import { type NameScope, nameProblem, resourceName } from "../names.ts";
import { servedFrom } from "../registries.ts";
import type { EcrSettings } from "../schema/infrastructure.ts";
import type { StackSettings } from "../schema/stack.ts";
import { type AwsPlace, ecrHost, readEcrHost } from "./place.ts";

/** A registry of AWS in the stack's own account, with every name worked out. */
export interface EcrPlan {
  readonly settings: EcrSettings;
  /** Alias of the key that encrypts its images, without `alias/`. */
  readonly keyAlias: string;
  /** Names of its repositories, sorted: one for each image of the catalogue that it serves. */
  readonly repositories: readonly string[];
  /** ARNs of who may pull. */
  readonly pull: readonly string[];
}

type Registries = StackSettings["imprimatur:registries"];

/**
 * Works out the AWS registries of a stack, by their name in the settings.
 * @param nodes ARN of whom the stack's nodes pull as
 * @throws InputError for a name that AWS would refuse
 */
export function planRegistries(
  catalogue: Catalogue,
  registries: Registries,
  scope: NameScope,
  nodes: string,
): ReadonlyMap<string, EcrPlan> {
  return new Map(
    ecrEntries(registries).map(([key, settings]) => [
      key,
      {
        settings,
        keyAlias: resourceName(scope, `${key}-images`, "kmsAlias"),
        repositories: repositoriesOf(catalogue, registries, key),
        pull: [...new Set([nodes, ...settings.pull])].sort(),
      },
    ]),
  );
}

/** What is wrong with the AWS registries of a stack. */
export function registryProblems(
  catalogue: Catalogue,
  registries: Registries,
  place: AwsPlace,
  file: string,
): Problem[] {
  const entries = ecrEntries(registries);
  const enhanced = entries.filter(([, { scan }]) => scan === "enhanced").map(([key]) => key);
  return [
    ...entries.flatMap(([key, { url }]) => {
      const at = { file, path: `config.imprimatur:registries.${key}.url`, value: url };
      const wrongPlace = placeProblem(url, place);
      if (wrongPlace !== undefined) return [{ ...at, ...wrongPlace }];
      return repositoriesOf(catalogue, registries, key).flatMap((name) => {
        const message = nameProblem(name, "ecrRepository");
        return message === undefined ? [] : [{ ...at, message, value: name }];
      });
    }),
    ...enhanced.slice(1).map((key) => ({
      file,
      path: `config.imprimatur:registries.${key}.scan`,
      message: `can be enhanced once in an account, and ${enhanced[0]} is`,
    })),
  ];
}

function ecrEntries(registries: Registries): [string, EcrSettings][] {
  return Object.entries(registries).flatMap(([key, settings]): [string, EcrSettings][] =>
    settings.kind === "ecr" ? [[key, settings]] : [],
  );
}

/** Names of the repositories that a registry has for the catalogue's images: what is behind its host. */
function repositoriesOf(catalogue: Catalogue, registries: Registries, key: string): string[] {
  const images = [...catalogue.modules.values()].flatMap((module) => Object.values(module.images));
  const names = images.flatMap((image) => {
    const served = servedFrom(registries, image.repository);
    return served?.registry === key ? [served.repository.slice(served.repository.indexOf("/") + 1)] : [];
  });
  return [...new Set(names)].sort();
}

function placeProblem(url: string, place: AwsPlace): Pick<Problem, "message" | "nearest"> | undefined {
  const [host = ""] = url.split("/");
  const nearest = `${ecrHost(place)}${url.slice(host.length)}`;
  const found = readEcrHost(host);
  if (found === undefined)
    return { message: "is no registry of AWS: <account>.dkr.ecr.<region>.amazonaws.com", nearest };
  if (found.account !== place.account) {
    return {
      message: `is in another account than the stack's, which is ${place.account}: what that one has is mirrored`,
      nearest,
    };
  }
  if (found.region === place.region) return undefined;
  return { message: `is in a region that trust does not give the stack, which is in ${place.region}`, nearest };
}
