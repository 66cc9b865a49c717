import { reportOutcome } from "../approve/outcome.ts";
import { type GlobalOptions, openNewestContext } from "../context.ts";
import { openSign, type SigningOptions, withSigningOptions } from "../signers.ts";
import { type ConfirmOptions, checkConfirmable } from "../up/confirm.ts";
import { destroyStack } from "../up/destroy.ts";
import { openTarget } from "../up/target.ts";
import { examples, runsVerb, type Verb } from "../verb.ts";

interface DestroyOptions extends GlobalOptions, SigningOptions, ConfirmOptions {
  readonly json?: boolean;
}

export const destroy: Verb = (program) => {
  const command = program
    .command("destroy")
    .description("Take away everything that a stack has made; in prod, two people of two roles must have signed")
    .argument("<stack>", "the stack to destroy")
    .option("--yes", "do not ask; needed where there is no terminal, as in CI");
  withSigningOptions(command)
    .option("--json", "print the outcome as JSON (schemas/outcome.json)")
    .addHelpText("after", examples("destroy bleed", "destroy dev --yes"))
    .action(
      runsVerb<DestroyOptions>((names, options) => {
        checkConfirmable(options);
        return reportOutcome("destroy", options, async () => {
          const sign = await openSign(options);
          const target = await openTarget(openNewestContext(options), names);
          return destroyStack(target, sign, options);
        });
      }),
    );
};
