import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { slackText } from "../../release/chat.ts";

/** As Slack shows it. */
const shown = (text: string) =>
  text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&").replaceAll("@\u200b", "@");

const hostile = fc
  .array(fc.oneof(fc.constantFrom("<", ">", "&", "&amp;", "<!channel>", "@here", "@Everyone", "\n"), fc.string()))
  .map((parts) => parts.join(""));

describe("text for Slack", () => {
  it("holds nothing that begins a link or a mention, and reads as it was written", () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const sent = slackText(text);
        expect(sent).not.toMatch(/[<>]|@(channel|here|everyone)/i);
        expect(shown(sent)).toBe(text);
      }),
    );
  });

  it("is never longer than what Slack keeps, whatever it is escaped to", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 100 }), fc.nat(1_000), (text, times) => {
        expect(slackText(text.repeat(times)).length).toBeLessThanOrEqual(40_000);
      }),
    );
  });
});
