import { readFileSync, statSync } from "node:fs";
import { refuseInput } from "../../release/errors.ts";

/**
 * The bytes of a file that a tool has written, wherever it is.
 * @param limit the largest size in bytes that is read; a larger file is not opened
 * @throws InputError naming the file
 */
export function readToolFile(path: string, limit: number): Uint8Array {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) refuseInput({ file: path, path: "", message: "there is no such file" });
  if (!stat.isFile()) refuseInput({ file: path, path: "", message: "is not a file" });
  if (stat.size > limit) {
    refuseInput({ file: path, path: "", message: `has ${stat.size} bytes; at most ${limit} are read` });
  }
  return readFileSync(path);
}
