import { existsSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { Catalogue } from "../release/catalogue.ts";
import { nearestHint, refuseInput } from "../release/errors.ts";
import { type Files, unionFiles } from "../release/files.ts";
import { STACKS_FILE } from "../release/trust.ts";
import { workingTree } from "./files.ts";
import { openRepository } from "./git.ts";
import { withLedgerBranch } from "./ledgerBranch.ts";

/** Whose word counts where a checkout may not decide by itself: that of a pull request, for instance. */
export interface AgainstOptions {
  /** Git ref of the protected branch: trust comes from there, and records that it has cannot be taken away. */
  readonly against?: string | undefined;
  /** Another checkout that trust comes from; it wins over `against`. */
  readonly trust?: string | undefined;
}

/** A checkout, and what it is judged by. */
export interface Checkout {
  /**
   * The working tree, with the entries that only the ledger's own branch has; with `against`, records that only the
   * protected branch has are there as well.
   */
  readonly files: Files;
  readonly catalogue: Catalogue;
  /** Where catalog/trust is taken from. */
  readonly trust: Files;
  /** The files of the protected branch, where it was given. */
  readonly against?: Files;
}

/** What nothing is taken away from: a record that the protected branch has counts, whoever deletes or changes it. */
const APPEND_ONLY = [
  "catalog/evidence",
  "catalog/ledger",
  "catalog/waivers",
  "catalog/gonogo",
  "catalog/calendar",
  "catalog/line",
  "catalog/actions",
];

/** The environment variables by which a preview tells the program and the policy pack how to judge. */
const VARIABLES = { against: "IMPRIMATUR_AGAINST", trust: "IMPRIMATUR_TRUST", at: "IMPRIMATUR_AT" } as const;

/** The environment variable that says of a preview: the update follows at once, judge as that will be judged. */
export const UPDATE_FOLLOWS = "IMPRIMATUR_UPDATE";

/** How to judge, as environment variables. `at` is an instant, RFC 3339. */
export function judgingEnvironment(
  options: AgainstOptions & { readonly at?: string | undefined },
): Record<string, string> {
  const { against, at } = options;
  const trust = options.trust === undefined ? undefined : resolve(options.trust);
  const named = Object.entries({ against, trust, at }).filter(([, value]) => value !== undefined);
  return Object.fromEntries(named.map(([key, value]) => [VARIABLES[key as keyof typeof VARIABLES], value ?? ""]));
}

/** Opens the checkout at a root as {@link judgingEnvironment} asks. An update takes nobody's word for whom to trust. */
export function openJudgedCheckout(root: string, preview: boolean, env: NodeJS.ProcessEnv): Checkout {
  return openCheckout(root, preview ? { against: env[VARIABLES.against], trust: env[VARIABLES.trust] } : {});
}

/**
 * The instant to judge at: a preview may be judged for another one, a reference platform has its own, and an update of
 * anything else is judged now.
 */
export function judgedInstant(catalogue: Catalogue, preview: boolean, env: NodeJS.ProcessEnv): Date {
  const asked = preview ? env[VARIABLES.at] : undefined;
  return asked === undefined ? (catalogue.judgedAt ?? new Date()) : new Date(asked);
}

/**
 * Opens the checkout at a root.
 * @throws InputError where the protected branch or the other checkout cannot be read
 */
export function openCheckout(root: string, { against: ref, trust: trustRoot }: AgainstOptions = {}): Checkout {
  const tree = workingTree(root);
  const against = ref === undefined ? undefined : filesAt(root, ref);
  // The ledger's branch has the last word on a place: an entry that was made in a taken one may be on the protected branch.
  const files = withLedgerBranch(root, against === undefined ? tree : unionFiles(tree, against, APPEND_ONLY));
  const trust = trustRoot === undefined ? against : trustOf(workingTreeAt(trustRoot), "--trust", trustRoot);
  return {
    files,
    catalogue: trust === undefined ? new Catalogue(files) : new Catalogue(files, trust),
    trust: trust ?? files,
    ...(against === undefined ? {} : { against }),
  };
}

/** The root of the checkout that a directory belongs to: the folder of `Pulumi.yaml` and `catalog/`. */
export function findRoot(directory: string): string | undefined {
  const isRoot = existsSync(join(directory, "Pulumi.yaml")) && isDirectory(join(directory, "catalog"));
  if (isRoot) return directory;
  const above = dirname(directory);
  return above === directory ? undefined : findRoot(above);
}

function filesAt(root: string, ref: string): Files {
  const repository = openRepository(root);
  if ("reason" in repository) {
    refuseInput({ file: "--against", path: "", message: `cannot be read: ${repository.reason}`, value: ref });
  }
  const commit = repository.commitOf(ref);
  if (commit === undefined) {
    const hint = nearestHint(ref, repository.refs());
    refuseInput({ file: "--against", path: "", message: "names no commit of this repository", value: ref, ...hint });
  }
  return trustOf(repository.filesAt(commit), "--against", ref);
}

/** Without trust nothing could be judged there, and each missing file would be named as if it stood in the checkout. */
function trustOf(files: Files, flag: string, value: string): Files {
  if (files.read(STACKS_FILE) === undefined) {
    refuseInput({ file: flag, path: "", message: `has no ${STACKS_FILE}, so there is nothing to judge by`, value });
  }
  return files;
}

function workingTreeAt(directory: string): Files {
  const root = findRoot(resolve(directory));
  if (root === undefined) {
    refuseInput({ file: "--trust", path: "", message: "is in no checkout of a platform", value: directory });
  }
  return workingTree(root);
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
