import type { ChatPostMessageArguments, Logger } from "@slack/web-api";
import { slackText } from "../release/chat.ts";

/** How a workspace is reached. */
export interface SlackSettings {
  readonly token: string;
  /** Where its API begins; Slack's own by default. */
  readonly url?: string;
}

/** A pipeline waits for it: a message is tried three times, within half a minute. */
const RETRIES = { retries: 2, minTimeout: 500, maxTimeout: 2_000 };
const TIMEOUT_MS = 8_000;

/**
 * Posts a message to a channel, as plain text: nothing in it is a link, a format or the mention of anybody.
 * @throws Error where Slack cannot be reached, or does not take it
 */
export async function postMessage({ token, url }: SlackSettings, channel: string, text: string): Promise<void> {
  // Loaded when there is something to say: no other command waits for it.
  const { WebClient, WebAPIPlatformError } = await import("@slack/web-api");
  const client = new WebClient(token, {
    ...(url === undefined ? {} : { slackApiUrl: url.endsWith("/") ? url : `${url}/` }),
    retryConfig: RETRIES,
    timeout: TIMEOUT_MS,
    // A limit may ask for minutes of patience, and what waits is a decision that has been made already.
    rejectRateLimitedCalls: true,
    logger: SILENT,
  });
  try {
    await client.chat.postMessage(messageTo(channel, text));
  } catch (error) {
    if (!(error instanceof WebAPIPlatformError)) throw error;
    throw new Error(`Slack refuses it for ${channel}: ${error.data.error}`);
  }
}

function messageTo(channel: string, text: string): ChatPostMessageArguments {
  return {
    channel,
    text: slackText(text),
    mrkdwn: false,
    parse: "none",
    link_names: false,
    unfurl_links: false,
    unfurl_media: false,
  };
}

/** The library reports on the console; whoever calls says what failed, once. */
const SILENT: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  setLevel: () => undefined,
  getLevel: () => "error" as ReturnType<Logger["getLevel"]>,
  setName: () => undefined,
};
