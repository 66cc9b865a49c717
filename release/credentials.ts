/** Last words of a name that say that its value is a credential. */
const CREDENTIAL_WORDS = new Set(["pwd", "credential", "credentials", "token"]);
/** Endings of the last word that do: `PGPASSWORD`. */
const CREDENTIAL_ENDING = /(password|passwd|passphrase)$/;
/** Last two words that do. */
const CREDENTIAL_PAIRS = new Set([
  "api key",
  "access key",
  "account key",
  "auth key",
  "encryption key",
  "license key",
  "master key",
  "private key",
  "secret key",
  "shared key",
  "signing key",
  "ssh key",
]);
/** Words before `secret` that say that it is one; else charts mean the name of a Secret by it. */
const SECRET_OF = new Set([
  "client",
  "shared",
  "cookie",
  "session",
  "jwt",
  "webhook",
  "hmac",
  "signing",
  "app",
  "consumer",
  "oauth",
]);
/** Words that say that a name or key of a Secret follows, and no credential: `existingSecretPassword`. */
const NAMES_OF = new Set(["existing", "pull"]);

/**
 * Whether a name reads like that of a credential: `DB_PASSWORD`, `adminPassword`, `api-key`, `clientSecret`.
 * @param kind in an environment, a bare `…_SECRET` is one too; in chart values it usually is the name of a Secret
 */
export function isCredentialName(name: string, kind: "environment" | "value"): boolean {
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .replace(/([A-Z])([A-Z][a-z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== "");
  const [before = "", last = ""] = words.length > 1 ? words.slice(-2) : ["", ...words];
  if (words.some((word) => NAMES_OF.has(word))) return false;
  if (CREDENTIAL_PAIRS.has(`${before} ${last}`) || ["apikey", "privatekey", "secretkey"].includes(last)) return true;
  if (last === "secret") return kind === "environment" || SECRET_OF.has(before);
  return CREDENTIAL_WORDS.has(last) || CREDENTIAL_ENDING.test(last);
}

/** What gives a credential away, whatever its name. */
const FORMS: readonly { readonly what: string; readonly form: RegExp }[] = [
  { what: "a private key", form: /-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----/ },
  { what: "a kubeconfig with a key", form: /\bclient-key-data["']?\s*:/ },
  { what: "a GitHub token", form: /\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{60,})/ },
  { what: "a Slack token", form: /\bxox[abeoprs]-[A-Za-z0-9-]{10,}/ },
];

/** What credential a text holds, in words; undefined where it holds none that can be told by its form. */
export function credentialIn(text: string): string | undefined {
  // Shorter than any of them.
  if (text.length < 15) return undefined;
  return FORMS.find(({ form }) => form.test(text))?.what;
}

/** Whether a text only points to a value: `$(NAME)`, `${NAME}`, a template. */
export function isReference(text: string): boolean {
  return /^(\$\([\w.-]+\)|\$\{[^}]+\}|\{\{.*\}\})$/s.test(text.trim());
}
