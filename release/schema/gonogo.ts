import { z } from "zod";
import { Digest, Hash, Instant, Name } from "./common.ts";

/** What a go/no-go is about: by module, the version. The manifests themselves are the record's subjects. */
const Train = z.record(Name, z.string().min(1));

/** The window that carries them, by its name in the calendar, and which of its dates, by its start. */
const carrier = { window: Name.optional(), start: Instant.optional() };

/** Somebody asks for the votes on some releases for a stack. */
export const Opening = z.strictObject({
  stack: Name,
  releases: Train,
  ...carrier,
  /** When it is to be decided. */
  decides: Instant,
  at: Instant,
});

/** What a go/no-go came to, with all that it rests on. */
export const Decision = z.strictObject({
  verdict: z.enum(["GO", "NO-GO"]),
  stack: Name,
  releases: Train,
  /** SHA-256 of the file of the opening that it closes. */
  opening: Hash,
  ...carrier,
  /** As each release was configured, by manifest digest. */
  configHash: z.record(Digest, Hash),
  /** The votes that were counted, each by the SHA-256 of its file. */
  votes: z.array(z.strictObject({ person: Name, role: Name, verdict: z.enum(["GO", "NOGO"]), vote: Hash })),
  /** What was in the way; empty for a GO. */
  against: z.array(z.string()),
  at: Instant,
});
