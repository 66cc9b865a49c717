import { z } from "zod";
import { EnvironmentClass } from "../release/schema/common.ts";

/** The setting of a policy that holds in some environment classes only. */
export function classesSetting(...classes: readonly EnvironmentClass[]) {
  return z
    .array(EnvironmentClass)
    .default([...classes])
    .describe("Environment classes that it holds in");
}
