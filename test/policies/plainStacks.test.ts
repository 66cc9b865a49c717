import { beforeAll, expect, test } from "vitest";
import type { PreviewReport } from "../../cli/report.ts";
import { fixtureCheckout } from "./fixtureCheckout.ts";
import { TRUST } from "./support.ts";

/** What each policy refuses in its case, as one preview of all of them shows it. */
const MIRROR = "environment-parity-mirror";
const REFUSALS: Readonly<Record<string, readonly string[]>> = {
  "cluster-posture": ["the API server can be reached from everywhere"],
  "environment-parity": [
    `spec.template.spec.containers[web].readinessProbe is given in ${MIRROR} and not in environment-parity-refused`,
  ],
  "gated-sync": ["Argo CD syncs by itself: spec.syncPolicy.automated"],
  "known-owner": ["nobody owns it: it belongs to no module and names no owner"],
  "no-plaintext-secrets": [
    "the variable DB_PASSWORD at spec.jobTemplate.spec.template.spec.containers[0].env[0] holds a credential, by its name, as a plain value",
  ],
  "protected-state": ["it holds state and is not protected, so a change could delete or replace it"],
  "registry-immutable": ["its tags can be moved: the same tag could name other bytes tomorrow"],
};

const stacks = Object.keys(REFUSALS).flatMap((policy) => [`${policy}-refused`, `${policy}-compliant`]);
const place = 'account: "333333333333", region: us-west-2';
const trusted = stacks.map((stack) => `  ${stack}: { class: prod, ${place}, mirrors: ${MIRROR} }\n`);
const checkout = fixtureCheckout({
  ...TRUST,
  "catalog/trust/stacks.yaml": `judgedAt: 2026-08-06T22:00:00Z\nstacks:\n  ${MIRROR}: { class: staging }\n${trusted.join("")}`,
  "catalog/trust/people.yaml":
    "people: { ada: { name: Ada } }\nroles: { platform-team: { description: runs it, members: [{ person: ada }] } }\n",
});

/** By stack and policy: what is refused. */
const found = new Map<string, ReadonlyMap<string, readonly string[]>>();

beforeAll(async () => {
  for (const stack of [MIRROR, ...stacks]) {
    const [, name, ending] = /^(.*)-(refused|compliant|mirror)$/.exec(stack) ?? [];
    const ours = { "imprimatur:cluster": { context: stack }, "imprimatur:registries": {}, "imprimatur:modules": {} };
    const config = { ...ours, "fixture:case": name, "fixture:compliant": ending !== "refused" };
    checkout.write(`Pulumi.${stack}.yaml`, JSON.stringify({ config }));
  }
  const planned = await checkout.run("plan", MIRROR, "--write", "--engine", "offline");
  expect(planned).toMatchObject({ code: 0, stdout: `plans/${MIRROR}.json written\n` });
  const { stdout, stderr } = await checkout.run("preview", ...stacks, "--engine", "offline", "--json");
  if (stdout === "") throw new Error(stderr);
  const report: PreviewReport = JSON.parse(stdout);
  for (const { name, verdicts } of report.stacks) {
    const messages = verdicts.map(
      ({ policy, violations }) => [policy, violations.map(({ message }) => message)] as const,
    );
    found.set(name, new Map(messages));
  }
});

test.each(Object.entries(REFUSALS))(
  "a preview shows the refusal of %s, and on the compliant twin none",
  (policy, refused) => {
    expect(found.get(`${policy}-refused`)?.get(policy)).toEqual(refused);
    expect(found.get(`${policy}-compliant`)?.get(policy)).toEqual([]);
  },
);
