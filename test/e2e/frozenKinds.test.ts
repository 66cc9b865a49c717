import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, type TestContext } from "vitest";
import { prettyJson } from "../../release/json.ts";
import { FrozenCheckout } from "./frozenCheckout.ts";
import { BUILDERS, type ImageBuilder } from "./imageBuilder.ts";

const FOLDER = "deployments/roman";
const REPORT = ".imprimatur/image-roman/import-test.xml";
const SECRETS = ["pip", "npmrc", "ca"].map((id) => `--mount=type=secret,id=${id}`).join(" ");

/** A checkout whose image has other environments than the reference platform's. @param steps of the Dockerfile */
function checkoutOf(
  builder: ImageBuilder,
  base: string,
  environments: object,
  steps: readonly string[],
  files: Readonly<Record<string, string>>,
): FrozenCheckout {
  const checkout = new FrozenCheckout(builder, base);
  onTestFinished(() => checkout.remove());
  rmSync(join(checkout.root, FOLDER, "environments"), { recursive: true });
  const image = { module: "roman-notebook", image: "roman-notebook", base, platform: "linux/amd64", environments };
  const copies = ["COPY common /opt/common", "COPY requirements /opt/requirements"];
  const start = ["ARG BASE", "FROM $BASE", "ARG TIGHTNESS=floating", ...copies];
  const all = {
    "image.yaml": prettyJson(image),
    Dockerfile: `${[...start, ...steps.map((step) => `RUN ${SECRETS} ${step}`)].join("\n")}\n`,
    ...files,
  };
  for (const [path, text] of Object.entries(all)) checkout.write(`${FOLDER}/${path}`, text);
  return checkout;
}

function notebook(...source: readonly string[]): string {
  const cell = { cell_type: "code", id: "only", metadata: {}, execution_count: null, outputs: [] };
  return prettyJson({
    nbformat: 4,
    nbformat_minor: 5,
    metadata: {},
    cells: [{ ...cell, source: source.join("\n") }],
  });
}

describe.each(Object.entries(BUILDERS))("an image built with %s", { timeout: 900_000 }, (_name, startBuilder) => {
  let builder: ImageBuilder | string;
  beforeAll(async () => {
    builder = await startBuilder();
  }, 900_000);
  afterAll(async () => {
    if (typeof builder !== "string") await builder.stop();
  });
  const needed = (context: TestContext) => (typeof builder === "string" ? context.skip(builder) : builder);

  it("has a kernel for each environment, and one front end runs the notebooks of all, with no network", async (context) => {
    const own = needed(context);
    const install = (name: string) =>
      `/opt/common/install-pip ${name} /opt/requirements/${name} && /opt/envs/${name}/bin/python -m ipykernel install --prefix /usr/local --name ${name}`;
    const online = notebook("import socket", 'socket.create_connection(("192.0.2.1", 9))');
    const checkout = checkoutOf(
      own,
      own.base,
      { cal: { kind: "pip", kernel: "cal" }, lab: { kind: "pip", kernel: "lab" } },
      [install("cal"), install("lab")],
      {
        "environments/cal/requirements.txt": "ipykernel==6.29.5\nsix==1.16.0\n",
        "environments/cal/tests/notebooks/own.ipynb": notebook(
          "import sys, six",
          'assert (sys.prefix, six.__version__) == ("/opt/envs/cal", "1.16.0")',
        ),
        "environments/lab/requirements.txt": "ipykernel==6.29.5\nnbconvert==7.16.4\nsix==1.15.0\n",
        "environments/lab/tests/notebooks/own.ipynb": notebook("import six", 'assert six.__version__ == "1.15.0"'),
        "environments/lab/tests/notebooks/online.ipynb": online,
        "environments/lab/tests/notebooks/wrong.ipynb": notebook(
          "import six",
          'assert six.__version__ == "1.16.0", "not the version of cal"',
        ),
      },
    );
    await checkout.configure("floating");
    expect(await checkout.build()).toMatchObject({ code: 0, stderr: "" });
    const { environments } = JSON.parse(checkout.read(`${FOLDER}/env-frozen/record.json`));
    const six = (name: string) => environments[name].pip.find((item: { name: string }) => item.name === "six").version;
    expect([six("cal"), six("lab")]).toEqual(["1.16.0", "1.15.0"]);

    const tested = await checkout.image("test");
    const report = checkout.read(REPORT);
    expect(report).toContain('<testsuite name="cal" tests="1" failures="0" skipped="0">');
    expect(report).toContain('<testsuite name="lab" tests="3" failures="2" skipped="0">');
    expect(report).toMatch(/name="notebooks\/online.ipynb"><failure message="[^"]*Network is unreachable/);
    expect(report).toMatch(/name="notebooks\/wrong.ipynb"><failure message="[^"]*not the version of cal/);
    expect(tested.code).toBe(1);

    for (const name of ["online", "wrong"]) {
      rmSync(join(checkout.root, `${FOLDER}/environments/lab/tests/notebooks/${name}.ipynb`));
    }
    expect((await checkout.image("test")).stdout).toBe("✔ 2 tests of roman: 2 passed, 0 skipped\n");
  });

  it("has what npm has installed frozen, lock and all; a package that moves is drift", async (context) => {
    const own = needed(context);
    const manifest = (semver: string) => prettyJson({ name: "lab", private: true, dependencies: { semver } });
    const checkout = checkoutOf(
      own,
      await own.nodeBase(),
      { lab: { kind: "npm" } },
      ["/opt/common/install-npm lab /opt/requirements/lab"],
      {
        "environments/lab/package.json": manifest("7.6.0"),
        "environments/lab/tests/imports": "semver\nlru-cache\n",
      },
    );
    await checkout.git("init", "--quiet", "--initial-branch", "main");
    await checkout.configure("floating");
    expect(await checkout.build()).toMatchObject({ code: 0, stderr: "" });
    const record = checkout.read(`${FOLDER}/env-frozen/record.json`);
    const packages: { name: string; hashes: string[] }[] = JSON.parse(record).environments.lab.npm;
    expect(packages.map(({ name }) => name)).toEqual(["lru-cache", "semver", "yallist"]);
    expect(packages.every(({ hashes: [hash = ""] }) => hash.startsWith("sha512:"))).toBe(true);
    expect(JSON.parse(checkout.read(`${FOLDER}/env-chilly/lab/package.json`)).dependencies).toEqual({
      semver: "~7.6.0",
    });
    await checkout.commit("freeze");

    await checkout.configure("frozen");
    expect(await checkout.build()).toMatchObject({ code: 0, stderr: "" });
    const none = { code: 0, stdout: "✔ no drift: what was built is what was frozen\n", stderr: "" };
    expect(await checkout.image("drift")).toEqual(none);
    expect(checkout.read(".imprimatur/image-roman/built-record.json")).toBe(record);
    expect((await checkout.image("test")).stdout).toBe("✔ 2 tests of roman: 2 passed, 0 skipped\n");
    const { image: first } = JSON.parse(checkout.read(".imprimatur/image-roman/build.json"));
    await checkout.build();
    const { image: second } = JSON.parse(checkout.read(".imprimatur/image-roman/build.json"));
    expect(await own.layers(second)).toEqual(await own.layers(first));

    const lock = `${FOLDER}/env-frozen/lab/package-lock.json`;
    const frozen = checkout.read(lock);
    checkout.write(lock, frozen.replace(/sha512-[^"]+/, `sha512-${Buffer.alloc(64).toString("base64")}`));
    await checkout.commit("somebody edits a lock");
    const wrong = await checkout.build();
    expect(wrong.stderr).toContain("EINTEGRITY");
    expect(wrong.code).toBe(2);
    checkout.write(lock, frozen);

    checkout.write(`${FOLDER}/environments/lab/package.json`, manifest("7.5.4"));
    await checkout.image("configure", "roman", "--use-frozen=floating", "--cal-version=none");
    expect((await checkout.build()).code).toBe(0);
    const moved = await checkout.image("drift");
    expect(moved.stdout).toContain(
      "1 difference between what was frozen and what was built: changed lab npm semver 7.6.0 → 7.5.4",
    );
    expect(moved.code).toBe(1);
  });
});
