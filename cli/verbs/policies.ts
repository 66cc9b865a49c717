import { resolve } from "node:path";
import { prettyJson } from "../../release/json.ts";
import { writeFileAtomically } from "../../store/write.ts";
import { type GlobalOptions, openContext } from "../context.ts";
import { policyMetadata } from "../pack.ts";
import { policiesMarkdown, policiesText } from "../render/policies.ts";
import { type ExitCode, examples, runsVerb, type Verb } from "../verb.ts";

interface PoliciesOptions {
  readonly markdown?: string;
  readonly json?: boolean;
  readonly catalogue?: string;
}

export const policies: Verb = (program) => {
  program
    .command("policies")
    .description("List the policies that judge every stack, from the pack's own metadata")
    .option("--markdown <file>", "write them as a page, such as docs/policies.md")
    .option("--catalogue <checkout>", "print a configuration for --policy-pack-config that judges by another checkout")
    .option("--json", "print them as JSON, with their settings")
    .addHelpText(
      "after",
      examples("policies", "policies --markdown docs/policies.md", "policies --catalogue ../platform > policies.json"),
    )
    .action(runsVerb(run));
};

async function run(_: readonly string[], options: PoliciesOptions & GlobalOptions): Promise<ExitCode> {
  const metadata = await policyMetadata(openContext(options));
  if (options.markdown !== undefined) {
    writeFileAtomically(resolve(options.markdown), policiesMarkdown(metadata));
    console.log(`${options.markdown} written`);
  } else if (options.catalogue !== undefined) {
    const catalogue = resolve(options.catalogue);
    process.stdout.write(prettyJson(Object.fromEntries(metadata.map(({ name }) => [name, { catalogue }]))));
  } else if (options.json) process.stdout.write(prettyJson(metadata));
  else console.log(policiesText(metadata));
  return 0;
}
