import { beforeEach, onTestFinished } from "vitest";
import { type Checkout, COMMAND, type Outcome, start } from "../cli/checkout.ts";
import { AT, blessedCheckout } from "./blessedCheckout.ts";
import { type Built, push } from "./images.ts";
import { type Registries, type Registry, startRegistries } from "./registries.ts";
import { missingTools } from "./tools.ts";

/** Why deliveries cannot be tested here; undefined where they can. */
export const missing = missingTools("docker-registry", "skopeo", "openssl", "perl");

export const MB = 1024 * 1024;

/** Where the stack pulls from: the mirror of what the build registry has in `team/app` and `charts/app`. */
export const APP = "mirror/team/app";
export const CHART = "mirror/charts/app";
export const TAG = "rel-app-1.0.0";
export const ARGS = ["deliver", "app", "1.0.0", "--for", "prod", "--to", "images", "charts", "--at", AT];

/** A build registry and that of an environment; new ones for each test, so that no blob is there because another has brought it. */
export class Delivery {
  registries!: Registries;
  build!: Registry;
  prod!: Registry;

  /** To be called where tests are described. */
  constructor() {
    beforeEach(async () => {
      this.registries = await startRegistries(["build.test", "prod.test"], "open sesame");
      [this.build, this.prod] = this.registries.all as [Registry, Registry];
      return () => this.registries.stop();
    });
  }

  /** Runs the command as a user does who is logged in to both. */
  run(checkout: Checkout, args: readonly string[] = ARGS, env: NodeJS.ProcessEnv = {}): Promise<Outcome> {
    return start(process.execPath, [COMMAND, ...args], checkout.root, { ...this.registries.env, ...env });
  }

  /** A checkout in which an image, and a chart where there is one, are blessed. They are in the build registry. */
  async release(image: Built, chart?: Built) {
    await push(this.build, "team/app", image);
    if (chart !== undefined) await push(this.build, "charts/app", chart);
    const made = await blessedCheckout({ image: image.digest, ...(chart && { chart: chart.digest }) });
    onTestFinished(() => made.checkout.remove());
    return made;
  }
}
