import type { Engine, EngineName } from "../engine/engine.ts";
import { nearestHint, refuseInput } from "../release/errors.ts";

/** What `--engine` takes. */
export const ENGINE_CHOICES = ["auto", "pulumi", "offline"] as const satisfies readonly ("auto" | EngineName)[];

/** An engine, and why it was taken. */
export interface ChosenEngine {
  readonly engine: Engine;
  readonly reason: string;
}

/**
 * Takes the engine that was asked for; `auto` is the Pulumi CLI where it is there and its backend answers, and offline
 * otherwise. Only where the Pulumi CLI is asked for by name it is downloaded if need be, which is said.
 * @param root the folder of `Pulumi.yaml`
 * @throws InputError for an unknown name, or where the CLI cannot be had
 */
export async function chooseEngine(wanted: string, root: string): Promise<ChosenEngine> {
  const name = ENGINE_CHOICES.find((choice) => choice === wanted);
  if (name === undefined) {
    const message = `must be one of ${ENGINE_CHOICES.join(", ")}`;
    refuseInput({ file: "--engine", path: "", message, value: wanted, ...nearestHint(wanted, ENGINE_CHOICES) });
  }
  // Loaded when needed: the SDK behind them takes half a second, which help and bad input need not wait for.
  const { offlineEngine } = await import("../engine/offline.ts");
  if (name === "offline") return { engine: offlineEngine, reason: "asked for with --engine" };
  const { available, pulumiEngine } = await import("../engine/pulumi.ts");
  if (name === "pulumi") {
    const { requireCli } = await import("../engine/installCli.ts");
    await requireCli(process.env, (text) => console.error(text));
    return { engine: pulumiEngine, reason: "asked for with --engine" };
  }
  const state = await available(root);
  return state.available
    ? { engine: pulumiEngine, reason: "the Pulumi CLI is there and its backend answers" }
    : { engine: offlineEngine, reason: state.reason };
}
