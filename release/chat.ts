/** Slack keeps 40,000 characters of a message, and one that is escaped is up to five times as long. */
const MAX_CHARACTERS = 8_000;

const ESCAPES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };

/**
 * Text of people as Slack shows it to the letter: what would begin a link or the mention of a user, a group or a whole
 * channel is escaped. `@channel`, which some clients read even so, is broken by a space of no width.
 * See https://docs.slack.dev/messaging/formatting-message-text/#escaping
 */
export function slackText(text: string): string {
  const shown = text.length <= MAX_CHARACTERS ? text : `${text.slice(0, MAX_CHARACTERS - 1)}…`;
  return shown.replace(/[&<>]/g, (sign) => ESCAPES[sign] ?? sign).replace(/@(?=channel|here|everyone)/gi, "@\u200b");
}
