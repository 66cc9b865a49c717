import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { overlay } from "../../release/files.ts";
import { type Ledger, readLedger } from "../../release/ledger.ts";
import { day, World } from "./world.ts";

const ENTRIES = 3;

const world = new World();
let paths: readonly string[];
beforeAll(async () => {
  await world.cut("author", day(1));
  paths = await Array.fromAsync({ length: ENTRIES }, (_, index) => world.apply("author", day(index + 1), null));
});

/** The ledger with some files otherwise; an undefined one is not there. */
function read(changes: Readonly<Record<string, Uint8Array | undefined>>): Ledger {
  const { catalogue } = world;
  const files = overlay(world.files, new Map());
  const gone = Object.keys(changes).filter((path) => changes[path] === undefined);
  const changed = {
    read: (path: string) => (path in changes ? changes[path] : files.read(path)),
    list: (folder: string) => files.list(folder).filter((name) => !gone.includes(`${folder}/${name}`)),
  };
  return readLedger(changed, "prod", catalogue.ring, catalogue.authority);
}

function bytesOf(index: number): Uint8Array {
  return world.written.get(paths[index] ?? "") as Uint8Array;
}

/** What is left of the ledger where one byte of an entry is another. */
function withByte(index: number, at: number, mask: number): Ledger {
  const bytes = Uint8Array.from(bytesOf(index));
  bytes[at] = (bytes[at] ?? 0) ^ mask;
  return read({ [paths[index] ?? ""]: bytes });
}

describe("a ledger of three entries", () => {
  it("is whole as it was written", () => {
    const { entries, broken } = read({});
    expect(broken).toBeUndefined();
    expect(entries.map(({ entry }) => entry.seq)).toEqual([1, 2, 3]);
  });

  it("shows a change of any single byte of its newest entry, and where", { timeout: 300_000 }, () => {
    const last = ENTRIES - 1;
    for (let at = 0; at < bytesOf(last).length; at += 1) {
      for (const mask of [0x01, 0x20, 0x2a, 0x80]) {
        const { entries, broken } = withByte(last, at, mask);
        expect([at, mask, entries.length, broken?.path]).toEqual([at, mask, last, paths[last]]);
      }
    }
  });

  it("shows any change of any byte of any entry", { timeout: 300_000 }, () => {
    const place = fc.nat(ENTRIES - 1).chain((index) => fc.tuple(fc.constant(index), fc.nat(bytesOf(index).length - 1)));
    fc.assert(
      fc.property(place, fc.integer({ min: 1, max: 255 }), ([index, at], mask) => {
        const { entries, broken } = withByte(index, at, mask);
        // An entry whose bytes changed and which still held would be found at the one behind it.
        expect(entries.length).toBeLessThanOrEqual(index + 1);
        expect([paths[index], paths[index + 1]]).toContain(broken?.path);
      }),
      { numRuns: 2000 },
    );
  });

  it("shows white space that was put in, though every signature holds", () => {
    const [last, text] = [paths[2] ?? "", Buffer.from(bytesOf(2)).toString("utf8")];
    for (const changed of [`${text}\n`, text.trimEnd(), text.replace("{", "{ "), ` ${text}`, `\ufeff${text}`]) {
      expect(read({ [last]: Buffer.from(changed) }).broken?.path).toBe(last);
    }
  });

  it("shows an entry that is gone from its middle or beginning, and two that have changed places", () => {
    const [first = "", second = "", third = ""] = paths;
    expect(read({ [first]: undefined }).broken).toEqual({ path: second, message: "has number 2 where 1 is due" });
    expect(read({ [second]: undefined }).broken).toEqual({ path: third, message: "has number 3 where 2 is due" });
    expect(read({ [second]: bytesOf(2), [third]: bytesOf(1) }).broken?.path).toBe(second);
    expect(read({ [third]: bytesOf(1) }).broken).toEqual({ path: third, message: "has number 2 where 3 is due" });
  });

  it("shows files of other names and other bytes", () => {
    expect(read({ [paths[0] ?? ""]: Buffer.from("") }).broken?.path).toBe(paths[0]);
    expect(read({ [paths[2] ?? ""]: bytesOf(0) }).broken?.path).toBe(paths[2]);
  });

  // Its chain cannot show it: what stands at the end is whole. A witness can, see docs/ledger.md.
  it("looks whole where its end was cut off", () => {
    const { entries, broken } = read({ [paths[2] ?? ""]: undefined });
    expect([entries.length, broken]).toEqual([2, undefined]);
  });
});
