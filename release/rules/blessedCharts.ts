import { type ChartRef, readChartRef } from "../kubernetes/chartRef.ts";
import { fullRepository } from "../kubernetes/repository.ts";
import { asksForBlessing } from "../requirements.ts";
import type { Release } from "../schema/manifest.ts";
import type { Violation } from "../verdict.ts";
import { type Judges, knownRepositories, mayRun, refuseRelease } from "./allowed.ts";
import { judgeInventory } from "./chartInventory.ts";
import { judgeConfigured } from "./configured.ts";

const PIN = "write oci://<repository>@sha256:…, as the release manifest gives it";

/**
 * A Helm release or chart installs the chart of a release that is blessed for the stack, with values that are all there
 * to be read, and nothing that rewrites what it renders. Where the stack asks for no blessing, only what has been revoked
 * is refused.
 */
export function judgeChart(props: Readonly<Record<string, unknown>>, judges: Judges): Violation[] {
  const strict = asksForBlessing(judges.catalogue.formality, judges.stack);
  const ref = readChartRef(props);
  const releases = typeof ref === "string" ? [] : releasesOf(ref, judges);
  const allowed = releases.filter((release) => mayRun(release, judges));
  if (!strict) return releases.length > 0 && allowed.length === 0 ? [refuseLast(releases, ref, judges)] : [];
  const hidden = hiddenFrom(props);
  if (ref === "unknown") {
    return [...hidden, { message: "its chart cannot be known before an update", remedy: `${PIN}, as plain config` }];
  }
  if (ref === "local") {
    const message = "its chart comes from no registry, so no release can be told from it";
    return [...hidden, { message, remedy: `push it, cut a release of it, and ${PIN}` }];
  }
  if (ref.digest === undefined && ref.version === undefined) {
    return [...hidden, { message: `${chartWords(ref)} has neither a digest nor an exact version`, remedy: PIN }];
  }
  if (releases.length === 0) {
    const message = `${chartWords(ref)} is of no release in the catalogue, so nobody has blessed it for ${judges.stack.name}`;
    return [...hidden, { message, remedy: "npx imprimatur cut <module> <version>, then have it blessed" }];
  }
  if (allowed.length === 0) return [...hidden, refuseLast(releases, ref, judges)];
  const results = allowed.map((release) => judgeValues(release, props.values ?? {}, judges));
  const found = results.some((violations) => violations.length === 0) ? [] : (results.at(-1) ?? []);
  return [...hidden, ...found];
}

function judgeValues(release: Release, values: unknown, judges: Judges): Violation[] {
  const { module: name, version } = release.manifest;
  const module = judges.catalogue.module(name, { file: judges.catalogue.releasePath(name, version), path: "module" });
  return [...judgeConfigured(module, release, { values }, judges), ...judgeInventory(release, values, judges)];
}

/** What decides on the objects and is not there to be judged. */
function hiddenFrom(props: Readonly<Record<string, unknown>>): Violation[] {
  const given = (value: unknown) => value !== undefined && value !== null && value !== "" && value !== false;
  const remedies = {
    postrender: "leave it out: put what it changes into the chart",
    postRenderer: "leave it out: put what it changes into the chart",
    valueYamlFiles: "write what the files say under values",
    reuseValues: "set resetValues instead, and write all values",
  };
  return Object.entries(remedies)
    .filter(([key]) => given(props[key]) && !(Array.isArray(props[key]) && props[key].length === 0))
    .map(([key, remedy]) => ({ message: `${key} changes what the chart leads to after it was judged`, remedy }));
}

/** Releases of modules in the catalogue that have this chart, by its digest or else its repository and version. */
function releasesOf({ repository, version, digest }: ChartRef, judges: Judges): Release[] {
  const { catalogue } = judges;
  const charts = [...catalogue.modules.values()].flatMap(({ chart }) => chart ?? []);
  const listed = knownRepositories(charts, judges);
  const own = fullRepository(repository);
  const candidates =
    digest === undefined
      ? [...catalogue.modules.values()]
          .filter(({ chart }) => chart !== undefined && knownRepositories([chart], judges).has(own))
          .flatMap(({ name }) => catalogue.releases(name))
      : catalogue.releasesNaming(digest).filter(({ manifest }) => catalogue.modules.has(manifest.module));
  return candidates.filter(({ manifest: { chart } }) => {
    if (chart === undefined || (version !== undefined && chart.version !== version)) return false;
    const isOwn = knownRepositories([chart.repository], judges).has(own);
    return digest === undefined
      ? version !== undefined && isOwn
      : chart.digest === digest && (isOwn || listed.has(own));
  });
}

function refuseLast(releases: readonly Release[], ref: ChartRef | string, judges: Judges): Violation {
  const what = typeof ref === "string" ? "its chart" : chartWords(ref);
  return refuseRelease(what, releases.at(-1) as Release, judges);
}

function chartWords({ repository, version, digest }: ChartRef): string {
  const by = digest === undefined ? (version === undefined ? "" : ` ${version}`) : `@${digest}`;
  return `the chart ${repository}${by}`;
}
