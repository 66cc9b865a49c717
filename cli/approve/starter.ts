/** What a platform of one's own begins with. */
export interface Starter {
  /** Id and name of whoever starts it. */
  readonly person: string;
  readonly name: string;
  /** Public keys of that person and of the pipeline, PEM. */
  readonly personKey: string;
  readonly pipelineKey: string;
  /** Since when the keys count, RFC 3339. */
  readonly from: string;
  /** The first module, and the registry that its image comes from. */
  readonly module: string;
  readonly registry: string;
}

/** Id of the pipeline, which is a person too. */
export const PIPELINE = "pipeline";

const STACKS = ["dev", "staging", "prod"] as const;

/** The files of a small platform: three stacks, one module, two keys, one rule. By path. */
export function starterFiles(starter: Starter): ReadonlyMap<string, string> {
  const { module } = starter;
  return new Map([
    ["catalog/trust/stacks.yaml", stacksYaml()],
    ["catalog/trust/channels.yaml", CHANNELS],
    ["catalog/trust/people.yaml", peopleYaml(starter)],
    ["catalog/trust/formality.yaml", FORMALITY],
    ["catalog/trust/calendar.yaml", CALENDAR],
    [`catalog/modules/${module}.yaml`, moduleYaml(starter)],
    ["plans/.gitkeep", ""],
    ...STACKS.map((stack): [string, string] => [`Pulumi.${stack}.yaml`, stackYaml(stack, starter)]),
  ]);
}

function stacksYaml(): string {
  const about = {
    dev: "Development: anything goes",
    staging: "Integration: what is to reach production runs here first",
    prod: "Production: what users rely on",
  };
  const entries = STACKS.map((stack) => `  ${stack}:\n    class: ${stack}\n    description: "${about[stack]}"\n`);
  return `# yaml-language-server: $schema=../../schemas/stacks.json
# What each stack is. A stack's own file cannot change this: its class decides how formal everything else is.
stacks:
${entries.join("")}`;
}

const CHANNELS = `# yaml-language-server: $schema=../../schemas/channels.json
# The lowest channel that each class admits. From the least proven: experimental, edge, alpha, beta, stable.
service: { bleed: experimental, dev: experimental, staging: beta, prod: stable }
# What users choose, and can fall back from.
offered: { bleed: experimental, dev: experimental, staging: experimental, prod: experimental }
`;

const FORMALITY = `# yaml-language-server: $schema=../../schemas/formality.json
# What a change must pass. All rules that match add up.

# Stacks of these classes run only what is blessed for them.
blessed: [prod]

# For how many days a vote counts.
voteDays: 30

rules:
  - name: tested, and somebody answers for it
    when: { classes: [prod] }
    require:
      evidence:
        - { type: test-result, by: ci, thresholds: { failed: { max: 0 } } }
      votes: [{ role: module-lead }]
      # Once it runs in staging before production:
      # soak: { stack: staging, hours: 24 }
`;

const CALENDAR = `# yaml-language-server: $schema=../../schemas/calendar.json
# When changes are made, and when they are not. What has to go into a window is said by formality.yaml (window: always).
windows: {}
#   thursdays:
#     description: Weekly, in the afternoon
#     stacks: [staging, prod]
#     zone: Europe/Berlin
#     starts: 2026-01-01T15:00
#     repeats: FREQ=WEEKLY;BYDAY=TH
#     minutes: 120

# Whoever acts in one of these roles can halt all promotion at once (npx imprimatur stop-the-line).
stopTheLine: [release-manager, qa]
`;

function peopleYaml({ person, name, personKey, pipelineKey, from }: Starter): string {
  const key = (pem: string) =>
    `    keys:\n      - from: ${from}\n        pem: |\n${pem.trimEnd().replace(/^/gm, "          ")}\n`;
  return `# yaml-language-server: $schema=../../schemas/people.json
# Who is who, and in which roles. \`npx imprimatur keys new <person> --name "…"\` adds somebody.
# Never remove a key that has signed something: give it an \`until\`, or revoke it (docs/rotate-keys.md).
people:
  ${PIPELINE}:
    name: Build and test pipeline
${key(pipelineKey)}  ${person}:
    name: ${JSON.stringify(name)}
${key(personKey)}
roles:
  ci:
    description: Cuts releases and attests what machines find
    members: [{ person: ${PIPELINE} }]
    may: [cut, attest, record]
  module-lead:
    description: Answers for a module
    members: [{ person: ${person} }]
    may: [attest, block]
  qa:
    description: Tests, and can veto
    members: [{ person: ${person} }]
    veto: true
    may: [attest, revoke]
  release-manager:
    description: Blesses what has passed, and takes back what turned out bad
    members: [{ person: ${person} }]
    may: [bless, revoke, block, waive]
`;
}

function moduleYaml({ module, registry, person }: Starter): string {
  return `# yaml-language-server: $schema=../../schemas/module.json
description: The first module of this platform
purpose: service
owners: [${person}]
maturity: development
images:
  ${module}: { repository: ${registry}/${module} }
`;
}

function stackYaml(stack: string, { registry }: Starter): string {
  return `# yaml-language-server: $schema=./schemas/stack.json
# What ${stack} runs. A promotion changes one line under imprimatur:modules: current moves to previous.
config:
  imprimatur:cluster: { context: ${stack} } # a context in your kubeconfig
  imprimatur:registries:
    own: { url: ${registry} }
  imprimatur:modules: {}
`;
}
