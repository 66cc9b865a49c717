import { z } from "zod";

/** Name of a module, artifact or stack: a DNS label, so that it can be part of any name in a cluster. */
export const Name = z
  .string()
  .regex(/^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/, "must be a DNS label: lower-case letters, digits and dashes, at most 63");

/** SHA-256 of a file, an image index or a chart manifest, as OCI writes it. */
export const Digest = z
  .string()
  .regex(/^sha256:[0-9a-f]{64}$/, 'must be "sha256:" and 64 lower-case hex digits')
  .meta({ description: "SHA-256 as OCI writes it: sha256:<64 lower-case hex digits>" });

/** SHA-256 of the file of a record. */
export const Hash = z.string().regex(/^[0-9a-f]{64}$/, "must be 64 lower-case hex digits");

/** Repository of an image or chart: registry host and path, with neither tag nor digest. */
export const Repository = z
  .string()
  .regex(
    /^[a-z0-9.-]+(:\d+)?(\/[a-z0-9]+([._-]+[a-z0-9]+)*)+$/,
    "must be a registry host and a path, with neither tag nor digest",
  );

/** A full git commit id. */
export const Commit = z.string().regex(/^[0-9a-f]{40}$/, "must be a full commit id: 40 lower-case hex digits");

/** Dotted path of a value in a chart's values, such as `deployment.skaha.image`. */
export const ValuesPath = z.string().regex(/^[\w-]+(\.[\w-]+)*$/, "must be keys joined by dots");

/** An instant, RFC 3339 with its offset. */
export const Instant = z.iso.datetime({ offset: true });

/** The channels, from the least to the most proven. */
export const CHANNELS = ["experimental", "edge", "alpha", "beta", "stable"] as const;
export const Channel = z.enum(CHANNELS);
/** How well proven a release claims to be. */
export type Channel = z.infer<typeof Channel>;

/** The environment classes, from the least to the most formal. SQuaRE's *int* is `staging`. */
export const CLASSES = ["bleed", "dev", "staging", "prod"] as const;
export const EnvironmentClass = z.enum(CLASSES);
/** How formal an environment is. */
export type EnvironmentClass = z.infer<typeof EnvironmentClass>;

export const Purpose = z.enum(["service", "offered"]);
/** `service`: the platform runs it. `offered`: users choose it and can fall back on another. */
export type Purpose = z.infer<typeof Purpose>;

/** Any JSON object. */
export const Values = z.record(z.string(), z.json());
