import { Command } from "commander";
import { examples, showExamplesBelow, type Verb } from "./verb.ts";
import { actions } from "./verbs/actions.ts";
import { announce } from "./verbs/announce.ts";
import { attest } from "./verbs/attest.ts";
import { bless } from "./verbs/bless.ts";
import { block } from "./verbs/block.ts";
import { board } from "./verbs/board.ts";
import { calendar } from "./verbs/calendar.ts";
import { canary } from "./verbs/canary.ts";
import { completion } from "./verbs/completion.ts";
import { confidence } from "./verbs/confidence.ts";
import { cut } from "./verbs/cut.ts";
import { deliver } from "./verbs/deliver.ts";
import { destroy } from "./verbs/destroy.ts";
import { doctor } from "./verbs/doctor.ts";
import { drift } from "./verbs/drift.ts";
import { drplan } from "./verbs/drplan.ts";
import { environments } from "./verbs/environments.ts";
import { expiring } from "./verbs/expiring.ts";
import { exportVerb } from "./verbs/export.ts";
import { flag } from "./verbs/flag.ts";
import { gonogo } from "./verbs/gonogo.ts";
import { image } from "./verbs/image.ts";
import { init } from "./verbs/init.ts";
import { inspect } from "./verbs/inspect.ts";
import { keys } from "./verbs/keys.ts";
import { ledger } from "./verbs/ledger.ts";
import { notes } from "./verbs/notes.ts";
import { parity } from "./verbs/parity.ts";
import { plan } from "./verbs/plan.ts";
import { policies } from "./verbs/policies.ts";
import { preview } from "./verbs/preview.ts";
import { promote } from "./verbs/promote.ts";
import { refresh } from "./verbs/refresh.ts";
import { repair } from "./verbs/repair.ts";
import { requires } from "./verbs/requires.ts";
import { revoke } from "./verbs/revoke.ts";
import { rollback } from "./verbs/rollback.ts";
import { schemas } from "./verbs/schemas.ts";
import { status } from "./verbs/status.ts";
import { stopTheLine } from "./verbs/stopTheLine.ts";
import { tag } from "./verbs/tag.ts";
import { train } from "./verbs/train.ts";
import { up } from "./verbs/up.ts";
import { verify } from "./verbs/verify.ts";
import { vote } from "./verbs/vote.ts";
import { waive } from "./verbs/waive.ts";
import { window } from "./verbs/window.ts";

/** Every verb, in the order that help shows them. */
const VERBS: readonly Verb[] = [
  preview,
  plan,
  up,
  drift,
  refresh,
  repair,
  destroy,
  ledger,
  image,
  cut,
  tag,
  train,
  attest,
  inspect,
  confidence,
  requires,
  vote,
  gonogo,
  bless,
  promote,
  rollback,
  canary,
  flag,
  window,
  calendar,
  stopTheLine,
  actions,
  announce,
  notes,
  drplan,
  deliver,
  status,
  board,
  parity,
  environments,
  exportVerb,
  expiring,
  revoke,
  block,
  waive,
  verify,
  doctor,
  keys,
  init,
  policies,
  schemas,
  completion,
];

/** The command with all its verbs. Usage errors are thrown as CommanderError. */
export function createProgram(): Command {
  const program = new Command("imprimatur")
    .description("Decides what may run in production, and shows why.")
    .option("-C, --directory <path>", "work on the checkout that this directory belongs to")
    .option("--no-color", "print without colours, as with NO_COLOR")
    .option("--debug", "print a stack trace with an error")
    .addHelpText(
      "after",
      `${examples("preview", "preview prod --set skaha=1.1.0")}\n\nExit codes: 0 fine, 1 refused by a rule, 2 bad input.`,
    )
    .configureHelp({ showGlobalOptions: true })
    .exitOverride();
  for (const add of VERBS) add(program);
  for (const command of program.commands) showExamplesBelow(command);
  return program;
}
