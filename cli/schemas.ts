import { z } from "zod";
import { ImageFile } from "../release/frozen/image.ts";
import { FreezeRecord } from "../release/frozen/record.ts";
import { prettyJson } from "../release/json.ts";
import { Plan } from "../release/plan.ts";
import { CalendarFile } from "../release/schema/calendar.ts";
import { ChatFile } from "../release/schema/chat.ts";
import { FormalityFile } from "../release/schema/formality.ts";
import { ReleaseManifest } from "../release/schema/manifest.ts";
import { ModuleFile } from "../release/schema/module.ts";
import { ParityFile } from "../release/schema/parity.ts";
import { PeopleFile } from "../release/schema/people.ts";
import { RoadmapFile } from "../release/schema/roadmap.ts";
import { SlosFile } from "../release/schema/slos.ts";
import { GateSettings, GateStackFile, StackFile, StackSettings } from "../release/schema/stack.ts";
import { TrainFile } from "../release/schema/train.ts";
import { ChannelsFile, StacksFile } from "../release/schema/trust.ts";
import { ActionsReport } from "./actions/report.ts";
import { Outcome } from "./approve/outcome.ts";
import { StandingReport } from "./approve/standing.ts";
import { VerifyReport } from "./approve/verification.ts";
import { CalendarReport } from "./calendar/report.ts";
import { CanaryReport } from "./canary/report.ts";
import { ConfidenceReport } from "./confidence/report.ts";
import { DoctorReport } from "./doctor/report.ts";
import { DrPlan } from "./drplan/report.ts";
import { EnvironmentsReport } from "./environments/differences.ts";
import { ParityReport } from "./environments/parity.ts";
import { ExpiringReport } from "./expiring.ts";
import { FlagsReport } from "./flags/report.ts";
import { GonogosReport } from "./gonogo/report.ts";
import { Inspection } from "./inspect/report.ts";
import { LedgerReport } from "./ledger/report.ts";
import { Notes } from "./notes/report.ts";
import { PreviewReport } from "./report.ts";
import { StatusReport } from "./status/report.ts";
import { DriftReport } from "./up/drift.ts";
import { UpReport } from "./up/report.ts";
import { WindowsReport } from "./window/report.ts";

/** The schema of each kind of file, by the name of its JSON Schema in schemas/. */
const SCHEMAS: Readonly<Record<string, z.ZodType>> = {
  stack: StackFile,
  "gate-stack": GateStackFile,
  module: ModuleFile,
  release: ReleaseManifest,
  image: ImageFile,
  freeze: FreezeRecord,
  train: TrainFile,
  roadmap: RoadmapFile,
  stacks: StacksFile,
  channels: ChannelsFile,
  parity: ParityFile,
  people: PeopleFile,
  formality: FormalityFile,
  calendar: CalendarFile,
  slos: SlosFile,
  chat: ChatFile,
  plan: Plan,
  preview: PreviewReport,
  up: UpReport,
  drift: DriftReport,
  ledger: LedgerReport,
  outcome: Outcome,
  requires: StandingReport,
  gonogo: GonogosReport,
  notes: Notes,
  drplan: DrPlan,
  verify: VerifyReport,
  status: StatusReport,
  confidence: ConfidenceReport,
  environments: EnvironmentsReport,
  "parity-report": ParityReport,
  flags: FlagsReport,
  inspection: Inspection,
  expiring: ExpiringReport,
  doctor: DoctorReport,
  dates: CalendarReport,
  windows: WindowsReport,
  actions: ActionsReport,
  canary: CanaryReport,
};

/** Text of every JSON Schema, by path. Editors complete and check files with them. */
export function schemaFiles(): ReadonlyMap<string, string> {
  return new Map(Object.entries(SCHEMAS).map(([name, schema]) => [`schemas/${name}.json`, schemaText(schema)]));
}

function schemaText(schema: z.ZodType): string {
  const { id: _, ...json } = z.toJSONSchema(schema, { io: "input", override: refuseUnknownSettings });
  return prettyJson(json);
}

/** Keys of other packages pass in a stack file, an unknown one of ours does not: zod's refinement, as JSON Schema says it. */
function refuseUnknownSettings({ jsonSchema }: { readonly jsonSchema: z.core.JSONSchema.BaseSchema }): void {
  const given = Object.keys(jsonSchema.properties ?? {}).join();
  const known = [StackSettings, GateSettings]
    .map(({ shape }) => Object.keys(shape))
    .find((keys) => keys.join() === given);
  if (known === undefined) return;
  jsonSchema.propertyNames = { anyOf: [{ enum: known }, { not: { pattern: "^imprimatur:" } }] };
}
