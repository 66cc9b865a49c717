import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { CliExit } from "../../engine/pulumiCli.ts";
import { runPulumi } from "./pulumiCommand.ts";

/** Where a stack is, and how to reach what it is applied to. */
export interface Place {
  /** The checkout. */
  readonly root: string;
  readonly stack: string;
  /** Environment variables that `kubectl`, `helm` and providers need. */
  readonly env: Readonly<Record<string, string>>;
}

/** What makes a cluster contain what a stack wants. Whatever fails ends it, with what it said. */
export interface Driver {
  /** Makes the stack, with nothing in it yet. */
  open(): Promise<CliExit>;
  up(): Promise<CliExit>;
  /** Fails where the cluster differs from what the stack wants. */
  unchanged(): Promise<CliExit>;
}

/** The real Pulumi engine, with the state of its stack in the checkout. */
export class EngineDriver implements Driver {
  readonly #place: Place;

  constructor(place: Place) {
    this.#place = place;
    mkdirSync(join(place.root, ".state"));
  }

  open(): Promise<CliExit> {
    return this.#pulumi("stack", "init", this.#place.stack);
  }

  up(): Promise<CliExit> {
    return this.#pulumi("up", "--yes", "--skip-preview", "--policy-pack", "policies");
  }

  unchanged(): Promise<CliExit> {
    return this.#pulumi("preview", "--expect-no-changes");
  }

  #pulumi(...args: readonly string[]): Promise<CliExit> {
    const { root, env } = this.#place;
    const own = {
      ...env,
      PULUMI_HOME: join(root, ".home"),
      PULUMI_BACKEND_URL: `file://${join(root, ".state")}`,
      PULUMI_CONFIG_PASSPHRASE: "a passphrase",
    };
    return runPulumi(root, own, args);
  }
}
