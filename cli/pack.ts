import { join } from "node:path";
import type { PackSource } from "../engine/engine.ts";
import { refuseInput } from "../release/errors.ts";
import type { Context } from "./context.ts";

const FOLDER = "policies";

/**
 * The policy pack that judges every stack of a checkout: its own.
 * @throws InputError where the checkout has none, since a preview that nothing judges would look like an approval
 */
export function policyPack({ root, files }: Context): PackSource {
  if (files.read(`${FOLDER}/PulumiPolicy.yaml`) === undefined) {
    refuseInput({
      file: `${FOLDER}/PulumiPolicy.yaml`,
      path: "",
      message: "there is no such file, so nothing would be judged",
    });
  }
  return { directory: join(root, FOLDER) };
}
