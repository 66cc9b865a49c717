import { parse } from "yaml";
import { nearestHint, refuseInput } from "../../release/errors.ts";
import { isObject } from "../../release/json.ts";
import { readLedger } from "../../release/ledger.ts";
import { type PinChange, type PinnedCommit, pinHistory } from "../../release/pinHistory.ts";
import { openRepository } from "../../store/git.ts";
import type { Finding } from "../approve/verification.ts";
import type { Context } from "../context.ts";

/** What came of holding a branch's history against a ledger. */
export interface HistoryFindings {
  readonly problems: readonly Finding[];
  readonly notes: readonly Finding[];
  /** Changes of pins that were looked at. */
  readonly changes: number;
}

/**
 * Holds every change of a stack's pins in the history of a branch against the stack's ledger: each has one entry. This also
 * finds a ledger whose end was cut off, which its chain alone cannot show.
 * @param ref the protected branch: only what got there was to be applied
 * @throws InputError where the checkout is in no repository, or has no such ref
 */
export function checkPinHistory(context: Context, stack: string, ref: string): HistoryFindings {
  const { catalogue, files, root } = context;
  const repository = openRepository(root);
  if ("reason" in repository) {
    refuseInput({ file: "--history", path: "", message: `cannot be read: ${repository.reason}`, value: ref });
  }
  const commit = repository.commitOf(ref);
  if (commit === undefined) {
    const hint = nearestHint(ref, repository.refs());
    refuseInput({ file: "--history", path: "", message: "names no commit of this repository", value: ref, ...hint });
  }
  const file = `Pulumi.${stack}.yaml`;
  const { versions, complete } = repository.history(commit, file);
  const commits = versions.flatMap(({ commit, at, bytes }): PinnedCommit[] => {
    const pins = pinsOf(bytes);
    // A file that was malformed for a while pinned nothing that could be applied.
    return pins === undefined ? [] : [{ commit, at, pins }];
  });
  const ledger = readLedger(files, stack, catalogue.ring, catalogue.authority);
  const { changes, unpinned } = pinHistory(commits, ledger, complete);
  const open = changes.filter(({ entry }) => entry === undefined);
  const missing = open.filter(({ pending }) => pending === undefined);
  const shallow = `only ${commits.length} commits of it are here: the clone is shallow, so nothing older was looked at`;
  return {
    changes: changes.length,
    problems: [
      ...missing.map((change) => ({ file, message: `${changeText(change)}, and no entry of the ledger tells of it` })),
      ...unpinned.map(({ module, version, entry, at }) => ({
        file: `catalog/ledger/${stack}`,
        message: `entry ${entry} of ${at} applied ${module} ${version}, which no commit of ${ref} had pinned by then`,
      })),
    ],
    notes: [
      ...open
        .filter(({ pending }) => pending)
        .map((change) => ({ file, message: `${changeText(change)}, and nothing has been applied since` })),
      ...(complete ? [] : [{ file, message: shallow }]),
    ],
  };
}

function changeText({ module, from, to, commit, at }: PinChange): string {
  const version = (pin: string | undefined) => pin?.slice(0, pin.indexOf("@")) ?? "nothing";
  return `commit ${commit.slice(0, 12)} of ${at} moved ${module} from ${version(from)} to ${version(to)}`;
}

/** What a stack file pins, however old its form is; undefined where it is malformed. */
function pinsOf(bytes: Uint8Array | undefined): ReadonlyMap<string, string> | undefined {
  if (bytes === undefined) return new Map();
  try {
    const document: unknown = parse(Buffer.from(bytes).toString("utf8"));
    const config = isObject(document) && isObject(document.config) ? document.config : {};
    const modules = config["imprimatur:modules"];
    return new Map(
      Object.entries(isObject(modules) ? modules : {}).flatMap(([name, pins]) => {
        const current: unknown = Array.isArray(pins) ? pins[0] : undefined;
        return typeof current === "string" && current.includes("@") ? [[name, current]] : [];
      }),
    );
  } catch {
    return undefined;
  }
}
