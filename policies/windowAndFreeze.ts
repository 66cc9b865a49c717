import { z } from "zod";
import { gonogoHindrance } from "../release/calendar/decided.ts";
import { expectedTime } from "../release/calendar/fit.ts";
import { standingOf } from "../release/calendar/steps.ts";
import { readChartRef } from "../release/kubernetes/chartRef.ts";
import { settledBy } from "../release/ledger.ts";
import { findClaimed } from "../release/rules/claim.ts";
import { frozenAt, judgeFrozenChart, judgeFrozenImages, judgeFrozenRelease } from "../release/rules/freeze.ts";
import { judgeWindow } from "../release/rules/window.ts";
import { Nature } from "../release/schema/formality.ts";
import type { Violation } from "../release/verdict.ts";
import { resourcePolicy } from "./adapter.ts";
import { NO_CLAIM, RELEASES, readClaim } from "./claim.ts";
import { imagesOf, isChart } from "./images.ts";
import type { JudgedResource, RuleContext } from "./rule.ts";

const Settings = z.object({
  disruptive: z
    .array(Nature)
    .default(["infrastructure", "breaking"])
    .describe("Natures of changes that are expected to disrupt, for what needs a window if they do"),
});
type Context = RuleContext<z.output<typeof Settings>>;

export const windowAndFreeze = resourcePolicy({
  name: "window-and-freeze",
  description:
    "A release that has to go into a window is applied in one that it fits into, and nothing that the stack has never run while it is frozen.",
  severity: "high",
  framework: {
    name: "NIST SP 800-53",
    version: "5.1.1",
    reference: "CM-3",
    specification: "Changes to a system are controlled: approved, scheduled and recorded.",
  },
  tags: ["NIST SP 800-53", "change control", "calendar"],
  remediation: "Apply in the next window of catalog/trust/calendar.yaml, or when the freeze is over.",
  settings: Settings,
  concerns: (type) => RELEASES.has(type) || type.startsWith("kubernetes:"),
  judge: (resource, context) => {
    const violations = RELEASES.has(resource.type) ? judgeRelease(resource, context) : judgeObject(resource, context);
    // A preview is not the time of the change: it tells when that may be.
    return context.preview ? violations.map((violation) => ({ ...violation, advice: true })) : violations;
  },
});

function judgeRelease({ props }: JudgedResource, context: Context): Violation[] {
  const { catalogue, files, gate, stack, now, settings } = context;
  const claim = readClaim(props);
  if (claim === undefined) return [NO_CLAIM];
  const claimed = findClaimed(catalogue, claim);
  if ("violation" in claimed) return [claimed.violation];
  if (gate.running(claim.module, stack) === claim.manifestDigest) return [];
  const configHash = typeof props.configHash === "string" ? props.configHash : "";
  const needs = gate.asked({ ...claimed, configHash }, stack);
  const nature = gate.nature({ ...claimed, configHash }, stack);
  const arrival = { ...claim, stack: stack.name, nature, asked: needs };
  const frozen = frozenAt(catalogue, gate, stack.name, now);
  const ledger = gate.ledger(stack.name);
  // What ran here before comes back at any time: a rollback does not wait for a window.
  const windows =
    settledBy(ledger, claim.manifestDigest) !== undefined
      ? []
      : judgeWindow(arrival, catalogue.calendar, {
          now,
          disruptive: settings.disruptive,
          expected: expectedTime(ledger, [claimed.module]),
          hindranceOf: (occurrence) =>
            standingOf(catalogue, files, occurrence, now).hindrance ??
            gonogoHindrance(catalogue, files, { occurrence, stack: stack.name, releases: [claim], now }),
        });
  return [...windows, ...(frozen === undefined ? [] : judgeFrozenRelease(claim, frozen))];
}

function judgeObject(resource: JudgedResource, { catalogue, gate, stack, now }: Context): Violation[] {
  const frozen = frozenAt(catalogue, gate, stack.name, now);
  if (frozen === undefined) return [];
  const chart = isChart(resource.type) ? judgeFrozenChart(readChartRef(resource.props), frozen) : [];
  return [...chart, ...judgeFrozenImages(imagesOf(resource), frozen)];
}
