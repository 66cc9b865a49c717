import { stripVTControlCharacters } from "node:util";
import { postMessage } from "../clients/slack.ts";
import type { Context } from "./context.ts";

/** Something that the people around a platform are told. */
export interface Announcement {
  readonly kind: "notice" | "start" | "end" | "hold-off" | "reminder" | "tally" | "deployment" | "report";
  /** One or more lines, as people read them. */
  readonly text: string;
  /** The stack that it is about, which may have a channel of its own. */
  readonly stack?: string;
}

/** Tells people. It never fails: what could not be told is said on the terminal. */
export interface Announcer {
  say(announcement: Announcement): Promise<void>;
}

/** One module's step from a version to another; undefined for none. */
interface Step {
  readonly module: string;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/** A deployment to a stack, before it begins or when it is over. */
export interface Deployment {
  readonly stack: string;
  readonly state: "starts" | "succeeded" | "failed" | "rolled-back";
  readonly steps: readonly Step[];
  /** The window that it is made in. */
  readonly window?: string | undefined;
  /** Why it is made, or why it failed. */
  readonly reason?: string | undefined;
  readonly seconds?: number | undefined;
}

/**
 * Opens what tells people: the channel of `catalog/trust/chat.yaml` where the environment has a SLACK_BOT_TOKEN, and else
 * standard error, so that what a verb prints as its result stays as it is.
 * @throws InputError where the file is malformed
 */
export function openAnnouncer({ catalogue }: Context, env: NodeJS.ProcessEnv = process.env): Announcer {
  const { chat } = catalogue;
  const token = env.SLACK_BOT_TOKEN ?? "";
  if (chat === undefined || token === "") return { say: async (announcement) => print(announcement) };
  const url = env.SLACK_API_URL ?? "";
  const settings = { token, ...(url === "" ? {} : { url }) };
  return {
    say: async (announcement) => {
      const { stack, text } = announcement;
      const channel = (stack === undefined ? undefined : chat.stacks[stack]) ?? chat.channel;
      try {
        await postMessage(settings, channel, text);
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        print({ ...announcement, text: `${text}\nnot told in ${channel}: ${why}` });
      }
    },
  };
}

/** Tells that a deployment begins, or how it ended. */
export function announceDeployment(announcer: Announcer, deployment: Deployment): Promise<void> {
  return announcer.say({ kind: "deployment", stack: deployment.stack, text: deploymentText(deployment) });
}

const STATES: Readonly<Record<Deployment["state"], string>> = {
  starts: "deployment begins",
  succeeded: "✔ deployed",
  failed: "✘ deployment failed",
  "rolled-back": "✘ deployment failed and was rolled back",
};

function deploymentText({ stack, state, steps, window, reason, seconds }: Deployment): string {
  const about = [
    ...(window === undefined ? [] : [`in ${window}`]),
    ...(seconds === undefined ? [] : [`after ${Math.round(seconds)} s`]),
  ];
  return [
    `${stack}: ${[STATES[state], ...about].join(" ")}`,
    ...steps.map(({ module, from, to }) => `  ${module} ${from ?? "none"} → ${to ?? "none"}`),
    ...(steps.length === 0 ? ["  no release changes"] : []),
    ...(reason === undefined ? [] : [`  ${reason}`]),
  ].join("\n");
}

function print({ kind, text }: Announcement): void {
  const [first = "", ...more] = text.split("\n").map(printable);
  process.stderr.write(`${[`${kind}  ${first}`, ...more.map((line) => `  ${line}`)].join("\n")}\n`);
}

/** A line that cannot steer a terminal; unlike `plain`, it keeps how far it is set in. */
function printable(line: string): string {
  return stripVTControlCharacters(line).replace(/[\p{Cc}\p{Bidi_Control}]+/gu, " ");
}
