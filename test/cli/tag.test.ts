import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { prettyJson } from "../../release/json.ts";
import { Approval } from "./approval.ts";
import { Checkout } from "./checkout.ts";

/** A clone of some module's source, with a remote beside it. */
class Source extends Checkout {
  readonly remote = mkdtempSync(join(tmpdir(), "imprimatur-remote-"));

  constructor() {
    super({ VERSION: "1.3.0\n", "deploy/MISSION": "roman-12.0.0\n" });
    onTestFinished(() => {
      this.remove();
      rmSync(this.remote, { recursive: true, force: true });
    });
  }

  async start(): Promise<string> {
    await this.git("init", "--quiet", "--initial-branch", "main");
    await this.git("config", "user.name", "Tagger");
    await this.git("config", "user.email", "tagger@example.org");
    await this.git("init", "--quiet", "--bare", this.remote);
    await this.git("remote", "add", "origin", this.remote);
    return this.commit("first");
  }

  async commit(message: string): Promise<string> {
    await this.git("add", "--all");
    await this.git("commit", "--quiet", "--allow-empty", "-m", message);
    return (await this.git("rev-parse", "HEAD")).stdout.trim();
  }

  async refs(): Promise<string[]> {
    const { stdout } = await this.git("for-each-ref", "--format=%(refname) %(objecttype)", "refs/heads", "refs/tags");
    return stdout.split("\n").filter(Boolean);
  }

  async remoteRefs(): Promise<string[]> {
    const { stdout } = await this.git("ls-remote", "origin");
    return stdout
      .split("\n")
      .filter(Boolean)
      .map((line) => line.split("\t")[1] ?? "");
  }
}

const MODULE = (name: string, more: string) => `description: ${name}
purpose: service
owners: [team]
maturity: mature
images: { app: { repository: registry.test/app/${name} } }
${more}`;

/** A checkout with one release of a module, built from a commit of a source repository. */
function checkoutWith(name: string, version: string, commit: string, more: string, manifest: object = {}): Approval {
  const image = { repository: `registry.test/app/${name}`, digest: `sha256:${"b".repeat(64)}` };
  const release = { module: name, version, channel: "stable", commit, appVersion: version, images: { app: image } };
  return new Approval({
    [`catalog/modules/${name}.yaml`]: MODULE(name, more),
    [`catalog/releases/${name}/${version}.json`]: prettyJson({ ...release, ...manifest }),
  });
}

const ROMAN = `versions: mission
frozen: true
git:
  tags: ["{version}", "{common}"]
  files: { deploy/MISSION: "{version}", VERSION: "{common}" }
`;
const freeze = { mission: "roman-12.0.0", common: "1.3.0", cal: "0.13.0" };

describe("tag", () => {
  it("makes MayaOnline's branch and annotated tag, named by module, version and commit, and pushes both", async () => {
    const source = new Source();
    const commit = await source.start();
    const sha = commit.slice(0, 7);
    const checkout = checkoutWith("maya-io", `2.3.1+${sha}`, commit, "versions: release-commit\n");
    const { code, stdout } = await checkout.verb(["tag", "maya-io", `2.3.1+${sha}`, "--repo", source.root, "--push"]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining(`tag maya-io-2-3-1-${sha}`) });
    expect(await source.refs()).toEqual([
      "refs/heads/main commit",
      `refs/heads/release/maya-io-2-3-1-${sha} commit`,
      `refs/tags/maya-io-2-3-1-${sha} tag`,
    ]);
    const { stdout: shown } = await source.git("cat-file", "tag", `maya-io-2-3-1-${sha}`);
    expect(shown).toContain(
      `object ${commit}\ntype commit\ntag maya-io-2-3-1-${sha}\ntagger Tagger <tagger@example.org> `,
    );
    expect(shown).toContain(`manifest ${checkout.manifestDigest("maya-io", `2.3.1+${sha}`)}`);
    expect((await source.git("fsck", "--strict")).code).toBe(0);
    expect(await source.remoteRefs()).toEqual([
      `refs/heads/release/maya-io-2-3-1-${sha}`,
      `refs/tags/maya-io-2-3-1-${sha}`,
      `refs/tags/maya-io-2-3-1-${sha}^{}`,
    ]);
    const again = await checkout.verb(["tag", "maya-io", `2.3.1+${sha}`, "--repo", source.root, "--push"]);
    expect(again.stdout).toContain("is tagged already");
    expect(again.stdout).toContain("origin has them already");
  });

  it("makes Roman's two tags where both version files say so, and shares the second with the next build", async () => {
    const source = new Source();
    const commit = await source.start();
    const checkout = checkoutWith("roman", "roman-12.0.0", commit, ROMAN, { freeze });
    expect((await checkout.verb(["tag", "roman", "roman-12.0.0", "--repo", source.root])).code).toBe(0);
    expect(await source.refs()).toEqual([
      "refs/heads/main commit",
      "refs/tags/1.3.0 tag",
      "refs/tags/roman-12.0.0 tag",
    ]);

    const args = ["--repo", source.root, "--prepare", "--freeze", "mission=roman-12.1.0,common=1.3.0,cal=0.14.0"];
    const prepared = await checkout.verb(["tag", "roman", "roman-12.1.0", ...args]);
    expect(prepared.stdout).toContain(
      "1 of 2 version files changed for roman roman-12.1.0\n  deploy/MISSION  roman-12.1.0",
    );
    expect(source.read("deploy/MISSION")).toBe("roman-12.1.0\n");
    const next = await source.commit("B12.1");
    const release = { ...freeze, mission: "roman-12.1.0", cal: "0.14.0" };
    const later = checkoutWith("roman", "roman-12.1.0", next, ROMAN, { freeze: release });
    const tagged = await later.verb(["tag", "roman", "roman-12.1.0", "--repo", source.root]);
    expect(tagged.stdout).toMatch(/: tag roman-12\.1\.0\n/);
    expect((await source.git("rev-parse", "1.3.0^{commit}")).stdout.trim()).toBe(commit);
  });

  it("refuses where a version file says otherwise, or is not there, and makes nothing", async () => {
    const source = new Source();
    source.write("deploy/MISSION", "roman-11.1.0\n");
    rmSync(join(source.root, "VERSION"));
    const commit = await source.start();
    const checkout = checkoutWith("roman", "roman-12.0.0", commit, ROMAN, { freeze });
    const { code, stdout } = await checkout.verb(["tag", "roman", "roman-12.0.0", "--repo", source.root]);
    expect(code).toBe(1);
    expect(stdout).toContain(`deploy/MISSION says "roman-11.1.0" in ${commit.slice(0, 12)}: it must say roman-12.0.0`);
    expect(stdout).toContain(`VERSION is not there in ${commit.slice(0, 12)}: it must say 1.3.0`);
    expect(await source.refs()).toEqual(["refs/heads/main commit"]);
  });

  it("patches a line on its branch, and refuses a closed line and a commit that the branch does not hold", async () => {
    const source = new Source();
    const first = await source.start();
    const more = 'git: { active: { "1.0": stable-1.0, "1.1": release/1.1 } }\n';
    const tag = (version: string, commit: string) =>
      checkoutWith("skaha", version, commit, more).verb(["tag", "skaha", version, "--repo", source.root]);
    expect((await tag("1.0.1", first)).stdout).toContain("branch stable-1.0, tag v1.0.1");
    const second = await source.commit("only on main");
    const wrong = await tag("1.0.2", second);
    expect(wrong.code).toBe(1);
    expect(wrong.stdout).toContain(`stable-1.0, which it is patched from, does not hold ${second.slice(0, 12)}`);
    await source.git("branch", "--force", "stable-1.0", second);
    expect((await tag("1.0.2", second)).stdout).toMatch(/: tag v1\.0\.2\n/);
    const closed = await tag("0.9.1", first);
    expect(closed).toMatchObject({ code: 1, stdout: expect.stringContaining("active are 1.0, 1.1") });
    // The first of a line that is new opens it.
    expect((await tag("1.2.0", second)).stdout).toContain("branch release/1.2, tag v1.2.0");
  });

  it("never moves a tag, here or on the remote, and takes no lightweight one for an annotated", async () => {
    const source = new Source();
    const first = await source.start();
    await source.git("tag", "v1.0.0");
    const second = await source.commit("second");
    const tag = (version: string, commit: string, ...args: string[]) =>
      checkoutWith("skaha", version, commit, "").verb(["tag", "skaha", version, "--repo", source.root, ...args]);
    expect((await tag("1.0.0", second)).stdout).toContain(`tag v1.0.0 is at ${first.slice(0, 12)} already`);
    expect((await tag("1.0.0", first)).stdout).toContain("tag v1.0.0 is there, but not annotated: git tag -d v1.0.0");
    await source.git("push", "--quiet", "origin", `${first}:refs/tags/v1.1.0`);
    const before = await source.refs();
    const pushed = await tag("1.1.0", second, "--push");
    expect(pushed).toMatchObject({ code: 1, stdout: expect.stringContaining("origin has v1.1.0 at another commit") });
    expect(await source.refs()).toEqual(before);
  });

  it("refuses a tree with changes, and names a commit that the clone lacks", async () => {
    const source = new Source();
    const commit = await source.start();
    const checkout = checkoutWith("skaha", "1.0.0", commit, "");
    source.write("VERSION", "2\n");
    const dirty = await checkout.verb(["tag", "skaha", "1.0.0", "--repo", source.root]);
    expect(dirty).toMatchObject({ code: 1, stdout: expect.stringContaining("not committed: VERSION") });
    await source.git("checkout", "--", ".");
    const missing = checkoutWith("skaha", "1.0.0", "c".repeat(40), "");
    const { code, stderr } = await missing.verb(["tag", "skaha", "1.0.0", "--repo", source.root]);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(`has no commit ${"c".repeat(40)}`) });
    const none = await checkout.verb(["tag", "skaha", "1.0.0", "--repo", tmpdir()]);
    expect(none).toMatchObject({ code: 2, stderr: expect.stringContaining("--repo: cannot be read") });
  });

  it("lists the versions that still get patches", async () => {
    const checkout = checkoutWith(
      "skaha",
      "1.0.4",
      "c".repeat(40),
      'git: { active: { "1.0": release/1.0, "1.1": next } }\n',
    );
    const { code, stdout } = await checkout.verb(["tag", "skaha"]);
    expect(code).toBe(0);
    expect(stdout).toContain("  1.0  patched from release/1.0, newest 1.0.4 (tag v1.0.4); runs nowhere");
    expect(stdout).toContain("  1.1  patched from next, newest none; runs nowhere");
  });

  it.each([
    ['git: { tags: ["v{verson}"] }', "git.tags[0]: may name {module}, {version}"],
    ['git: { files: { ../VERSION: "{version}" } }', "its name must be a path in the source repository"],
    ['git: { tags: ["{mission}"] }', "names {mission}, MISSION_VERSION of the freeze, and 1.0.0 has none"],
  ])("takes %s as bad input", async (more, message) => {
    const source = new Source();
    const commit = await source.start();
    const checkout = checkoutWith("skaha", "1.0.0", commit, `${more}\n`);
    const { code, stderr } = await checkout.verb(["tag", "skaha", "1.0.0", "--repo", source.root]);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(message) });
  });
});
