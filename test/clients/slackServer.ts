import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import { z } from "zod";

/** The arguments of chat.postMessage that are used here, as they go over the wire: https://docs.slack.dev/reference/methods/chat.postMessage */
const Payload = z.strictObject({
  channel: z.string().regex(/^(#[a-z0-9_-]{1,80}|[CG][A-Z0-9]{8,})$/),
  // Slack cuts what is longer, and reads <…> as a link or a mention.
  text: z
    .string()
    .min(1)
    .max(40_000)
    .regex(/^[^<>]*$/),
  mrkdwn: z.literal("false"),
  parse: z.literal("none"),
  link_names: z.literal("false"),
  unfurl_links: z.literal("false"),
  unfurl_media: z.literal("false"),
});
type Message = z.infer<typeof Payload>;

/** What a double of Slack answers to every message. */
export type Answer = "ok" | "channel_not_found" | "rate-limited" | "broken";

/** A double of Slack's API on this host, which takes only messages as Slack documents them. */
export interface SlackServer {
  readonly url: string;
  readonly env: NodeJS.ProcessEnv;
  readonly messages: readonly Message[];
  /** What was sent and is no such message. */
  readonly wrong: readonly string[];
}

const TOKEN = "xoxb-of-a-test";

/** Starts a double that is gone when the test is over. */
export async function startSlack(answer: Answer = "ok"): Promise<SlackServer> {
  const messages: Message[] = [];
  const wrong: string[] = [];
  const server = createServer(async (request, response) => {
    const body = (await request.toArray()).join("");
    const reply = (status: number, json: object, headers: Record<string, string> = {}) =>
      response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(json));
    const isPost = request.method === "POST" && request.url === "/api/chat.postMessage";
    const sent = Payload.safeParse(Object.fromEntries(new URLSearchParams(body)));
    if (!isPost || !sent.success) wrong.push(`${request.method} ${request.url}: ${sent.error?.message ?? body}`);
    else if (request.headers.authorization !== `Bearer ${TOKEN}`) return reply(200, { ok: false, error: "not_authed" });
    else if (answer === "ok") messages.push(sent.data);
    if (answer === "rate-limited") return reply(429, {}, { "retry-after": "60" });
    if (answer === "broken") return reply(503, {});
    return reply(200, answer === "ok" ? { ok: true, ts: `${messages.length}.0` } : { ok: false, error: answer });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => new Promise<void>((resolve) => void server.close(() => resolve())));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api`;
  return { url, env: { SLACK_BOT_TOKEN: TOKEN, SLACK_API_URL: url }, messages, wrong };
}
