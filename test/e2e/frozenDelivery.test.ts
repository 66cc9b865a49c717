import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { Approval, PASSPHRASE } from "../cli/approval.ts";
import { COMMAND, type Outcome, start } from "../cli/checkout.ts";
import { Buildah } from "./buildah.ts";
import { missing } from "./delivery.ts";
import { buildOptions } from "./imageBuilder.ts";
import { digestAt, image, push } from "./images.ts";
import { type Registry, startRegistries } from "./registries.ts";

const PROJECT = join(import.meta.dirname, "../..");
const MODULE = "roman-notebook";
const VERSION = "roman-12.0.0";
const SOURCE = "build.test/roman/notebook";
const TARGET = "mirror/roman/notebook";

const FILES = {
  "catalog/trust/formality.yaml": `blessed: [prod]
voteDays: 30
rules:
  - name: what was tested is what ships
    when: { classes: [prod] }
    require:
      evidence:
        - { type: freeze-record, by: ci }
        - { type: import-test, by: ci }
        - { type: drift, by: ci, thresholds: { changed: { max: 0 } } }
        - { type: platform-test, by: qa, in: prod }
      votes: [{ role: qa }]
`,
  [`catalog/modules/${MODULE}.yaml`]: `description: notebook
purpose: offered
owners: [qa]
maturity: established
versions: mission
frozen: true
git:
  tags: ["{version}", "{common}"]
  files:
    deployments/roman/MISSION_VERSION: "{version}"
    deployments/common/VERSION: "{common}"
    deployments/roman/environments/roman-cal/CAL_VERSION: "{cal}"
images: { ${MODULE}: { repository: ${SOURCE} } }
`,
  "Pulumi.prod.yaml": `config:
  imprimatur:cluster: { context: prod }
  imprimatur:registries:
    roman: { url: prod.test/mirror/roman, mirrors: build.test/roman }
  imprimatur:modules: {}
`,
};

it("a frozen image goes all the way to its formal tag: file, tag and manifest say the same", {
  timeout: 900_000,
}, async (context) => {
  if (missing !== undefined) return context.skip(missing);
  const builder = await Buildah.start();
  if (typeof builder === "string") return context.skip(builder);
  onTestFinished(() => builder.stop());
  const registries = await startRegistries(["build.test", "prod.test"], "open sesame");
  onTestFinished(() => registries.stop());
  const prod = registries.all[1] as Registry;

  const checkout = new Approval(FILES).withKeys("pipeline", "tester", "manager");
  cpSync(join(PROJECT, "deployments"), join(checkout.root, "deployments"), { recursive: true });
  for (const kind of ["frozen", "chilly"])
    rmSync(join(checkout.root, `deployments/roman/env-${kind}`), { recursive: true });
  const yaml = "deployments/roman/image.yaml";
  checkout.write(yaml, checkout.read(yaml).replace(/^base: .*$/m, `base: ${builder.base}`));
  const commit = async (message: string) => {
    await checkout.git("add", "--all");
    await checkout.git("commit", "--quiet", "--allow-empty", "-m", message);
    return (await checkout.git("rev-parse", "HEAD")).stdout.trim();
  };
  const run = (args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Outcome> =>
    start(process.execPath, [COMMAND, ...args], checkout.root, { ...env, IMPRIMATUR_PASSPHRASE: PASSPHRASE });
  const runAs = (person: string, ...args: string[]) => run([...args, "--key", checkout.key(person)]);
  const release = async () => {
    const { code, stdout, stderr } = await run(
      ["image", "release", MODULE, "--cal-version", "none", ...buildOptions(builder), "--json"],
      builder.env,
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.not.stringContaining("error") });
    return JSON.parse(stdout).notes as string[];
  };

  await checkout.git("init", "--quiet", "--initial-branch", "main");
  for (const setting of ["user.name=Test", "user.email=test@example.org"]) {
    await checkout.git("config", ...(setting.split("=") as [string, string]));
  }
  const early = await commit("the tree");
  expect(await release()).toEqual([`next: git add deployments && git commit -m "Freeze ${VERSION}"`]);
  const frozen = await commit("freeze");
  const [next = ""] = await release();
  expect(next).toContain(`next: npx imprimatur cut ${MODULE} ${VERSION} --image ${MODULE}=<repository>@sha256:…`);

  // Whoever releases pushes the image, and cuts what the walk says, with the digest that the registry has.
  const digestFile = join(builder.folder, "digest");
  const pushing = ["push", "--quiet", "--authfile", join(registries.directory, "docker/config.json")];
  const pushed = await start(
    "buildah",
    [...pushing, "--digestfile", digestFile, "localhost/imprimatur-roman:frozen", `docker://${SOURCE}:frozen`],
    checkout.root,
    { ...builder.env, ...registries.env },
  );
  expect(pushed).toMatchObject({ code: 0 });
  const digest = await digestAt(registries.all[0] as Registry, "roman/notebook", "frozen");
  const typed = next
    .slice("next: npx imprimatur ".length)
    .replace("<repository>@sha256:…", `${SOURCE}@${digest}`)
    .replace("$(git rev-parse HEAD)", frozen);
  expect(await runAs("pipeline", ...typed.split(" "))).toMatchObject({ code: 0, stderr: "" });
  await commit("cut");

  expect(await release()).toEqual([`next: npx imprimatur tag ${MODULE} ${VERSION} --repo .`]);
  const tag = () => run(["tag", MODULE, VERSION, "--repo", "."]);
  await checkout.git("tag", "--annotate", "-m", "too early", VERSION, early);
  const moved = await tag();
  expect(moved.stdout).toContain(
    `tag ${VERSION} is at ${early.slice(0, 12)} already, and not at ${frozen.slice(0, 12)}`,
  );
  expect(moved.code).toBe(1);
  await checkout.git("tag", "--delete", VERSION);
  expect(await tag()).toMatchObject({ code: 0, stderr: "" });
  for (const name of [VERSION, "1.3.0"]) {
    expect((await checkout.git("rev-parse", `${name}^{commit}`)).stdout.trim()).toBe(frozen);
  }
  expect(await release()).toEqual([
    `next: npx imprimatur image attest ${MODULE} ${VERSION} --key <key>`,
    `next: npx imprimatur deliver ${MODULE} ${VERSION} --for <stack> --to <registry> --formal-tag`,
  ]);
  expect(await runAs("pipeline", "image", "attest", MODULE, VERSION)).toMatchObject({ code: 0, stderr: "" });

  const deliver = () =>
    run(["deliver", MODULE, VERSION, "--for", "prod", "--to", "roman", "--formal-tag"], registries.env);
  const unblessed = await deliver();
  expect(unblessed.stdout).toContain(`${MODULE} ${VERSION} is not blessed for prod: nothing was copied`);
  expect(unblessed.code).toBe(1);
  const tested = ["--type", "platform-test", "--in", "prod", "--result", "pass", "--summary", "started it"];
  expect(await runAs("tester", "attest", MODULE, VERSION, ...tested)).toMatchObject({ code: 0 });
  const vote = ["--for", "prod", "--role", "qa", "--go", "--reason", "it runs"];
  expect(await runAs("tester", "vote", MODULE, VERSION, ...vote)).toMatchObject({ code: 0 });
  expect(await runAs("manager", "bless", MODULE, VERSION, "--for", "prod")).toMatchObject({ code: 0 });

  expect(await deliver()).toMatchObject({ code: 0 });
  expect(await digestAt(prod, TARGET, VERSION)).toBe(digest);

  // Somebody gives the formal tag to another image: it is not taken for this release, nor taken away.
  const other = image("amd64", 1024);
  await push(prod, TARGET, other, VERSION);
  const taken = await deliver();
  expect(taken.stdout).toContain(
    `the tag prod.test/${TARGET}:${VERSION} names another digest already, ${other.digest}`,
  );
  expect(taken.code).toBe(1);
});
