import { spawnSync } from "node:child_process";
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
  /** Attach provenance and an SBOM to the image. */
  readonly attach: boolean;
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
  build: (request) => {
    // Layers are compared over the whole of them, so cached ones would prove nothing.
    const output = ["--no-cache", "--output", "type=docker,rewrite-timestamp=true"];
    const attached = request.attach ? ["--provenance=mode=max", "--sbom=true"] : ["--provenance=false"];
    const how = ["buildx", "build", ...output, ...attached];
    const env = { ...process.env, SOURCE_DATE_EPOCH: `${request.epoch}` };
    return runProgram("docker", [...how, ...common(request), request.context], { env, onLine: request.onLine });
  },
  imageId: (image) => inspected(runProgram("docker", ["image", "inspect", "--format", "{{.Id}}", image])),
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
    if (request.attach) refuseInput({ file: "--attach", path: "", message: "buildah attaches nothing: take docker" });
    // One layer on the base, with every time set: what RUN leaves must not depend on when it ran.
    const args = ["build", "--timestamp", `${request.epoch}`, "--layers=false", ...common(request), request.context];
    return runProgram("buildah", args, { onLine: request.onLine });
  },
  imageId: (image) =>
    inspected(runProgram("buildah", ["inspect", "--type", "image", "--format", "{{.FromImageID}}", image])),
  open: async (image) => {
    const from = await runProgram("buildah", ["from", "--pull-never", image.replace(/^sha256:/, "")]);
    const container = from.stdout.trim();
    if (from.code !== 0)
      refuseInput({ file: image, path: "", message: `buildah cannot open it: ${from.stderr.trim()}` });
    // With chroot isolation buildah shares the network whatever it is told.
    const alone = process.env.BUILDAH_ISOLATION === "chroot" ? ["unshare", "--net"] : [];
    return {
      run: (command, input = "") => {
        const args = [...alone, "buildah", "run", "--network", "none", container, "--", ...command];
        return runProgram(args[0] ?? "", args.slice(1), { input });
      },
      close: async () => void (await runProgram("buildah", ["rm", container])),
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

async function inspected(ended: Promise<Ended>): Promise<string | undefined> {
  const { code, stdout } = await ended;
  const [, hex] = /([0-9a-f]{64})/.exec(stdout) ?? [];
  return code === 0 && hex !== undefined ? `sha256:${hex}` : undefined;
}
