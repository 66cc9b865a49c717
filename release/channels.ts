import { CHANNELS, type Channel, type EnvironmentClass, type Purpose } from "./schema/common.ts";
import type { ChannelsFile } from "./schema/trust.ts";

/** Negative where `a` is less proven than `b`, zero where they are equal. */
export function compareChannels(a: Channel, b: Channel): number {
  return CHANNELS.indexOf(a) - CHANNELS.indexOf(b);
}

/** The lowest channel that an environment class admits for a purpose. */
export function channelFloor(table: ChannelsFile, purpose: Purpose, stackClass: EnvironmentClass): Channel {
  return table[purpose][stackClass];
}

/** Whether an environment class admits a channel for a purpose. */
export function admitsChannel(
  table: ChannelsFile,
  purpose: Purpose,
  stackClass: EnvironmentClass,
  channel: Channel,
): boolean {
  return compareChannels(channel, channelFloor(table, purpose, stackClass)) >= 0;
}

/** Whether a bare channel may be pinned in a class: only where what is deployed is left to float. */
export function mayFloat(stackClass: EnvironmentClass): boolean {
  return stackClass === "bleed" || stackClass === "dev";
}
