import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { COMMAND, start } from "../cli/checkout.ts";
import { blessedCheckout } from "./blessedCheckout.ts";
import { BuildKit } from "./buildKit.ts";
import { APP, ARGS, missing, TAG } from "./delivery.ts";
import { FrozenCheckout } from "./frozenCheckout.ts";
import { digestAt } from "./images.ts";
import { type Registry, startRegistries } from "./registries.ts";

const LAYOUT = ".imprimatur/image-roman/layout";

interface Descriptor {
  readonly digest: string;
  readonly artifactType?: string;
  readonly platform?: { readonly os: string };
}

/** A scanner as BuildKit starts it, with a document that says nothing of what it scans. */
const SCANNER = `#!/bin/sh
test -d "$BUILDKIT_SCAN_SOURCE"
echo '{"_type":"https://in-toto.io/Statement/v0.1","predicateType":"https://spdx.dev/Document","predicate":{"SPDXID":"SPDXRef-DOCUMENT"}}' > "$BUILDKIT_SCAN_DESTINATION/made.spdx.json"
`;

it("an image has provenance and SBOM attached, and takes them along when it is delivered", {
  timeout: 900_000,
}, async (context) => {
  if (missing !== undefined) return context.skip(missing);
  const builder = await BuildKit.start();
  if (typeof builder === "string") return context.skip(builder);
  onTestFinished(() => builder.stop());
  const checkout = new FrozenCheckout(builder);
  onTestFinished(() => checkout.remove());
  const json = (digest: string) => JSON.parse(checkout.read(`${LAYOUT}/blobs/sha256/${digest.slice(7)}`));
  await checkout.configure("floating");

  const unreachable = await checkout.build("--attach", "--sbom-generator", "127.0.0.1:1/scanner:1");
  expect(unreachable.stderr).toContain("failed to resolve source metadata for 127.0.0.1:1/scanner:1");
  expect(unreachable.code).toBe(2);

  const folder = join(builder.folder, "scanner");
  mkdirSync(folder);
  writeFileSync(join(folder, "scan"), SCANNER, { mode: 0o755 });
  const scanner = await builder.image("scanner", 'COPY scan /scan\nENTRYPOINT ["/scan"]', folder);
  const built = await checkout.build("--attach", "--sbom-generator", scanner);
  expect(built).toMatchObject({ code: 0, stderr: "" });
  const [index, sbom] = JSON.parse(checkout.read(`${LAYOUT}/index.json`)).manifests as Descriptor[];
  expect(built.stdout).toContain(`✔ with provenance and SBOM: oci:${LAYOUT}, ${index?.digest}\n`);

  const manifests: Descriptor[] = json(index?.digest ?? "").manifests;
  expect(manifests.map(({ platform }) => platform?.os)).toEqual(["linux", "unknown"]);
  const attested: { annotations: Record<string, string> }[] = json(manifests[1]?.digest ?? "").layers;
  expect(attested.map(({ annotations }) => annotations["in-toto.io/predicate-type"]).sort()).toEqual([
    "https://slsa.dev/provenance/v0.2",
    "https://spdx.dev/Document",
  ]);
  const { artifactType, subject, layers } = json(sbom?.digest ?? "");
  expect([artifactType, subject.digest]).toEqual(["application/vnd.cyclonedx+json", index?.digest]);
  const names = json(layers[0].digest).components.map(({ name }: { name: string }) => name);
  expect(names).toEqual(expect.arrayContaining(["attrs", "pyyaml", "python3"]));
  // What was loaded, and is tested, is what provenance is attached to.
  const { image } = JSON.parse(checkout.read(".imprimatur/image-roman/build.json"));
  const config = json(json(manifests[0]?.digest ?? "").config.digest);
  expect(await builder.layers(image)).toEqual(config.rootfs.diff_ids);

  const registries = await startRegistries(["build.test", "prod.test"], "open sesame");
  onTestFinished(() => registries.stop());
  const prod = registries.all[1] as Registry;
  const blessed = await blessedCheckout({ image: index?.digest ?? "" });
  onTestFinished(() => blessed.checkout.remove());
  const args = [...ARGS.filter((arg) => arg !== "charts"), "--from", `oci:${join(checkout.root, LAYOUT)}`];
  const delivered = await start(process.execPath, [COMMAND, ...args], blessed.checkout.root, registries.env);
  expect(delivered).toMatchObject({ code: 0 });
  for (const { digest } of manifests) expect(await digestAt(prod, APP, digest)).toBe(digest);
  expect(await digestAt(prod, APP, TAG)).toBe(index?.digest);
  expect(await digestAt(prod, APP, sbom?.digest ?? "")).toBe(sbom?.digest);

  // A build with nothing attached leaves no layout of another image behind.
  expect(await checkout.build()).toMatchObject({ code: 0 });
  expect(() => checkout.read(`${LAYOUT}/index.json`)).toThrow();
});
