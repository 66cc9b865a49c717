import { join } from "node:path";
import { writeFileAtomically } from "../../store/write.ts";
import { type GlobalOptions, openContext } from "../context.ts";
import { schemaFiles } from "../schemas.ts";
import { type ExitCode, examples, runsVerb, type Verb } from "../verb.ts";

export const schemas: Verb = (program) => {
  program
    .command("schemas")
    .description("Check the JSON Schemas in schemas/, or renew them")
    .option("--write", "write the schemas that are out of date")
    .addHelpText("after", examples("schemas", "schemas --write"))
    .action(runsVerb(run));
};

async function run(_: readonly string[], options: { readonly write?: boolean } & GlobalOptions): Promise<ExitCode> {
  const { root, files } = openContext(options);
  const decoder = new TextDecoder();
  const stale = [...schemaFiles()].filter(([path, text]) => decoder.decode(files.read(path)) !== text);
  for (const [path, text] of stale) {
    if (options.write) writeFileAtomically(join(root, path), text);
    console.log(options.write ? `${path} written` : `${path} is out of date`);
  }
  if (stale.length === 0) console.log("all schemas are up to date");
  else if (!options.write) console.log("next: npx imprimatur schemas --write");
  return stale.length === 0 || options.write ? 0 : 1;
}
