import { z } from "zod";
import { Name } from "./common.ts";
import { TrainName } from "./train.ts";

const Text = z.string().min(1);

/** Notes quote it as a link: it must not end one. */
const Link = (protocol: RegExp) =>
  z.url({ protocol }).regex(/^[^<>\s]+$/, "must be a link with neither spaces nor angle brackets");

/** What a coming or past release is for, agreed with those who use it. */
const PlannedRelease = z.strictObject({
  name: TrainName.describe("Name of the release; that of its train, once there is one"),
  date: z.iso.date().optional().describe("When it is planned for"),
  modules: z.array(Name).default([]).describe("Modules that it is about; all where none are named"),
  goals: z.array(Text).min(1),
  in: z.array(Text).default([]).describe("What is in it"),
  out: z
    .array(z.strictObject({ what: Text, why: Text }))
    .default([])
    .describe("What was asked for and is not in it, and why"),
});

/** Something that is released on a track of its own, with versions that nothing here follows or pins. */
const IndependentTrack = z.strictObject({
  name: Text,
  description: Text,
  url: Link(/^https?$/).describe("Where its releases are found"),
  version: Text.optional().describe("The newest that is known to go with what is released here"),
  modules: z.array(Name).default([]).describe("Modules that it is used with; all where none are named"),
});

/** Where users discuss and report. */
const Forum = z.strictObject({
  url: Link(/^(https?|mailto)$/),
  modules: z.array(Name).default([]).describe("Modules that it is about; all where none are named"),
});

/** `catalog/roadmap.yaml`: what releases are for. It decides nothing; release notes quote it. */
export const RoadmapFile = z
  .strictObject({
    feedback: z.array(Forum).default([]),
    releases: z.array(PlannedRelease).default([]).describe("In the order that they are planned"),
    tracks: z.array(IndependentTrack).default([]),
  })
  .meta({ title: "Imprimatur roadmap" });
export type RoadmapFile = z.infer<typeof RoadmapFile>;
