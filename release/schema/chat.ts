import { z } from "zod";
import { Name } from "./common.ts";

const ChatChannel = z
  .string()
  .regex(
    /^(#[a-z0-9_-]{1,80}|[CG][A-Z0-9]{8,})$/,
    "must be a channel such as #production, or its id such as C0123456789",
  );

/** `catalog/trust/chat.yaml`: where a platform is talked about. The token is in SLACK_BOT_TOKEN, never in a file. */
export const ChatFile = z
  .strictObject({
    channel: ChatChannel.describe("Slack channel that is told of everything"),
    stacks: z.record(Name, ChatChannel).default({}).describe("Stacks that are spoken of in a channel of their own"),
  })
  .meta({ title: "Imprimatur chat" });
export type ChatFile = z.infer<typeof ChatFile>;
