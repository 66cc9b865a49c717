import { resolve } from "node:path";
import { refuseInput } from "../release/errors.ts";
import { type AgainstOptions, type Checkout, findRoot, openCheckout } from "../store/checkout.ts";
import { fetchLedger } from "../store/ledgerBranch.ts";

/** Options that every verb takes. */
export interface GlobalOptions {
  /** Where to look for the checkout; the working directory by default. */
  readonly directory?: string;
  /** False with `--no-color`. */
  readonly color: boolean;
  readonly debug?: boolean;
}

/** What a verb works on: one checkout, found once. */
export interface Context extends Checkout {
  /** The folder of `Pulumi.yaml` and `catalog/`, absolute. */
  readonly root: string;
}

/**
 * Opens the checkout that a directory belongs to.
 * @throws InputError where neither the directory nor any above it is one, or the protected branch cannot be read
 */
export function openContext({
  directory = ".",
  ...against
}: Pick<GlobalOptions, "directory"> & AgainstOptions): Context {
  const root = rootOf(directory);
  return { root, ...openCheckout(root, against) };
}

/** As {@link openContext}, with what others have recorded meanwhile: for whatever is to be recorded behind that. */
export function openNewestContext(options: Pick<GlobalOptions, "directory"> & AgainstOptions): Context {
  fetchLedger(rootOf(options.directory ?? "."));
  return openContext(options);
}

function rootOf(directory: string): string {
  const root = findRoot(resolve(directory));
  if (root !== undefined) return root;
  const message = "is in no checkout of a platform: there is no Pulumi.yaml beside a catalog/ here or above";
  return refuseInput({ file: resolve(directory), path: "", message });
}
