import { z } from "zod";
import { TrustKey } from "../signing/trust-keys.ts";
import { Instant, Name } from "./common.ts";

/** What a role may do besides voting. */
const POWERS = ["cut", "attest", "bless", "revoke", "block", "waive", "record", "operate"] as const;
export const Power = z.enum(POWERS);
/**
 * What a role may do besides voting. `record` appends to the ledger what was applied; `operate` moves a canary within what
 * was signed for, switches a flag off and takes a release back.
 */
export type Power = z.infer<typeof Power>;

const Person = z.strictObject({
  name: z.string().min(1).describe("How messages call them; a pipeline is a person too"),
  keys: z
    .array(TrustKey)
    .default([])
    .describe("Never remove a key that has signed something: give it an end, or revoke it"),
});

const Member = z.strictObject({
  person: Name,
  modules: z.array(Name).optional().describe("Holds the role for these modules only; for all by default"),
  from: Instant.optional(),
  until: Instant.optional(),
});

const Role = z.strictObject({
  description: z.string().min(1),
  members: z.array(Member).min(1),
  veto: z.boolean().default(false).describe("A NOGO of this role refuses, whatever the count"),
  may: z.array(Power).default([]),
});

/** "Or their designates": somebody acts in a role for somebody else, for a time. */
const Delegation = z.strictObject({
  role: Name,
  from: Name.describe("Who hands the role on"),
  to: Name,
  since: Instant,
  until: Instant,
  reason: z.string().min(1),
});

/** `catalog/trust/people.yaml`: who is who, with which keys, in which roles. */
export const PeopleFile = z
  .strictObject({
    people: z.record(Name, Person),
    roles: z.record(Name, Role),
    delegations: z.array(Delegation).default([]),
  })
  .superRefine(({ people, roles, delegations }, context) => {
    const known = (person: string, path: (string | number)[]) => {
      if (!(person in people)) context.addIssue({ code: "custom", path, message: "is nobody under people" });
    };
    for (const [name, role] of Object.entries(roles)) {
      role.members.forEach((member, index) => {
        known(member.person, ["roles", name, "members", index, "person"]);
      });
    }
    delegations.forEach(({ role, from, to }, index) => {
      known(from, ["delegations", index, "from"]);
      known(to, ["delegations", index, "to"]);
      if (!(role in roles)) {
        context.addIssue({ code: "custom", path: ["delegations", index, "role"], message: "is no role" });
      }
    });
  })
  .meta({ title: "Imprimatur people" });
export type PeopleFile = z.infer<typeof PeopleFile>;
