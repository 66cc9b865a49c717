import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openContext } from "../../cli/context.ts";
import { readLedger } from "../../release/ledger.ts";
import { Approval, PASSPHRASE } from "./approval.ts";
import { start } from "./checkout.ts";

const APPEND = join(import.meta.dirname, "fixtures/append.ts");

/** How a command gets mounts of its own, which are gone when it ends: as root, or as whoever may seem to be root. */
const OWN_MOUNTS = [["--mount"], ["--user", "--map-root-user", "--mount"]].find(
  (flags) => spawnSync("unshare", [...flags, "mount", "-t", "tmpfs", "tmpfs", "/mnt"]).status === 0,
);
const skipped = OWN_MOUNTS === undefined ? " (skipped: nobody may mount a disk here)" : "";

/** Room for two entries. A third is tried when the disk has been filled, and once more when there is room again. */
const SCRIPT = `
mount -t tmpfs -o size=64k,nr_inodes=40 tmpfs "$LEDGERS"
append() { "$NODE" "$APPEND" "$ROOT" "$KEY" "$1" || echo "failed with $?"; }
append 2
mkdir "$LEDGERS/filler"
(cd "$LEDGERS/filler"; eval "$FILL") 2> /dev/null
append 1
ls "$LEDGERS/prod"
rm -r "$LEDGERS/filler"
append 1
cp -r "$LEDGERS/prod" "$KEPT"
`;

/** Whatever an entry needs is used up, up to one thing: its name beside its place, its bytes, or its name in its place. */
const FULL = [
  ["no file can be made", "open", "for file in $(seq 100); do touch $file || break; done"],
  ["no byte can be written", "write", "head --bytes 1M /dev/zero > file"],
  ["the file cannot get its name", "link", "for file in $(seq 100); do touch $file || break; done; rm 1"],
] as const;

describe(`a ledger on a full disk${skipped}`, () => {
  it.skipIf(OWN_MOUNTS === undefined).each(FULL)(
    "is as it was where %s, and goes on when there is room",
    async (_, call, fill) => {
      const checkout = new Approval().withKeys("pipeline");
      const ledgers = join(checkout.root, "catalog/ledger");
      const kept = join(checkout.root, "kept");
      mkdirSync(ledgers, { recursive: true });
      const { stdout, stderr } = await start("unshare", [...(OWN_MOUNTS ?? []), "sh", "-c", SCRIPT], checkout.root, {
        IMPRIMATUR_PASSPHRASE: PASSPHRASE,
        NODE: process.execPath,
        APPEND,
        ROOT: checkout.root,
        KEY: checkout.key("pipeline"),
        LEDGERS: ledgers,
        FILL: fill,
        KEPT: kept,
      });
      expect(stdout.trim().split("\n")).toEqual([
        ...["ready", "1", "2"],
        ...["ready", "failed with 1"],
        ...["000001.sigstore.json", "000002.sigstore.json"],
        ...["ready", "3"],
      ]);
      expect(/ENOSPC: no space left on device, (\w+)/.exec(stderr)?.[1]).toBe(call);
      await start("cp", ["-r", kept, join(ledgers, "prod")], checkout.root);
      const { files, catalogue } = openContext({ directory: checkout.root });
      const { entries, broken } = readLedger(files, "prod", catalogue.ring, catalogue.authority);
      expect([entries.length, broken]).toEqual([3, undefined]);
    },
  );
});
