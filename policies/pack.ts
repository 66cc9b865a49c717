import { PolicyPack } from "@pulumi/policy";
import { channel } from "./channel.ts";
import { deserializeOnce } from "./deserializeOnce.ts";
import { imageDigestOnly } from "./imageDigestOnly.ts";

deserializeOnce();

new PolicyPack("imprimatur", {
  displayName: "Imprimatur",
  description: "Whatever is not blessed does not reach production.",
  enforcementLevel: "mandatory",
  policies: [channel, imageDigestOnly],
});
