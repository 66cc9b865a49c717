import { Gate } from "../../release/gate.ts";
import { knownGoodFor } from "../../release/knownGood.ts";
import { runningIn, succeededIn } from "../../release/ledger.ts";
import type { Platform, PlatformModule } from "../../release/platform.ts";
import { satisfiesRange } from "../../release/versions.ts";
import type { Context } from "../context.ts";
import { rollbackCommand } from "../notes/instructions.ts";
import { provisionsOf, statementsOf } from "../notes/module.ts";
import type { DrPlan, ModulePlan } from "./report.ts";

/** The role whose holders watch over a release, and the one that does where nobody holds it. */
const ON_CALL = ["on-call", "sre"] as const;

/**
 * The plan for a stack as it is to be.
 * @param only modules that it is about; all by default
 */
export function buildPlan(context: Context, platform: Platform, only: readonly string[], at: Date): DrPlan {
  const { catalogue, files } = context;
  const gate = new Gate(catalogue, files, at);
  const { stack } = platform;
  // Modules of a platform stand behind what they need; they are taken back the other way round.
  const concerned = [...platform.modules.values()]
    .filter(({ module }) => only.length === 0 || only.includes(module.name))
    .toReversed();
  const modules = concerned.map((entry) => planModule(context, gate, platform, entry, at));
  const whole = wholeCommand(gate, stack.name, modules);
  const channel = catalogue.chat?.stacks[stack.name] ?? catalogue.chat?.channel;
  return {
    stack: stack.name,
    at: at.toISOString(),
    modules,
    ...(whole === undefined ? {} : { whole }),
    ...(channel === undefined ? {} : { channel }),
    gaps: [...modules.flatMap(gapsOf), ...rangeGaps(modules, platform)],
  };
}

function planModule(
  context: Context,
  gate: Gate,
  { stack }: Platform,
  { module, current, needs }: PlatformModule,
  at: Date,
): ModulePlan {
  const { catalogue } = context;
  const { knownGood, passedOver } = knownGoodFor({ catalogue, gate }, module, current, stack);
  const running = runningIn(gate.ledger(stack.name), module.name);
  const command =
    knownGood === undefined
      ? `# ${module.name}: there was none before it; take it out of Pulumi.${stack.name}.yaml`
      : rollbackCommand(module.name, stack.name);
  return {
    module: module.name,
    release: { version: current.manifest.version, manifestDigest: current.manifestDigest },
    ...(running === undefined || running.to === null ? {} : { runs: running.version }),
    ...(knownGood && {
      knownGood: {
        version: knownGood.release.manifest.version,
        manifestDigest: knownGood.release.manifestDigest,
        entry: knownGood.seq,
        since: knownGood.since,
      },
    }),
    passedOver: [...passedOver],
    needs: [...needs],
    command,
    onCall: onCallFor(context, module.name, at),
    said: statementsOf(context, module.name, current, "on-call").map(({ person, predicate }) => ({
      person,
      text: predicate.summary,
    })),
    provisions: provisionsOf(context, module.name, current),
  };
}

function onCallFor({ catalogue: { authority } }: Context, module: string, at: Date): ModulePlan["onCall"] {
  for (const role of ON_CALL) {
    const people = authority.holders(role, module, at);
    if (people.length > 0) {
      return people.map((person) => ({ person, name: authority.people[person]?.name ?? person, role }));
    }
  }
  return [];
}

/** Back to the state before the first of these releases came or, where none has come yet, to what runs now. */
function wholeCommand(gate: Gate, stack: string, modules: readonly ModulePlan[]): string | undefined {
  const succeeded = succeededIn(gate.ledger(stack));
  const planned = new Set(modules.map(({ release }) => release.manifestDigest));
  const brings = succeeded.findIndex(({ changes }) => changes.some(({ to }) => to !== null && planned.has(to)));
  const state = brings === -1 ? succeeded.at(-1) : succeeded[brings - 1];
  return state && `npx imprimatur rollback --stack ${stack} --to ${state.seq} --reason "…"`;
}

function gapsOf({ module, onCall, knownGood, passedOver }: ModulePlan): string[] {
  const lost = passedOver.map(({ version, why }) => `${version} ${why}`.trim()).join("; ");
  return [
    ...(onCall.length > 0 ? [] : [`nobody is on call for ${module}: give somebody the role ${ON_CALL.join(" or ")}`]),
    // What never ran anything else has nothing to lose; it is taken out.
    ...(knownGood === undefined && lost !== ""
      ? [`there is nothing known good to take ${module} back to: ${lost}`]
      : []),
  ];
}

/** What is gone back to must go together: each needs a version of the others that its range admits. */
function rangeGaps(modules: readonly ModulePlan[], platform: Platform): string[] {
  const versionOf = (name: string) => {
    const planned = modules.find(({ module }) => module === name);
    return planned === undefined ? platform.modules.get(name)?.current.manifest.version : planned.knownGood?.version;
  };
  return modules.flatMap(({ module, knownGood }) => {
    const { dependsOn = {} } = platform.modules.get(module)?.module ?? {};
    return Object.entries(dependsOn).flatMap(([need, range]) => {
      const [version, scheme] = [versionOf(need), platform.modules.get(need)?.module.versions];
      if (knownGood === undefined || version === undefined || scheme === undefined) return [];
      return satisfiesRange(scheme, version, range)
        ? []
        : [`${module} ${knownGood.version} needs ${need} ${range}, and would find ${version}`];
    });
  });
}
