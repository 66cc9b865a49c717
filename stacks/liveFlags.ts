import type { ComponentResourceOptions } from "@pulumi/pulumi";
import { LiveFlag } from "../components/liveFlag.ts";
import { flagText } from "../release/flags.ts";
import type { Platform, PlatformModule } from "../release/platform.ts";

/** The flags of a module that the stack's Unleash switches: there, and off, until somebody switches them. */
export function declareLiveFlags(
  { settings }: Platform,
  { module }: PlatformModule,
  opts: ComponentResourceOptions,
): void {
  const place = settings["imprimatur:unleash"];
  if (place === undefined) return;
  for (const [flag, declaration] of Object.entries(module.flags)) {
    if (!declaration.live) continue;
    new LiveFlag(`${module.name}-${flag}`, { ...place, flag, description: flagText(declaration) }, opts);
  }
}
