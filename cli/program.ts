import { Command } from "commander";
import { examples, type Verb } from "./verb.ts";
import { actions } from "./verbs/actions.ts";
import { attest } from "./verbs/attest.ts";
import { bless } from "./verbs/bless.ts";
import { block } from "./verbs/block.ts";
import { calendar } from "./verbs/calendar.ts";
import { cut } from "./verbs/cut.ts";
import { deliver } from "./verbs/deliver.ts";
import { drplan } from "./verbs/drplan.ts";
import { environments } from "./verbs/environments.ts";
import { exportVerb } from "./verbs/export.ts";
import { flag } from "./verbs/flag.ts";
import { gonogo } from "./verbs/gonogo.ts";
import { image } from "./verbs/image.ts";
import { init } from "./verbs/init.ts";
import { inspect } from "./verbs/inspect.ts";
import { keys } from "./verbs/keys.ts";
import { notes } from "./verbs/notes.ts";
import { plan } from "./verbs/plan.ts";
import { policies } from "./verbs/policies.ts";
import { preview } from "./verbs/preview.ts";
import { promote } from "./verbs/promote.ts";
import { requires } from "./verbs/requires.ts";
import { revoke } from "./verbs/revoke.ts";
import { rollback } from "./verbs/rollback.ts";
import { schemas } from "./verbs/schemas.ts";
import { stopTheLine } from "./verbs/stopTheLine.ts";
import { tag } from "./verbs/tag.ts";
import { train } from "./verbs/train.ts";
import { verify } from "./verbs/verify.ts";
import { vote } from "./verbs/vote.ts";
import { waive } from "./verbs/waive.ts";
import { window } from "./verbs/window.ts";

/** Every verb, in the order that help shows them. */
const VERBS: readonly Verb[] = [
  preview,
  plan,
  image,
  cut,
  tag,
  attest,
  inspect,
  requires,
  train,
  vote,
  gonogo,
  bless,
  promote,
  rollback,
  notes,
  drplan,
  deliver,
  environments,
  flag,
  exportVerb,
  revoke,
  block,
  stopTheLine,
  waive,
  actions,
  calendar,
  window,
  verify,
  keys,
  init,
  policies,
  schemas,
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
  return program;
}
