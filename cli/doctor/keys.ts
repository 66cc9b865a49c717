import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { couldBeCommitted } from "../../store/gitIndex.ts";
import { type Found, ok, problem, skipped } from "./report.ts";

const OTHERS = 0o077;

/** Whether private keys can be read by their owner alone, and cannot get into a commit. */
export function checkKeyFiles(root: string, env: NodeJS.ProcessEnv): readonly Found[] {
  const named = env.IMPRIMATUR_KEY;
  if (named?.startsWith("awskms://")) return [ok("IMPRIMATUR_KEY is kept in AWS KMS"), ...keysInFolder(root)];
  const found = [...(named ? [checkFile(root, named, "IMPRIMATUR_KEY")] : []), ...keysInFolder(root)];
  return found.length > 0 ? found : [skipped("there is no private key here: neither IMPRIMATUR_KEY nor .keys/")];
}

function keysInFolder(root: string): Found[] {
  const folder = join(root, ".keys");
  const names = statSync(folder, { throwIfNoEntry: false })?.isDirectory() ? readdirSync(folder) : [];
  return names
    .filter((name) => name.endsWith(".pem"))
    .map((name) => checkFile(root, join(folder, name), `.keys/${name}`));
}

function checkFile(root: string, path: string, name: string): Found {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return problem(`${name} names a file that is not there`, "name the key to sign with");
  // Windows keeps rights elsewhere.
  if (process.platform !== "win32" && (stat.mode & OTHERS) !== 0) {
    const mode = (stat.mode & 0o777).toString(8);
    return problem(`${name} can be read by others (mode ${mode})`, `chmod 600 ${path}`);
  }
  if (couldBeCommitted(root, path)) {
    return problem(`${name} is where git would take it into a commit`, "move it away, or add its folder to .gitignore");
  }
  return ok(`${name} can be read by its owner alone`);
}
