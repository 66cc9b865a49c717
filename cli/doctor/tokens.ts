import { InputError } from "../../release/errors.ts";
import type { Platform } from "../../release/platform.ts";
import type { ChatFile } from "../../release/schema/chat.ts";
import type { Context } from "../context.ts";
import { type Found, ok, skipped, warning } from "./report.ts";

/** Whether an update of a stack has the tokens of the servers beside the cluster that it talks to. They are not tried. */
export function checkTokens(context: Context, platform: Platform, env: NodeJS.ProcessEnv): readonly Found[] {
  const found = [...checkUnleash(platform, env), ...checkSlack(chatOf(context), platform, env)];
  return found.length > 0 ? found : [skipped("an update talks to no server that asks for a token")];
}

function checkUnleash({ settings, modules }: Platform, env: NodeJS.ProcessEnv): Found[] {
  const place = settings["imprimatur:unleash"];
  const flags = [...modules.values()].flatMap(({ canaryPlan }) =>
    canaryPlan?.carrier === "unleash" ? [canaryPlan.flag] : [],
  );
  if (place === undefined || flags.length === 0) return [];
  if (env.UNLEASH_TOKEN) return [ok(`UNLEASH_TOKEN is there, for ${place.url}`)];
  const message = `there is no UNLEASH_TOKEN: an update that makes or changes the flag ${flags.join(", ")} would fail`;
  return [warning(message, `set UNLEASH_TOKEN to a token of ${place.url} that may change flags`)];
}

function checkSlack(chat: ChatFile | undefined, { stack }: Platform, env: NodeJS.ProcessEnv): Found[] {
  if (chat === undefined) return [];
  const channel = chat.stacks[stack.name] ?? chat.channel;
  if (env.SLACK_BOT_TOKEN) return [ok(`SLACK_BOT_TOKEN is there, for ${channel}`)];
  return [
    warning(
      `there is no SLACK_BOT_TOKEN: what is applied is told on the terminal, and not in ${channel}`,
      "set SLACK_BOT_TOKEN to the token of a bot that may write there, or take away catalog/trust/chat.yaml",
    ),
  ];
}

function chatOf({ catalogue }: Context): ChatFile | undefined {
  try {
    return catalogue.chat;
  } catch (error) {
    // Told with the rest of trust.
    if (error instanceof InputError) return undefined;
    throw error;
  }
}
