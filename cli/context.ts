import { existsSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { Catalogue, STACKS_FILE } from "../release/catalogue.ts";
import { nearestHint, refuseInput } from "../release/errors.ts";
import { type Files, unionFiles } from "../release/files.ts";
import { workingTree } from "../store/files.ts";
import { openRepository } from "../store/git.ts";

/** Options that every verb takes. */
export interface GlobalOptions {
  /** Where to look for the checkout; the working directory by default. */
  readonly directory?: string;
  /** False with `--no-color`. */
  readonly color: boolean;
  readonly debug?: boolean;
}

/** Whose word counts where the checkout itself may not decide: that of a pull request, for instance. */
export interface AgainstOptions {
  /** Git ref of the protected branch: trust comes from there, and records that it has cannot be taken away. */
  readonly against?: string;
  /** Another checkout that trust comes from; it wins over `against`. */
  readonly trust?: string;
}

/** What a verb works on: one checkout, found once. */
export interface Context {
  /** The folder of `Pulumi.yaml` and `catalog/`, absolute. */
  readonly root: string;
  /** The working tree; with `against`, records that only the protected branch has are there as well. */
  readonly files: Files;
  readonly catalogue: Catalogue;
  /** The files of the protected branch, where it was given. */
  readonly against?: Files;
}

/** What nothing is taken away from: a record that the protected branch has counts, whoever deletes it. */
const APPEND_ONLY = ["catalog/evidence", "catalog/ledger"];

/**
 * Opens the checkout that a directory belongs to.
 * @throws InputError where neither the directory nor any above it is one, or the protected branch cannot be read
 */
export function openContext({
  directory = ".",
  against: ref,
  trust: trustRoot,
}: Pick<GlobalOptions, "directory"> & AgainstOptions): Context {
  const root = findRoot(resolve(directory));
  if (root === undefined) {
    const message = "is in no checkout of a platform: there is no Pulumi.yaml beside a catalog/ here or above";
    refuseInput({ file: resolve(directory), path: "", message });
  }
  const tree = workingTree(root);
  const against = ref === undefined ? undefined : filesAt(root, ref);
  const files = against === undefined ? tree : unionFiles(tree, against, APPEND_ONLY);
  const trust = trustRoot === undefined ? against : trustOf(workingTreeAt(trustRoot), "--trust", trustRoot);
  return {
    root,
    files,
    catalogue: trust === undefined ? new Catalogue(files) : new Catalogue(files, trust),
    ...(against === undefined ? {} : { against }),
  };
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

function findRoot(directory: string): string | undefined {
  const isRoot = existsSync(join(directory, "Pulumi.yaml")) && isDirectory(join(directory, "catalog"));
  if (isRoot) return directory;
  const above = dirname(directory);
  return above === directory ? undefined : findRoot(above);
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
