import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import type { State, StateResource } from "../../engine/stackState.ts";
import { providerUrn } from "../../engine/urn.ts";
import { refuseInput } from "../../release/errors.ts";

const Releases = z.array(z.looseObject({ name: z.string(), namespace: z.string(), status: z.string() }));
const History = z.array(z.looseObject({ revision: z.number(), status: z.string() }));

/** A Helm release that an operation of Helm's stands still in. */
export interface StuckRelease {
  readonly name: string;
  readonly namespace: string;
  readonly status: string;
  /** Arguments of the Helm command that takes it back. */
  readonly remedy: readonly string[];
}

const POLL_MS = 1000;

/** Helm on one cluster. */
export class Helm {
  readonly #folder = mkdtempSync(join(tmpdir(), "imprimatur-helm-"));
  readonly #cluster: readonly string[];

  /** @param provider the Kubernetes provider, as a state with its secrets in plain text has it */
  constructor(provider: StateResource | undefined) {
    const { context, kubeconfig } = provider?.inputs ?? {};
    const path = this.#kubeconfig(plainText(kubeconfig));
    this.#cluster = [
      ...(typeof context === "string" ? ["--kube-context", context] : []),
      ...(path === undefined ? [] : ["--kubeconfig", path]),
    ];
  }

  close(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /**
   * Those of some releases in which an operation stands still. Who was killed may have left a provider behind that still
   * works on them: each is given time to end well.
   * @param seconds how much
   */
  async stuck(wanted: readonly string[], seconds: number): Promise<readonly StuckRelease[]> {
    const end = Date.now() + seconds * 1000;
    for (;;) {
      const found = this.#pending().filter(({ name, namespace }) => wanted.includes(`${namespace}/${name}`));
      if (found.length === 0 || Date.now() >= end) return found.map((release) => this.#withRemedy(release));
      await sleep(POLL_MS);
    }
  }

  /** Takes a release back. @throws InputError */
  takeBack({ remedy }: StuckRelease): void {
    this.#run(remedy);
  }

  #pending(): z.infer<typeof Releases> {
    const args = ["list", "--all-namespaces", "--pending", "--uninstalling", "--output", "json"];
    return Releases.parse(JSON.parse(this.#run(args)));
  }

  /** What was being installed is uninstalled, what was being changed goes back to the last revision that was whole. */
  #withRemedy({ name, namespace, status }: z.infer<typeof Releases>[number]): StuckRelease {
    const place = [name, "--namespace", namespace];
    const history = History.parse(JSON.parse(this.#run(["history", ...place, "--output", "json"])));
    const whole = history.filter((revision) => ["deployed", "superseded"].includes(revision.status)).at(-1);
    const back = whole === undefined || status === "uninstalling";
    const remedy = back ? ["uninstall", ...place] : ["rollback", name, `${whole.revision}`, "--namespace", namespace];
    return { name, namespace, status, remedy };
  }

  #run(args: readonly string[]): string {
    const { status, stdout, stderr, error } = spawnSync("helm", [...args, ...this.#cluster], { encoding: "utf8" });
    if (error !== undefined) {
      const message = `cannot be started (${error.message}): it is needed to take back what Helm had begun; install Helm 3`;
      refuseInput({ file: "helm", path: "", message });
    }
    if (status !== 0) refuseInput({ file: "helm", path: args.slice(0, 2).join(" "), message: stderr.trim() });
    return stdout;
  }

  /** A provider takes a path or the content. */
  #kubeconfig(value: string | undefined): string | undefined {
    if (value === undefined || !/[\n{]/.test(value)) return value;
    const path = join(this.#folder, "kubeconfig");
    writeFileSync(path, value, { mode: 0o600 });
    return path;
  }
}

/** A text of a state: as it is, or as a secret that was decrypted. */
function plainText(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  const secret = z.object({ plaintext: z.string() }).safeParse(value);
  return secret.success ? z.string().safeParse(JSON.parse(secret.data.plaintext)).data : undefined;
}

/** The provider that a resource is made through. */
export function providerOf({ deployment }: State, { provider }: StateResource): StateResource | undefined {
  return provider === undefined ? undefined : deployment.resources.find(({ urn }) => urn === providerUrn(provider));
}
