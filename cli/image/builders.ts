import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nearestHint, refuseInput } from "../../release/errors.ts";
import type { ImageBuild } from "../../release/frozen/image.ts";
import { isOnPath } from "../deliver/tools.ts";
import { type Ended, runProgram } from "./run.ts";

/** One build of an image. */
interface BuildRequest {
  readonly context: string;
  readonly tag: string;
  readonly platform: string;
  /** SOURCE_DATE_EPOCH, in seconds. */
  readonly epoch: number;
  readonly args: Readonly<Record<string, string>>;
  /** As the builders take them: `id=pip,src=/etc/pip.conf`. */
  readonly secrets: readonly string[];
  readonly network?: string;
  /** Where the image also goes, with provenance attached: an OCI layout, since Docker's own store keeps no attestations. */
  readonly layout?: string;
  /** An image that makes an SBOM, as BuildKit starts it. */
  readonly sbomGenerator?: string;
  readonly onLine: (line: string) => void;
}

/** An image that commands can be run in. */
export interface OpenImage {
  /** Runs a command in the image, with no network. */
  readonly run: (command: readonly string[], input?: string) => Promise<Ended>;
  readonly close: () => Promise<void>;
}

/** A program that builds images. */
export interface Builder {
  readonly name: ImageBuild["builder"];
  readonly build: (request: BuildRequest) => Promise<Ended>;
  /** Id of an image, `sha256:…`; undefined where there is none. */
  readonly imageId: (image: string) => Promise<string | undefined>;
  /** Digests of its layers, unpacked, from the base on. */
  readonly layers: (image: string) => Promise<readonly string[]>;
  readonly open: (image: string) => Promise<OpenImage>;
}

const BUILDERS = ["docker", "buildah"] as const;

/**
 * The builder that was asked for, or else the first that works here.
 * @throws InputError that says what to install
 */
export function findBuilder(wanted: string | undefined): Builder {
  const place = { file: "--builder", path: "" };
  const known = BUILDERS.find((name) => name === wanted);
  if (wanted !== undefined && known === undefined) {
    const message = `must be one of ${BUILDERS.join(", ")}`;
    refuseInput({ ...place, message, value: wanted, ...nearestHint(wanted, BUILDERS) });
  }
  const name = known ?? BUILDERS.find(works);
  if (name === undefined || !works(name)) {
    const message =
      "no image can be built here: install Docker with buildx and start its daemon, or buildah (Debian: apt install buildah)";
    return refuseInput({ ...place, message, ...(wanted === undefined ? {} : { value: wanted }) });
  }
  return name === "docker" ? docker : buildah;
}

/** Docker is a client alone where no daemon answers, and its old builder knows no secrets. */
function works(name: string): boolean {
  if (!isOnPath(name)) return false;
  const answers = (...args: readonly string[]) => spawnSync("docker", args, { stdio: "ignore" }).status === 0;
  return name !== "docker" || (answers("buildx", "version") && answers("info"));
}

const docker: Builder = {
  name: "docker",
  build: async (request) => {
    const env = { ...process.env, SOURCE_DATE_EPOCH: `${request.epoch}` };
    const build = (output: string, ...how: readonly string[]) => {
      const args = ["--output", `${output},rewrite-timestamp=true`, ...how, ...common(request), request.context];
      return runProgram("docker", ["buildx", "build", ...args], { env, onLine: request.onLine });
    };
    const load = (...how: readonly string[]) => build("type=docker", "--provenance=false", ...how);
    // Layers are compared over the whole of them, so cached ones would prove nothing.
    if (request.layout === undefined) return load("--no-cache");
    const { layout, sbomGenerator } = request;
    const sbom = sbomGenerator === undefined ? [] : [`--sbom=generator=${sbomGenerator}`];
    const output = `type=oci,dest=${layout},tar=false`;
    const attached = await build(output, "--no-cache", "--provenance=mode=max", ...sbom);
    // What is loaded, and then tested, comes of the layers that were just made.
    return attached.code === 0 ? load() : attached;
  },
  imageId: (image) => inspected(runProgram("docker", ["image", "inspect", "--format", "{{.Id}}", image])),
  layers: (image) => digestsIn(runProgram("docker", ["image", "inspect", "--format", "{{.RootFS.Layers}}", image])),
  open: async (image) => ({
    run: ([program = "", ...args], input = "") => {
      const options = ["--rm", "--interactive", "--network", "none", "--entrypoint", program];
      return runProgram("docker", ["run", ...options, image, ...args], { input });
    },
    close: async () => undefined,
  }),
};

const buildah: Builder = {
  name: "buildah",
  build: (request) => {
    if (request.layout !== undefined)
      refuseInput({ file: "--attach", path: "", message: "buildah attaches nothing: take docker" });
    // One layer on the base, with every time set: what RUN leaves must not depend on when it ran.
    const args = ["build", "--timestamp", `${request.epoch}`, "--layers=false", ...common(request), request.context];
    return runProgram("buildah", args, { onLine: request.onLine });
  },
  imageId: (image) =>
    inspected(runProgram("buildah", ["inspect", "--type", "image", "--format", "{{.FromImageID}}", image])),
  layers: (image) => {
    const args = ["inspect", "--type", "image", "--format", "{{.OCIv1.RootFS.DiffIDs}}", image.replace(/^sha256:/, "")];
    return digestsIn(runProgram("buildah", args));
  },
  open: async (image) => {
    // With chroot isolation buildah shares the network whatever it is told. Of a network of its own, only loopback is up:
    // kernels of notebooks are talked to through it.
    const chroot = process.env.BUILDAH_ISOLATION === "chroot";
    if (chroot && !(isOnPath("unshare") && isOnPath("ip"))) {
      const message = "tests run with no network by unshare and ip (Debian: apt install util-linux iproute2)";
      refuseInput({ file: "BUILDAH_ISOLATION", path: "", message, value: "chroot" });
    }
    const alone = chroot ? ["unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"] : [];
    const from = await runProgram("buildah", ["from", "--pull-never", image.replace(/^sha256:/, "")]);
    const container = from.stdout.trim();
    if (from.code !== 0)
      refuseInput({ file: image, path: "", message: `buildah cannot open it: ${from.stderr.trim()}` });
    // What a command prints goes through a file: what buildah itself passes on was seen to end too early, with exit code 0.
    const out = mkdtempSync(join(tmpdir(), "imprimatur-image-"));
    const volume = ["--volume", `${out}:/run/imprimatur`];
    const printing = ["sh", "-c", 'exec "$@" >/run/imprimatur/stdout', "sh"];
    return {
      run: async (command, input = "") => {
        rmSync(join(out, "stdout"), { force: true });
        const buildah = ["buildah", "run", "--network", "none", ...volume, container, "--", ...printing, ...command];
        const [program = "", ...args] = [...alone, ...buildah];
        const ended = await runProgram(program, args, { input });
        const stdout = existsSync(join(out, "stdout")) ? readFileSync(join(out, "stdout"), "utf8") : "";
        return { ...ended, stdout };
      },
      close: async () => {
        await runProgram("buildah", ["rm", container]);
        rmSync(out, { recursive: true, force: true });
      },
    };
  },
};

function common({ tag, platform, epoch, args, secrets, network }: BuildRequest): string[] {
  const all = { ...args, SOURCE_DATE_EPOCH: `${epoch}` };
  return [
    ...["--tag", tag, "--platform", platform],
    ...(network === undefined ? [] : ["--network", network]),
    ...Object.entries(all).flatMap(([name, value]) => ["--build-arg", `${name}=${value}`]),
    ...secrets.flatMap((secret) => ["--secret", secret]),
  ];
}

async function digestsIn(ended: Promise<Ended>): Promise<readonly string[]> {
  return (await ended).stdout.match(/sha256:[0-9a-f]{64}/g) ?? [];
}

async function inspected(ended: Promise<Ended>): Promise<string | undefined> {
  const { code, stdout } = await ended;
  const [, hex] = /([0-9a-f]{64})/.exec(stdout) ?? [];
  return code === 0 && hex !== undefined ? `sha256:${hex}` : undefined;
}
