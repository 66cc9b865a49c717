import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { Checkout, COMMAND, type Outcome, platformFiles, start } from "../cli/checkout.ts";
import { buildOptions, type ImageBuilder } from "./imageBuilder.ts";

const PROJECT = join(import.meta.dirname, "../..");

/** A checkout with the frozen images of the reference platform, and what builds them. */
export class FrozenCheckout extends Checkout {
  readonly builder: ImageBuilder;
  readonly options: readonly string[];

  constructor(builder: ImageBuilder, base = builder.base) {
    super(platformFiles());
    this.builder = builder;
    this.options = buildOptions(builder);
    cpSync(join(PROJECT, "deployments"), join(this.root, "deployments"), { recursive: true });
    // Its freeze is of another base.
    for (const kind of ["frozen", "chilly"])
      rmSync(join(this.root, `deployments/roman/env-${kind}`), { recursive: true });
    const file = "deployments/roman/image.yaml";
    this.write(file, this.read(file).replace(/^base: .*$/m, `base: ${base}`));
  }

  image(...args: readonly string[]): Promise<Outcome> {
    return start(process.execPath, [COMMAND, "image", ...args], this.root, this.builder.env);
  }

  build(...more: readonly string[]): Promise<Outcome> {
    return this.image("build", ...this.options, ...more);
  }

  configure(how: "floating" | "chilly" | "frozen", cal = "none"): Promise<Outcome> {
    return this.image("configure", "roman", `--use-frozen=${how}`, "--freeze-chill=1", `--cal-version=${cal}`);
  }

  async commit(message: string): Promise<void> {
    await this.git("add", "--all");
    expect((await this.git("commit", "--quiet", "--allow-empty", "-m", message)).code).toBe(0);
  }
}
