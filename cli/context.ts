import { resolve } from "node:path";
import { refuseInput } from "../release/errors.ts";
import { type AgainstOptions, type Checkout, findRoot, openCheckout } from "../store/checkout.ts";

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
  const root = findRoot(resolve(directory));
  if (root === undefined) {
    const message = "is in no checkout of a platform: there is no Pulumi.yaml beside a catalog/ here or above";
    refuseInput({ file: resolve(directory), path: "", message });
  }
  return { root, ...openCheckout(root, against) };
}
