import { prettyJson } from "../json.ts";
import type { FreezeRecord, FrozenPackage, Manager } from "./record.ts";

const TYPES: Readonly<Record<Manager, string>> = { pip: "pypi", conda: "conda", npm: "npm", deb: "deb/debian" };
const ALGORITHMS: Readonly<Record<string, string>> = {
  md5: "MD5",
  sha1: "SHA-1",
  sha256: "SHA-256",
  sha512: "SHA-512",
};

/** A freeze record as an SBOM. Source: CycloneDX 1.6, https://cyclonedx.org/docs/1.6/json/ */
export function sbomOf(record: FreezeRecord): string {
  const environments = Object.entries(record.environments).flatMap(([environment, { pip, conda, npm }]) => [
    ...components("pip", pip, environment),
    ...components("conda", conda, environment),
    ...components("npm", npm, environment),
  ]);
  return prettyJson({
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: {
      component: { type: "container", name: record.mission.replace(/-[^-]*$/, ""), version: record.mission },
    },
    components: [...components("deb", record.deb), ...environments],
  });
}

function components(manager: Manager, packages: readonly FrozenPackage[], environment?: string) {
  return packages.map(({ name, version, hashes }) => {
    const [plain = name, architecture] = manager === "deb" ? name.split(":") : [name];
    const path = plain.split("/").map(encodeURIComponent).join("/");
    const qualifier = architecture === undefined ? "" : `?arch=${architecture}`;
    return {
      type: "library",
      name: plain,
      version,
      purl: `pkg:${TYPES[manager]}/${path}@${encodeURIComponent(version)}${qualifier}`,
      ...(hashes.length > 0 && { hashes: hashes.map(hashOf) }),
      ...(environment !== undefined && { properties: [{ name: "imprimatur:environment", value: environment }] }),
    };
  });
}

function hashOf(hash: string) {
  const [algorithm = "", content] = hash.split(":");
  return { alg: ALGORITHMS[algorithm], content };
}
