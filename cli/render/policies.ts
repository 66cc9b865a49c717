import type { PolicyMetadata } from "../../engine/policyMetadata.ts";

const HEAD = `# The policies of the pack

<!-- Written by \`npx imprimatur policies --markdown docs/policies.md\`: edit the policies, not this page. -->

Every policy is mandatory unless the pack's configuration says otherwise: \`catalog/trust/policies.json\` for
\`imprimatur\`, \`--policy-pack-config FILE\` for Pulumi. It gives each policy a level (\`mandatory\`, \`advisory\` or
\`disabled\`) or an object with \`enforcementLevel\` and the settings below; \`all\` sets the level of every policy.
\`policies/presets/\` has three to start from. One violation can be waived by two people who may; the waiver has a
reason and an end, and every plan shows it.

Each policy also has the setting \`catalogue\`: the root of the checkout that holds \`catalog/\`, from the pack's folder.
`;

/** The page that docs/policies.md holds. */
export function policiesMarkdown(policies: readonly PolicyMetadata[]): string {
  const table = [
    "| policy | severity | what it holds |",
    "| --- | --- | --- |",
    ...policies.map(({ name, severity = "", description }) => `| [${name}](#${name}) | ${severity} | ${description} |`),
  ];
  return [HEAD, `${table.join("\n")}\n`, ...policies.map(section)].join("\n");
}

function section({ name, description, severity, framework, tags, remediation, settings }: PolicyMetadata): string {
  const facts = [
    ...(severity === undefined ? [] : [`- Severity: ${severity}`]),
    ...(framework === undefined
      ? []
      : [`- ${framework.name} ${framework.version}, ${framework.reference}: ${framework.specification}`]),
    `- Tags: ${tags.join(", ")}`,
    `- Remedy: ${remediation}`,
  ];
  const rows = Object.entries(settings)
    .filter(([key]) => key !== "catalogue")
    .map(([key, schema]) => `| \`${key}\` | ${schema.description ?? ""} | ${shownDefault(schema)} |`);
  const table = rows.length === 0 ? [] : ["", "| setting | what it says | default |", "| --- | --- | --- |", ...rows];
  return `${[`## ${name}`, "", description, "", ...facts, ...table].join("\n")}\n`;
}

/** The default of a setting; an object without one of its own has those of its parts. */
function shownDefault(schema: Readonly<Record<string, unknown>>): string {
  const value = defaultOf(schema);
  return value === undefined ? "" : `\`${JSON.stringify(value)}\``;
}

function defaultOf(schema: unknown): unknown {
  const { default: own, properties } = schema as { default?: unknown; properties?: Record<string, unknown> };
  if (properties === undefined) return own;
  const parts = Object.entries(properties).flatMap(([key, part]) => {
    const value = defaultOf(part);
    return value === undefined ? [] : [[key, value]];
  });
  return parts.length === 0 ? own : Object.fromEntries(parts);
}

/** One line for each policy, for a terminal. */
export function policiesText(policies: readonly PolicyMetadata[]): string {
  const width = Math.max(...policies.map(({ name }) => name.length));
  return policies
    .map(({ name, severity = "", description }) => `${name.padEnd(width)}  ${severity.padEnd(8)}  ${description}`)
    .join("\n");
}
