/** A line of a CODEOWNERS file that gives files to owners or, without any, takes them away. */
export interface OwnerRule {
  /** As it is written. */
  readonly pattern: string;
  readonly owners: readonly string[];
  readonly matches: (path: string) => boolean;
}

/** Reads a CODEOWNERS file. Nothing in one is an error: a forge ignores what it cannot read. */
export function readOwnerRules(text: string): readonly OwnerRule[] {
  return text.split(/\r?\n/).flatMap((line) => {
    const [pattern, ...rest] = line.trim().match(/(?:\\.|[^\s\\])+/g) ?? [];
    if (pattern === undefined || pattern.startsWith("#")) return [];
    const comment = rest.findIndex((word) => word.startsWith("#"));
    const regex = toRegex(pattern);
    return [{ pattern, owners: comment < 0 ? rest : rest.slice(0, comment), matches: (path) => regex.test(path) }];
  });
}

/** Who owns a file: the last pattern that matches decides, also where it names nobody. @param path from the root, without a slash before it */
export function ownersOf(rules: readonly OwnerRule[], path: string): readonly string[] {
  return rules.findLast(({ matches }) => matches(path))?.owners ?? [];
}

/**
 * The pattern of a CODEOWNERS line, which is much like one of .gitignore: one with a slash before its end begins at the root,
 * any other matches at every depth; what it matches it matches with all below. But `docs/*` takes the files of a folder alone,
 * and there are neither exceptions (`!`) nor ranges (`[ ]`).
 * https://docs.github.com/en/repositories/managing-your-repositorys-settings-and-features/customizing-your-repository/about-code-owners
 */
function toRegex(pattern: string): RegExp {
  const folder = pattern.endsWith("/");
  const segments = pattern.replace(/^\/|\/$/g, "").split("/");
  const anchored = pattern.startsWith("/") || segments.length > 1;
  const last = segments.at(-1);
  const parts = segments.map((segment, index) => {
    const isLast = index === segments.length - 1;
    if (segment === "**") return isLast ? ".+" : "(?:.+/)?";
    return `${segmentRegex(segment)}${isLast ? "" : "/"}`;
  });
  const below = folder ? "/.+" : last === "**" || (last === "*" && anchored) ? "" : "(?:/.+)?";
  return new RegExp(`^${anchored ? "" : "(?:.+/)?"}${parts.join("")}${below}$`, "s");
}

function segmentRegex(segment: string): string {
  return segment.replace(/\\(.)|[\s\S]/g, (character, escaped?: string) => {
    if (character === "*") return "[^/]*";
    if (character === "?") return "[^/]";
    return (escaped ?? character).replace(/[$()*+.?[\\\]^{|}]/g, "\\$&");
  });
}
