import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Catalogue } from "../release/catalogue.ts";
import type { Files } from "../release/files.ts";
import { Gate } from "../release/gate.ts";
import { judgedInstant, openJudgedCheckout, UPDATE_FOLLOWS } from "../store/checkout.ts";

/** A checkout that a policy judges by, read once for the life of the pack's process. */
export interface Checkout {
  readonly catalogue: Catalogue;
  readonly files: Files;
  readonly gate: Gate;
  readonly now: Date;
}

const PACK_FOLDER = dirname(fileURLToPath(import.meta.url));
const checkouts = new Map<string, Checkout>();

/**
 * Whether the pack judges a preview. The engines say so in the environment; unsaid, it is judged as an update. So is the
 * preview that `up` makes: what would stop the update must stop it before anything is applied.
 */
export const isPreview =
  ["1", "true"].includes(process.env.PULUMI_NODEJS_DRY_RUN ?? process.env.PULUMI_DRY_RUN ?? "") &&
  process.env[UPDATE_FOLLOWS] === undefined;

/** Opens the checkout at a path, relative to the pack's own folder. */
export function checkoutAt(path: string): Checkout {
  const root = resolve(PACK_FOLDER, path);
  const known = checkouts.get(root);
  if (known !== undefined) return known;
  const { files, catalogue } = openJudgedCheckout(root, isPreview, process.env);
  const now = judgedInstant(catalogue, isPreview, process.env);
  const checkout = { files, catalogue, now, gate: new Gate(catalogue, files, now) };
  checkouts.set(root, checkout);
  return checkout;
}
