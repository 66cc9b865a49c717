import { z } from "zod";
import type { ListedFlag } from "../../release/flagList.ts";
import { Name } from "../../release/schema/common.ts";
import { FlagMaturity, FlagName, FlagSetting } from "../../release/schema/flags.ts";
import type { Style } from "../render/style.ts";
import { plain } from "../render/text.ts";

/** What `imprimatur flag list --json` prints. */
export const FlagsReport = z
  .strictObject({
    flags: z.array(
      z.strictObject({
        module: Name,
        flag: FlagName,
        description: z.string(),
        owner: z.string(),
        acceptor: z.string(),
        maturity: FlagMaturity.describe("As declared"),
        earned: FlagMaturity.describe("As its acceptor has signed for"),
        expires: z.iso.date(),
        live: z.boolean(),
        feedback: z.url().optional(),
        settings: z.record(Name, FlagSetting).describe("By stack that runs the module"),
        stale: z.array(z.string()).describe("What is the matter; empty where nothing is"),
      }),
    ),
  })
  .meta({ title: "Imprimatur flags" });
export type FlagsReport = z.infer<typeof FlagsReport>;

export function flagsReport(flags: readonly ListedFlag[]): FlagsReport {
  return {
    flags: flags.map(({ module, flag, description, owner, acceptor, maturity, earned, expires, live, ...rest }) => ({
      ...{ module, flag, description, owner, acceptor, maturity, earned, expires, live },
      ...(rest.feedback === undefined ? {} : { feedback: rest.feedback }),
      settings: { ...rest.settings },
      stale: [...rest.stale],
    })),
  };
}

/** A paragraph for each flag. */
export function renderFlags({ flags }: FlagsReport, style: Style): string {
  if (flags.length === 0) return "no flags\n";
  const paragraphs = flags.map(({ module, flag, description, owner, acceptor, earned, expires, ...rest }) => {
    const how = rest.live ? "live" : "at start";
    const settings = Object.entries(rest.settings).map(([stack, setting]) => `${stack} ${settingText(setting)}`);
    return [
      `${style.bold(plain(`${module} ${flag}`))}  ${earned}, until ${expires}, ${how}`,
      `  ${plain(description)}`,
      `  ${plain(settings.join(" · ") || "no stack runs it")}`,
      `  owner ${plain(owner)}, accepted by ${plain(acceptor)}${rest.feedback ? `, feedback ${plain(rest.feedback)}` : ""}`,
      ...rest.stale.map((text) => `  ${style.bad("!")} ${plain(text)}`),
    ].join("\n");
  });
  return `${paragraphs.join("\n\n")}\n`;
}

/** A setting in a few words. */
export function settingText(setting: FlagSetting): string {
  if (typeof setting === "string") return setting;
  if ("percentage" in setting) return `${setting.percentage} %`;
  const sites = Object.entries(setting.sites).sort(([a], [b]) => (a < b ? -1 : 1));
  return `for ${sites.map(([site, until]) => `${site} until ${until}`).join(", ")}`;
}
