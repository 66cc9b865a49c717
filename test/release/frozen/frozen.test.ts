import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findDrift } from "../../../release/frozen/drift.ts";
import { readCondaExplicit, readDpkg, readNpmLock, readPip } from "../../../release/frozen/listings.ts";
import { FreezeRecord, recordDigest, recordText } from "../../../release/frozen/record.ts";
import { chill, chillyFiles, exactPins, frozenFiles, movedPins } from "../../../release/frozen/requirements.ts";

const hash = (digit: string) => `sha256:${digit.repeat(64)}`;

describe("listings", () => {
  it("pip: what is installed, with the hashes that only the installation knew", () => {
    const inspect = {
      installed: [
        { metadata: { name: "NumPy", version: "2.1.0" } },
        { metadata: { name: "pip", version: "24" } },
        { metadata: { name: "asdf", version: "3.0.0" }, installer: "conda" },
      ],
    };
    const report = {
      install: [
        {
          metadata: { name: "numpy", version: "2.1.0" },
          download_info: {
            url: "https://user:pw@index.test/numpy.whl#sha256=1",
            archive_info: { hashes: { sha256: "1".repeat(64) } },
          },
        },
      ],
    };
    expect(readPip(JSON.stringify(inspect), [JSON.stringify(report)], "pip")).toEqual([
      { name: "numpy", version: "2.1.0", hashes: [hash("1")] },
      { name: "pip", version: "24", hashes: [] },
    ]);
  });

  it("conda: explicit lists with MD5 or SHA-256", () => {
    const text = `# platform: linux-64
@EXPLICIT
https://conda.test/t/linux-64/ca-certificates-2026.1.1-hbcca054_0.conda#${"a".repeat(32)}
https://conda.test/noarch/asdf-astropy-0.6.1-pyhd8ed1ab_0.tar.bz2#sha256:${"b".repeat(64)}
https://conda.test/noarch/tzdata-2026a-x_0.conda
`;
    expect(readCondaExplicit(text, "list").map(({ name, version, hashes }) => [name, version, hashes])).toEqual([
      ["ca-certificates", "2026.1.1", [`md5:${"a".repeat(32)}`]],
      ["asdf-astropy", "0.6.1", [hash("b")]],
      ["tzdata", "2026a", []],
    ]);
  });

  it("npm: every package of the lock, however deep, with its integrity in hex", () => {
    const lock = {
      lockfileVersion: 3,
      packages: {
        "": { name: "lab" },
        "node_modules/@jupyterlab/application": {
          version: "4.2.0",
          resolved: "https://npm.test/a.tgz",
          integrity: "sha512-AAEC",
        },
        "node_modules/a/node_modules/b": { version: "1.0.0" },
        "node_modules/own": { link: true },
      },
    };
    expect(readNpmLock(JSON.stringify(lock), "lock")).toEqual([
      { name: "@jupyterlab/application", version: "4.2.0", hashes: ["sha512:000102"], url: "https://npm.test/a.tgz" },
      { name: "b", version: "1.0.0", hashes: [] },
    ]);
  });

  it("dpkg: a library for two architectures is two packages", () => {
    expect(
      readDpkg("tzdata\t2026a-1\tall\nlibc6\t2.41-1\tamd64\nlibc6\t2.41-1\ti386\n", "dpkg").map(({ name }) => name),
    ).toEqual(["tzdata", "libc6:amd64", "libc6:i386"]);
  });

  it.each([
    ["pip", () => readPip("{}", [], "pip"), /pip installed: /],
    ["pip's report", () => readPip('{"installed":[]}', ["["], "pip"), /is no JSON/],
    ["conda", () => readCondaExplicit("numpy=1.0", "list"), /list:1: is no URL of a conda package|list.*is no URL/],
    ["conda's hash", () => readCondaExplicit("https://c.test/a-1-0.conda#abc", "list"), /neither MD5 nor SHA-256/],
    ["npm", () => readNpmLock('{"lockfileVersion":1,"packages":{}}', "lock"), /lockfileVersion/],
    ["dpkg", () => readDpkg("libc6 2.41", "dpkg"), /between tabs/],
  ])("a listing of %s in another form is refused, not half read", (_, read, message) => {
    expect(read).toThrow(message);
  });
});

describe("requirements", () => {
  it.each([
    ["1.4.2", "~=1.4.2"],
    ["1.4", "~=1.4.0"],
    ["2024", "==2024"],
    ["1.0rc1", "==1.0rc1"],
    ["1.2.3.4", "==1.2.3.4"],
    ["2.5.1+cu118", "==2.5.1+cu118"],
  ])("chilly leaves only patches open: %s is %s", (version, expected) => {
    expect(chill(version)).toBe(expected);
  });

  const environment = {
    cal: "0.13.0",
    pip: [{ name: "roman-cal", version: "0.13.0", hashes: [hash("2"), hash("1")] }],
    conda: [
      {
        name: "python",
        version: "3.11.2",
        hashes: [`md5:${"a".repeat(32)}`],
        url: "https://c.test/python-3.11.2-0.conda",
      },
    ],
    npm: [],
  };

  it("frozen says version and hash of everything", () => {
    const npm = { "package.json": "{}\n", "package-lock.json": '{"lockfileVersion":3,"packages":{}}\n' };
    expect(frozenFiles(environment, npm)).toEqual({
      "requirements.txt": `roman-cal==0.13.0 \\\n    --hash=${hash("2")} \\\n    --hash=${hash("1")}\n`,
      "conda-explicit.txt": `@EXPLICIT\nhttps://c.test/python-3.11.2-0.conda#${"a".repeat(32)}\n`,
      ...npm,
    });
    expect(chillyFiles(environment, npm)).toEqual({
      "requirements.txt": "roman-cal~=0.13.0\n",
      "conda-specs.txt": "python>=3.11.2,3.11.*\n",
      "package.json": "{}\n",
    });
  });

  it("finds the pins of a delivery that an environment does not hold", () => {
    const pins = exactPins(
      "# of B12\nroman_cal[all]==0.13.0 ; python_version>'3'\nnumpy==2.1.0 \\\n  --hash=sha256:00\nscipy>=1.0\nasdf == 4.0\nstarred==1.*\n",
    );
    expect(pins).toEqual([
      { name: "roman-cal", version: "0.13.0" },
      { name: "numpy", version: "2.1.0" },
      { name: "asdf", version: "4.0" },
    ]);
    const installed = [
      { name: "roman-cal", version: "0.13.0", hashes: [] },
      { name: "numpy", version: "2.2.0", hashes: [] },
    ];
    expect(movedPins(pins, installed)).toEqual([
      { name: "numpy", version: "2.1.0", found: "2.2.0" },
      { name: "asdf", version: "4.0" },
    ]);
  });
});

const item = fc.record({
  name: fc.constantFrom("a", "b", "c", "d"),
  version: fc.constantFrom("1.0.0", "1.0.1", "2.0"),
  hashes: fc.uniqueArray(fc.constantFrom(hash("1"), hash("2"), hash("3")), { maxLength: 2 }),
});
const items = fc.uniqueArray(item, { selector: ({ name }) => name, maxLength: 4 });
const record = fc.record({
  mission: fc.constant("roman-12.0.0"),
  common: fc.constant("1.3.0"),
  base: fc.constantFrom(hash("a"), hash("b")),
  platform: fc.constant("linux/amd64"),
  environments: fc.dictionary(
    fc.constantFrom("cal", "lab"),
    fc.record({
      cal: fc.constantFrom(null, "0.13.0"),
      interpreter: fc.constant("Python 3.11.2"),
      pip: items,
      conda: items,
      npm: items,
    }),
  ),
  deb: items,
});

describe("freeze records", () => {
  it("are the same bytes in whatever order the packages were listed, and read back as they were", () => {
    fc.assert(
      fc.property(record, fc.infiniteStream(fc.boolean()), (one, turns) => {
        const turn = <T>(list: T[]) => (turns.next().value ? list.toReversed() : list);
        const environments = Object.entries(one.environments).map(([name, { pip, conda, npm, ...rest }]) => {
          const turned = { pip: turn(pip), conda: turn(conda), npm: turn(npm) };
          return [name, { ...rest, ...turned }] as const;
        });
        const other = { ...one, environments: Object.fromEntries(turn(environments)), deb: turn(one.deb) };
        expect(recordDigest(other)).toBe(recordDigest(one));
        expect(recordText(FreezeRecord.parse(JSON.parse(recordText(one))))).toBe(recordText(one));
      }),
    );
  });

  it("do not drift from themselves, and every other has a drift that turns round with the direction", () => {
    fc.assert(
      fc.property(record, record, (one, other) => {
        expect(findDrift(one, one)).toEqual([]);
        const there = findDrift(one, other);
        const back = findDrift(other, one);
        expect(back.length).toBe(there.length);
        const turned = { added: "removed", removed: "added", changed: "changed", rebuilt: "rebuilt" };
        expect(back.map(({ kind }) => kind)).toEqual(there.map(({ kind }) => turned[kind]));
      }),
    );
  });

  it("name what was added, removed, changed and rebuilt, each where it is", () => {
    const base: FreezeRecord = {
      mission: "roman-12.0.0",
      common: "1.3.0",
      base: hash("a"),
      platform: "linux/amd64",
      environments: {
        cal: {
          cal: "0.13.0",
          pip: [
            { name: "asdf", version: "4.0.0", hashes: [hash("1")] },
            { name: "gone", version: "1.0", hashes: [] },
            { name: "numpy", version: "2.1.0", hashes: [hash("2"), hash("3")] },
          ],
          conda: [],
          npm: [],
        },
      },
      deb: [{ name: "tzdata", version: "2026a", hashes: [] }],
    };
    const built: FreezeRecord = {
      ...base,
      environments: {
        cal: {
          cal: "0.13.0",
          pip: [
            { name: "asdf", version: "4.0.0", hashes: [hash("9")] },
            { name: "new", version: "0.1", hashes: [] },
            { name: "numpy", version: "2.1.0", hashes: [hash("3")] },
          ],
          conda: [],
          npm: [],
        },
      },
      deb: [{ name: "tzdata", version: "2026b", hashes: [] }],
    };
    expect(findDrift(base, built)).toEqual([
      { kind: "changed", manager: "deb", name: "tzdata", frozen: "2026a", built: "2026b" },
      { kind: "rebuilt", environment: "cal", manager: "pip", name: "asdf", frozen: hash("1"), built: hash("9") },
      { kind: "removed", environment: "cal", manager: "pip", name: "gone", frozen: "1.0" },
      { kind: "added", environment: "cal", manager: "pip", name: "new", built: "0.1" },
    ]);
  });
});
