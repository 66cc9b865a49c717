import { describe, expect, it, vi } from "vitest";
import { announceDeployment, openAnnouncer } from "../../cli/announce.ts";
import { openContext } from "../../cli/context.ts";
import { startSlack } from "../clients/slackServer.ts";
import { Approval } from "./approval.ts";

const CHAT = { "catalog/trust/chat.yaml": 'channel: "#production"\nstacks: { dev: "#dev" }\n' };

function contextWith(files: Record<string, string>) {
  return openContext({ directory: new Approval(files).root });
}

/** What is printed on standard error meanwhile. */
async function printed(run: () => Promise<void>): Promise<string> {
  let text = "";
  const spy = vi.spyOn(process.stderr, "write").mockImplementation((chunk) => {
    text += String(chunk);
    return true;
  });
  try {
    await run();
    return text;
  } finally {
    spy.mockRestore();
  }
}

describe("an announcement", () => {
  it("is posted in the channel of its stack, and prints nothing", async () => {
    const slack = await startSlack();
    const announcer = openAnnouncer(contextWith(CHAT), slack.env);
    const text = await printed(async () => {
      await announcer.say({ kind: "notice", text: "save your work", stack: "dev" });
      await announcer.say({ kind: "end", text: "all is well", stack: "prod" });
    });
    expect(text).toBe("");
    expect(slack.wrong).toEqual([]);
    expect(slack.messages.map(({ channel, text }) => [channel, text])).toEqual([
      ["#dev", "save your work"],
      ["#production", "all is well"],
    ]);
  });

  it("mentions nobody and holds no link, whatever people write", async () => {
    const slack = await startSlack();
    const announcer = openAnnouncer(contextWith(CHAT), slack.env);
    const text = "no: <!channel> & <@U123|boss>, @Channel @here @everyone, <https://evil.test|click>";
    await announcer.say({ kind: "tally", text });
    expect(slack.wrong).toEqual([]);
    expect(slack.messages[0]?.text).toBe(
      "no: &lt;!channel&gt; &amp; &lt;@U123|boss&gt;, @\u200bChannel @\u200bhere @\u200beveryone, &lt;https://evil.test|click&gt;",
    );
  });

  it("is cut to what Slack keeps, and never inside an escape", async () => {
    const slack = await startSlack();
    await openAnnouncer(contextWith(CHAT), slack.env).say({ kind: "report", text: "&".repeat(50_000) });
    expect(slack.wrong).toEqual([]);
    expect(slack.messages[0]?.text).toBe(`${"&amp;".repeat(7_999)}…`);
  });

  it.each([
    ["channel_not_found", "Slack refuses it for #production: channel_not_found"],
    ["rate-limited", "A rate-limit has been reached"],
    ["broken", "An HTTP protocol error occurred: statusCode = 503"],
  ] as const)("that Slack does not take (%s) is printed with the reason, and fails nothing", async (answer, reason) => {
    const slack = await startSlack(answer);
    const announcer = openAnnouncer(contextWith(CHAT), slack.env);
    const text = await printed(() => announcer.say({ kind: "tally", text: "GO\n  qa: tester" }));
    expect(text).toContain("tally  GO\n    qa: tester\n  not told in #production: ");
    expect(text).toContain(reason);
  });

  it("is printed where nobody is listening, where there is no token, and where trust names no channel", async () => {
    const say = (files: Record<string, string>, env: NodeJS.ProcessEnv) =>
      printed(() => openAnnouncer(contextWith(files), env).say({ kind: "start", text: "begins\u001b[2J now" }));
    const gone = { SLACK_BOT_TOKEN: "xoxb-of-a-test", SLACK_API_URL: "http://127.0.0.1:1/api/" };
    expect(await say(CHAT, gone)).toContain("start  begins now\n  not told in #production: ");
    expect(await say(CHAT, {})).toBe("start  begins now\n");
    expect(await say({}, gone)).toBe("start  begins now\n");
  });

  it("tells of a deployment before it begins, and how it ended", async () => {
    const slack = await startSlack();
    const announcer = openAnnouncer(contextWith(CHAT), slack.env);
    const steps = [
      { module: "store", from: "1.0.0", to: "1.1.0" },
      { module: "web", to: "1.1.0" },
    ];
    await announceDeployment(announcer, { stack: "prod", state: "starts", steps, window: "patch-thursday" });
    await announceDeployment(announcer, {
      stack: "prod",
      state: "failed",
      steps,
      seconds: 61.7,
      reason: "web: timeout",
    });
    expect(slack.wrong).toEqual([]);
    expect(slack.messages.map(({ text }) => text)).toEqual([
      "prod: deployment begins in patch-thursday\n  store 1.0.0 → 1.1.0\n  web none → 1.1.0",
      "prod: ✘ deployment failed after 62 s\n  store 1.0.0 → 1.1.0\n  web none → 1.1.0\n  web: timeout",
    ]);
  });
});
