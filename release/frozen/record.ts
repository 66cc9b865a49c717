import { z } from "zod";
import { canonicalJson, sha256 } from "../json.ts";
import { Digest, Name } from "../schema/common.ts";

/** Who installs a package, and by whose rules its versions are compared. */
export const MANAGERS = ["pip", "conda", "npm", "deb"] as const;
export type Manager = (typeof MANAGERS)[number];

/** One package as it is in an image. */
export const FrozenPackage = z.strictObject({
  name: z.string().min(1),
  version: z.string().min(1),
  /** Digests of the files that may be installed, `<algorithm>:<hex>`, sorted; empty where the manager gives none. */
  hashes: z.array(z.string().regex(/^(sha256|sha512|sha1|md5):[0-9a-f]+$/, "must be <algorithm>:<hex>")).default([]),
  /** Where it comes from, where the manager says so. */
  url: z.string().optional(),
});
export type FrozenPackage = z.infer<typeof FrozenPackage>;

const Packages = z.array(FrozenPackage);

/** One environment of an image: a kernel, with what it is made of. */
const FrozenEnvironment = z.strictObject({
  cal: z.string().nullable().describe("CAL_VERSION; null where the environment has none"),
  interpreter: z.string().optional().describe("Such as Python 3.11.2"),
  pip: Packages.default([]),
  conda: Packages.default([]),
  npm: Packages.default([]),
});
export type FrozenEnvironment = z.infer<typeof FrozenEnvironment>;

/** What is really in an image: everything that a rebuild must come to again. */
export const FreezeRecord = z
  .strictObject({
    mission: z.string().min(1).describe("MISSION_VERSION, such as roman-12.0.0"),
    common: z.string().min(1).describe("VERSION of the common infrastructure"),
    base: Digest.describe("Digest of the image that it is built on"),
    platform: z.string().regex(/^[a-z]+\/[a-z0-9]+(\/v\d)?$/, "must be such as linux/amd64"),
    environments: z.record(Name, FrozenEnvironment),
    deb: Packages.default([]).describe("Debian packages of the whole image"),
  })
  .meta({ title: "Imprimatur freeze record" });
export type FreezeRecord = z.infer<typeof FreezeRecord>;

/** The one text of a record, RFC 8785: every list in order of name, so that the same image gives the same bytes. */
export function recordText(record: FreezeRecord): string {
  const environments = Object.entries(record.environments).map(([name, environment]) => {
    const { pip, conda, npm } = environment;
    return [name, { ...environment, pip: ordered(pip), conda: ordered(conda), npm: ordered(npm) }];
  });
  return `${canonicalJson({ ...record, environments: Object.fromEntries(environments), deb: ordered(record.deb) })}\n`;
}

/** What names a record: `sha256:…` of its text. */
export function recordDigest(record: FreezeRecord): string {
  return `sha256:${sha256(recordText(record))}`;
}

/** By name, then version, then place: npm may have a package in several versions. */
function ordered(packages: readonly FrozenPackage[]): FrozenPackage[] {
  const key = ({ name, version, url }: FrozenPackage) => [name, version, url ?? ""].join("\n");
  return packages
    .map((item) => ({ ...item, hashes: [...new Set(item.hashes)].sort() }))
    .sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0));
}
