import { ownersOf, readOwnerRules } from "../../release/codeOwners.ts";
import type { Files } from "../../release/files.ts";
import { openRepository } from "../../store/git.ts";
import { remoteOf } from "../../store/gitIndex.ts";
import { mainBranch } from "../base.ts";
import type { Context } from "../context.ts";
import { type Found, ok, problem, warning } from "./report.ts";

/** Whether there is a history with a protected branch that pull requests can be judged by. */
export function checkHistory(root: string): Found {
  const repository = openRepository(root);
  if ("reason" in repository) {
    const next = "keep the platform in git: what is merged is what decides";
    return problem(`this is no git repository: ${repository.reason}`, next);
  }
  const main = mainBranch(repository);
  if (main === undefined) {
    return warning("there is no branch main or master to judge by", "name it with --against, or fetch it");
  }
  if (remoteOf(root) !== undefined && !main.startsWith("origin/")) {
    return warning(`only the local ${main} is known, not that of the origin`, "git fetch origin");
  }
  return ok(`judged by ${main}, where nothing else is asked for`);
}

const OWNERS_FILES = [".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"];
/** What decides: whoever may change it without a review decides alone. */
const GUARDED = [
  "catalog/trust",
  "release",
  "policies",
  "cli",
  "engine",
  "signing",
  "store",
  "registry",
  "clients",
  "stacks",
  "components",
  ".github",
  ".ci",
  "package.json",
  "package-lock.json",
];
/** The teams of the template's own file. */
const EXAMPLE_TEAM = /@example-organization\//;

/** As many places are named as help to see what is wrong. */
const SHOWN = 10;

/** Whether reviews are asked for of everything that decides. Whether the forge enforces them cannot be seen from here. */
export function checkOwners({ files }: Context): Found {
  const file = OWNERS_FILES.find((path) => files.read(path) !== undefined);
  const next = "docs/threat-model.md says what must have an owner";
  if (file === undefined) return problem("there is no CODEOWNERS: anybody's review will do for what decides", next);
  const rules = readOwnerRules(new TextDecoder().decode(files.read(file)));
  const guarded = GUARDED.map((place) => ({ place, paths: filesBelow(files, place) }));
  const open = guarded.flatMap(({ place, paths }) => {
    const ownerless = paths.filter((path) => ownersOf(rules, path).length === 0);
    return ownerless.length > 0 && ownerless.length === paths.length ? [place] : ownerless;
  });
  if (open.length > 0) {
    const more = open.length > SHOWN ? ` and ${open.length - SHOWN} more` : "";
    return problem(`${file} names nobody for ${open.slice(0, SHOWN).join(", ")}${more}`, next);
  }
  const owners = guarded.flatMap(({ paths }) => paths.flatMap((path) => ownersOf(rules, path)));
  if (owners.some((owner) => EXAMPLE_TEAM.test(owner))) {
    return warning(`${file} still names the template's teams`, `put your own teams into ${file}`);
  }
  return ok(`${file} names somebody for everything that decides`);
}

/** A file, or every file below a folder; nothing where there is neither. */
function filesBelow(files: Files, path: string): readonly string[] {
  const names = files.list(path);
  if (names.length > 0) return names.flatMap((name) => filesBelow(files, `${path}/${name}`));
  return files.read(path) === undefined ? [] : [path];
}
