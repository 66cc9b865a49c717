import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { Approval, PASSPHRASE } from "./approval.ts";
import { COMMAND } from "./checkout.ts";

/** When the window of a test opens or opened, in minutes from now, and what else it says (YAML). */
export interface WindowPlan {
  readonly opensIn: number;
  readonly minutes?: number;
  readonly stacks?: readonly string[];
  readonly more?: string;
}

/** `2026-08-06T15:00`, so many minutes from now, in UTC. */
function localTime(minutes: number): string {
  return new Date(Date.now() + minutes * 60_000).toISOString().slice(0, 16);
}

/** A checkout with the telescope's stacks, a window around now, and a command of the team's own that applies a stack. */
export class WindowCheckout extends Approval {
  constructor({ opensIn, minutes = 240, stacks = ["tucson", "base", "summit"], more = "" }: WindowPlan) {
    super({
      "catalog/trust/stacks.yaml": `stacks:
  dev: { class: dev }
  tucson: { class: dev }
  base: { class: staging }
  summit: { class: staging }
  prod: { class: prod }
`,
      "catalog/trust/calendar.yaml": `windows:
  summit-window:
    description: at lunch time on the summit
    stacks: [${stacks.join(", ")}]
    coordinator: ops
    zone: UTC
    starts: ${localTime(opensIn)}
    minutes: ${minutes}
${more}
stopTheLine: [release-manager, sre]
`,
      // Notes the stack, says so, and fails or waits where the test wants that.
      "apply.sh": `echo "$1" >> applied.log
echo "applying $1"
while [ -e "wait-$1" ]; do sleep 0.05; done
[ ! -e "fail-$1" ] || exit 3
`,
    });
    for (const stack of ["tucson", "base", "summit"]) this.write(`Pulumi.${stack}.yaml`, this.read("Pulumi.prod.yaml"));
    this.withKeys("ops", "tester", "manager", "guest", "pipeline");
  }

  /** Runs the window as a process of its own. */
  runWindow(person = "ops") {
    return this.process(["window", "run", "summit-window", "--apply", "sh apply.sh"], person);
  }

  /** Runs the window, and kills it with all that it started once it has begun to apply a stack. */
  async killWhenAt(stack: string): Promise<void> {
    const args = ["window", "run", "summit-window", "--apply", "sh apply.sh", "--key", this.key("ops")];
    const env = { ...process.env, IMPRIMATUR_PASSPHRASE: PASSPHRASE };
    const child = spawn(process.execPath, [COMMAND, ...args], { cwd: this.root, env, stdio: "ignore", detached: true });
    const ended = once(child, "exit");
    while (this.applied.at(-1) !== stack) await setTimeout(50);
    // The minus stands for the group: the command and what it runs.
    process.kill(-(child.pid ?? Number.NaN), "SIGKILL");
    await ended;
  }

  /** The stacks that were applied, in order, also those that failed. */
  get applied(): string[] {
    const present = existsSync(join(this.root, "applied.log"));
    return present ? this.read("applied.log").trim().split("\n") : [];
  }

  /** `<stack>: <state>` of each stack, as `window show` has them. */
  async states(): Promise<string[]> {
    const { stdout } = await this.verb(["window", "show", "summit-window", "--json"]);
    const [window] = JSON.parse(stdout).windows as { stacks: { stack: string; state: string }[] }[];
    return (window?.stacks ?? []).map(({ stack, state }) => `${stack}: ${state}`);
  }
}
