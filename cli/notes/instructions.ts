import { waves } from "../../release/order.ts";
import type { NamedRelease } from "../candidate.ts";
import { plain, shellWord } from "../render/text.ts";
import type { Notes } from "./report.ts";

/** A module's step from one release to another; either may be missing. */
export interface Step {
  readonly module: NamedRelease["module"];
  readonly from?: NamedRelease["release"] | undefined;
  readonly to?: NamedRelease["release"] | undefined;
}

/** Steps so that each stands behind those of the modules that it needs. */
export function inOrder<T extends Pick<Step, "module">>(steps: readonly T[]): T[] {
  const own = new Set(steps.map(({ module }) => module.name));
  const needs = new Map(
    steps.map(({ module }) => {
      const all = [...Object.keys(module.dependsOn), ...Object.keys(module.content)];
      return [module.name, all.filter((need) => own.has(need))];
    }),
  );
  return waves(needs)
    .flat()
    .flatMap((name) => steps.find(({ module }) => module.name === name) ?? []);
}

/** How to get from one state to the other, in order. */
export function upgradeInstructions(steps: readonly Step[], stack: string | undefined): Notes["upgrade"] {
  const place = stack ?? "<stack>";
  const promoted = inOrder(steps).flatMap(({ module, to }) =>
    to === undefined ? [] : [`npx imprimatur promote ${module.name} ${to.manifest.version} --to ${place}`],
  );
  const platform = promoted.length === 0 ? [] : [...promoted, `npx imprimatur up ${place}`];
  return { platform, helm: inOrder(steps).flatMap(({ module, to }) => helmUpgrade(module, to)) };
}

/** How to get back: what was upgraded last goes first. */
export function rollbackInstructions(steps: readonly Step[], stack: string | undefined): Notes["rollback"] {
  const back = inOrder(steps).toReversed();
  const place = stack ?? "<stack>";
  const pinned = back.flatMap(({ module, from, to }) =>
    from === undefined || to === undefined ? [] : [rollbackCommand(module.name, place)],
  );
  const platform = pinned.length === 0 ? [] : [...pinned, `npx imprimatur up ${place}`];
  return { platform, helm: back.flatMap(({ module, from }) => helmUpgrade(module, from)) };
}

/** What pins the release that a stack ran before; applying it comes after. */
export function rollbackCommand(module: string, stack: string): string {
  return `npx imprimatur rollback ${module} --stack ${stack} --reason "…"`;
}

/** An older chart is an upgrade to Helm too: its own rollback would go to whatever was installed last. */
function helmUpgrade({ name, namespace }: Step["module"], release: Step["to"]): string[] {
  const chart = release?.manifest.chart;
  if (chart === undefined) return [];
  const place = `oci://${chart.repository}@${chart.digest}`;
  const words = [name, place, "--version", chart.version, "--namespace", namespace];
  return [`helm upgrade --install ${words.map((word) => shellWord(plain(word))).join(" ")}`];
}
