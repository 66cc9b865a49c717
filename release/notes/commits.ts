/** One commit of a source repository, as `git log` tells it. */
export interface LoggedCommit {
  readonly commit: string;
  readonly subject: string;
  readonly body: string;
}

/** What a commit brought, and where that was agreed. */
export interface Brought {
  readonly commit: string;
  readonly title: string;
  /** Number of the pull request that it came by. */
  readonly pullRequest?: string;
  /** Issues that it names, such as #12 or DM-345. */
  readonly issues: readonly string[];
}

/** What `git log` is asked to print: fields and records end with characters that no message holds. */
export const LOG_FORMAT = "%H%x1f%s%x1f%b%x1e";

/** Reads what `git log --format=<LOG_FORMAT>` has printed. */
export function readLog(text: string): LoggedCommit[] {
  return text
    .split("\u001e")
    .map((record) => record.trim())
    .filter(Boolean)
    .map((record) => {
      const [commit = "", subject = "", body = ""] = record.split("\u001f");
      return { commit, subject, body: body.trim() };
    });
}

/**
 * What a commit brought. It came by a pull request where it is the merge of one or, squashed, ends with its number, as
 * GitHub and GitLab write them.
 */
export function broughtBy({ commit, subject, body }: LoggedCommit): Brought {
  const [firstLine = ""] = body.split("\n");
  const merged = /^Merge pull request #(\d+) from /.exec(subject);
  const squashed = /^(.*\S)\s+\(#(\d+)\)$/.exec(subject);
  const gitlab = /^See merge request (?:\S*)!(\d+)$/m.exec(body);
  const isBranchMerge = /^Merge branch /.test(subject);
  const pullRequest = merged?.[1] ?? squashed?.[2] ?? gitlab?.[1];
  const fromBody = (merged !== null || (gitlab !== null && isBranchMerge)) && firstLine !== "";
  const title = fromBody ? firstLine : (squashed?.[1] ?? subject);
  const issues = issuesIn(`${title}\n${body}`).filter((issue) => issue !== `#${pullRequest}`);
  return { commit, title, ...(pullRequest === undefined ? {} : { pullRequest }), issues };
}

/** `#12` and `owner/name#12` anywhere; the like of `DM-345` only where a tracker would see it, since UTF-8 is none. */
function issuesIn(text: string): string[] {
  const numbered = [...text.matchAll(/(?<![\w&/.-])((?:[\w.-]+\/[\w.-]+)?#\d+)\b/g)].map(([, issue = ""]) => issue);
  const leading = /^\[?([A-Z][A-Z0-9]+-\d+)\]?[\s:]/.exec(text)?.[1];
  const closing = [
    ...text.matchAll(/\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?|refs?|see):?\s+([A-Z][A-Z0-9]+-\d+)\b/gi),
  ];
  const named = closing.map(([, issue = ""]) => issue).filter((issue) => /^[A-Z]/.test(issue));
  return [...new Set([...(leading === undefined ? [] : [leading]), ...numbered, ...named])];
}
