import { existsSync, mkdirSync, readdirSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { refuseInput } from "../../release/errors.ts";
import { Refusal } from "../approve/outcome.ts";
import { Layout } from "./layout.ts";
import { startReceiver } from "./receiver.ts";
import { runTool } from "./run.ts";
import { isOnPath } from "./tools.ts";

/** A chart in a repository of the kind that `helm repo add` takes, and the OCI chart that it is to become. */
export interface HttpChart {
  readonly url: string;
  readonly name: string;
  readonly version: string;
  readonly digest: string;
}

/**
 * Makes an OCI chart of a chart in an HTTP repository, as an OCI image layout, with the `helm` on PATH.
 * Helm writes the time of the archive's file into the manifest, so that is set to 1970-01-01T00:00:00Z: then the same
 * archive always becomes the same OCI chart, and `touch -d @0 <archive>` and `helm push` do the same by hand.
 * @throws Refusal where what comes out does not have the digest of the release manifest
 */
export async function fetchHttpChart(chart: HttpChart, directory: string): Promise<Layout> {
  const { url, name, version, digest } = chart;
  needs("helm", "to make an OCI chart of one in an HTTP repository");
  const archives = join(directory, "charts");
  mkdirSync(archives);
  const helm = (...args: string[]) => runTool("helm", args, { subject: url });
  await helm("pull", name, "--repo", url, "--version", version, "--destination", archives);
  const [archive] = readdirSync(archives);
  if (archive === undefined)
    return refuseInput({ file: url, path: "", message: `helm pulled nothing for ${name} ${version}` });
  const path = join(archives, archive);
  utimesSync(path, 0, 0);
  const layout = join(directory, "chart");
  const receiver = await startReceiver(layout);
  let digests: readonly string[] = [];
  try {
    await helm("push", path, `oci://${receiver.host}/charts`, "--plain-http");
  } finally {
    digests = await receiver.close();
  }
  if (!digests.includes(digest)) {
    const reason = `${name} ${version} of ${url} becomes the OCI chart ${digests.join(", ")}, and the release manifest names ${digest}`;
    throw new Refusal(reason, [
      "deliver the chart from the OCI registry that the release was cut from, or cut a release with this digest",
    ]);
  }
  return new Layout(layout);
}

/**
 * Takes an image out of the Docker daemon, as an OCI image layout, with the `docker` on PATH. Only a daemon with the
 * containerd image store keeps an image as a registry knows it: the classic one keeps layers unpacked, under other digests.
 * @throws Refusal where the daemon gives other bytes
 */
export async function fetchFromDaemon(repository: string, digest: string, directory: string): Promise<Layout> {
  needs("docker", "to take an image out of its daemon");
  const reference = `${repository}@${digest}`;
  const layout = join(directory, `daemon-${digest.slice("sha256:".length)}`);
  mkdirSync(layout);
  const archive = `${layout}.tar`;
  await runTool("docker", ["save", "--output", archive, reference], { subject: reference });
  await runTool("tar", ["--extract", "--file", archive, "--directory", layout], { subject: reference });
  // Before Docker 25 a daemon saves its classic store in a form of its own, without an index.
  const saved = existsSync(join(layout, "index.json")) ? new Layout(layout) : undefined;
  if (saved?.find({ digest }) === undefined) {
    const reason = `the Docker daemon gives ${reference} with other digests than the registry: its image store does not keep what was pushed`;
    throw new Refusal(reason, ["deliver from the build registry, or switch the daemon to the containerd image store"]);
  }
  return saved;
}

function needs(program: string, why: string): void {
  if (isOnPath(program)) return;
  refuseInput({ file: "--from", path: "", message: `${program} is needed ${why}, and is not on PATH` });
}
