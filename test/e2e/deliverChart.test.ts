import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { COMMAND, start } from "../cli/checkout.ts";
import { AT, blessedCheckout } from "./blessedCheckout.ts";
import { digestAt, multiPlatform, push } from "./images.ts";
import { type Registry, startRegistries } from "./registries.ts";
import { missingTools } from "./tools.ts";

const missing = missingTools("docker-registry", "skopeo", "helm", "openssl", "perl");

it.skipIf(missing !== undefined)(
  `makes an OCI chart of one in an HTTP repository, and only the one that was blessed${missing ? ` (${missing})` : ""}`,
  async () => {
    const registries = await startRegistries(["build.test", "prod.test"], "open sesame");
    onTestFinished(() => registries.stop());
    const [build, prod] = registries.all as [Registry, Registry];
    const built = multiPlatform(1000);
    await push(build, "team/app", built);
    const { url, archive } = await chartRepository(registries.directory);

    // What anybody gets by hand: the archive's file time is part of what Helm pushes.
    utimesSync(archive, 0, 0);
    const helm = (...args: string[]) => start("helm", args, registries.directory, registries.env);
    expect(await helm("push", archive, "oci://build.test/charts")).toMatchObject({ code: 0 });
    const byHand = (await digestAt(build, "charts/app", "1.0.0")) ?? "";

    const { checkout } = await blessedCheckout({ image: built.digest, chart: byHand });
    onTestFinished(() => checkout.remove());
    const args = [
      "deliver",
      "app",
      "1.0.0",
      "--for",
      "prod",
      "--to",
      "images",
      "charts",
      "--at",
      AT,
      "--chart-from",
      url,
    ];
    const { code, stdout, stderr } = await start(process.execPath, [COMMAND, ...args], checkout.root, registries.env);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain(`copied   chart app  prod.test/mirror/charts/app@${byHand} from ${url}  tagged 1.0.0`);
    expect(await digestAt(prod, "mirror/charts/app", "1.0.0")).toBe(byHand);
    const pulled = ["pull", `oci://prod.test/mirror/charts/app@${byHand}`, "--version", "1.0.0"];
    expect(await helm(...pulled, "--destination", checkout.root)).toMatchObject({ code: 0 });
    const [file = ""] = readdirSync(checkout.root).filter((name) => name.endsWith(".tgz"));
    expect(readFileSync(join(checkout.root, file))).toEqual(readFileSync(archive));

    // Another chart under the same name and version is not what was blessed.
    const { checkout: other } = await blessedCheckout({ image: built.digest, chart: `sha256:${"0".repeat(64)}` });
    onTestFinished(() => other.remove());
    other.edit("Pulumi.prod.yaml", "mirror/charts", "others/charts");
    const refused = await start(process.execPath, [COMMAND, ...args], other.root, registries.env);
    expect(refused.code).toBe(1);
    expect(refused.stdout).toContain(
      `refused: app 1.0.0 of ${url} becomes the OCI chart ${byHand}, and the release manifest names sha256:${"0".repeat(64)}`,
    );
    expect(await digestAt(prod, "others/charts/app", "1.0.0")).toBeUndefined();
  },
);

/** A repository as `helm repo add` takes it, with one chart. */
async function chartRepository(directory: string): Promise<{ url: string; archive: string }> {
  const chart = join(directory, "app");
  const folder = join(directory, "repository");
  for (const path of [join(chart, "templates"), folder]) mkdirSync(path, { recursive: true });
  writeFileSync(join(chart, "Chart.yaml"), "apiVersion: v2\nname: app\nversion: 1.0.0\n");
  writeFileSync(join(chart, "templates/empty.yaml"), "");
  const server = createServer((request, response) => {
    try {
      response.end(readFileSync(join(folder, new URL(request.url ?? "/", "http://test").pathname)));
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  onTestFinished(() => void server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  execFileSync("helm", ["package", chart, "--destination", folder], { stdio: "ignore" });
  execFileSync("helm", ["repo", "index", folder, "--url", url], { stdio: "ignore" });
  return { url, archive: join(folder, "app-1.0.0.tgz") };
}
