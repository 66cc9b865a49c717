import { join } from "node:path";
import { z } from "zod";
import type { PackSource } from "../engine/engine.ts";
import type { PolicyMetadata } from "../engine/policyMetadata.ts";
import { refuseInput } from "../release/errors.ts";
import { isObject, type JsonObject } from "../release/json.ts";
import { parseFile } from "../release/parse.ts";
import type { Context } from "./context.ts";

const FOLDER = "policies";
const PACK_FILE = `${FOLDER}/PulumiPolicy.yaml`;

/** The pack's configuration: it decides, so it stands with what is trusted. In the form of `--policy-pack-config`. */
const CONFIG_FILE = "catalog/trust/policies.json";

const PackConfig = z.record(z.string(), z.json());

/** Whether a checkout has a policy pack at all. */
export function hasPolicyPack({ files }: Pick<Context, "files">): boolean {
  return files.read(PACK_FILE) !== undefined;
}

/**
 * The policy pack that judges every stack of a checkout: its own.
 * @throws InputError where the checkout has none, since a preview that nothing judges would look like an approval
 */
export function policyPack({ root, files, trust }: Context): PackSource {
  if (!hasPolicyPack({ files })) {
    refuseInput({ file: PACK_FILE, path: "", message: "there is no such file, so nothing would be judged" });
  }
  const directory = join(root, FOLDER);
  if (trust.read(CONFIG_FILE) === undefined) return { directory };
  return { directory, config: parseFile(trust, CONFIG_FILE, PackConfig) as JsonObject };
}

/** What trust sets for one policy; empty where it says nothing. */
export function packSettings({ trust }: Context, policy: string): JsonObject {
  if (trust.read(CONFIG_FILE) === undefined) return {};
  const settings = parseFile(trust, CONFIG_FILE, PackConfig)[policy];
  return isObject(settings) ? (settings as JsonObject) : {};
}

/** What each policy of a checkout's pack says of itself, by name. Starts the pack, which takes about a second. */
export async function policyMetadata(context: Context): Promise<readonly PolicyMetadata[]> {
  // Loaded when needed: the SDK behind it takes half a second, which help and bad input need not wait for.
  const { startPack } = await import("../engine/pack.ts");
  const pack = await startPack(policyPack(context), context.root);
  await pack.stop();
  return [...pack.metadata].sort((a, b) => (a.name < b.name ? -1 : 1));
}
