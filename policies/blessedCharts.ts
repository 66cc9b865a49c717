import { z } from "zod";
import { judgeChart } from "../release/rules/blessedCharts.ts";
import { resourcePolicy } from "./adapter.ts";
import { isChart } from "./images.ts";
import { judgesOf } from "./judges.ts";

export const blessedCharts = resourcePolicy({
  name: "blessed-charts",
  description: "Every chart is of a release that is blessed for the stack, and leads to images that are.",
  severity: "critical",
  framework: {
    name: "NIST SSDF",
    version: "1.1",
    reference: "PW.4.4",
    specification: "Acquired software is verified, throughout its life, to be what was reviewed.",
  },
  tags: ["NIST SSDF", "SLSA", "charts"],
  remediation: "Install the chart of a blessed release, by its digest, with plain values and no post-renderer.",
  settings: z.object({}),
  concerns: isChart,
  judge: ({ props }, context) => judgeChart(props, judgesOf(context)),
});
