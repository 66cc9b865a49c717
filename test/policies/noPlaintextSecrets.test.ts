import { beforeAll, describe, expect, test } from "vitest";
import type { Pack } from "../../engine/pack.ts";
import type { JsonObject } from "../../release/json.ts";
import { checkoutOf, judge, refusals, resourceOf, secretOf, startPolicy, UNKNOWN } from "./support.ts";

const catalogue = checkoutOf({});
const VALUE = "hunter2-of-the-test";
const KEY = "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEE\n-----END EC PRIVATE KEY-----\n";

const secret = (inputs: JsonObject, stack = "prod") => resourceOf("kubernetes:core/v1:Secret", "it", inputs, { stack });
const configMap = (inputs: JsonObject) => resourceOf("kubernetes:core/v1:ConfigMap", "it", inputs);
const chart = (values: unknown) =>
  resourceOf("kubernetes:helm.sh/v3:Release", "it", { chart: "x", values } as JsonObject);
const variable = (name: string, value: JsonObject[string]) =>
  resourceOf("kubernetes:batch/v1:CronJob", "it", {
    spec: {
      jobTemplate: { spec: { template: { spec: { initContainers: [{ name: "a", env: [{ name, value }] }] } } } },
    },
  });

let pack: Pack;
beforeAll(async () => {
  pack = await startPolicy("no-plaintext-secrets", catalogue);
});

describe("no-plaintext-secrets passes", () => {
  test.each([
    ["a Secret that is marked as a whole", secret({ stringData: secretOf({ password: VALUE }) })],
    ["one whose every value is marked", secret({ data: { password: secretOf(VALUE), user: secretOf("x") } })],
    ["one with a marked value that is not known yet", secret({ data: { password: secretOf(UNKNOWN) } })],
    ["one that something else fills", secret({ metadata: { name: "it" }, type: "Opaque" })],
    ["an empty one", secret({ data: {}, stringData: { later: "" } })],
    [
      "a variable from a Secret",
      resourceOf("kubernetes:core/v1:Pod", "it", {
        spec: {
          containers: [{ env: [{ name: "DB_PASSWORD", valueFrom: { secretKeyRef: { name: "db", key: "p" } } }] }],
        },
      }),
    ],
    ["a variable that refers to another", variable("DB_PASSWORD", "$(OTHER)")],
    ["a variable that only names something", variable("PASSWORD_FILE", "/run/secrets/p")],
    ["an empty variable", variable("TOKEN", "")],
    ["a variable of another name", variable("STABLE_VERSION", "1.0.0")],
    [
      "settings in a ConfigMap",
      configMap({ data: { "app.properties": "password.file=/run/p", TOKEN_URL: "https://x.test" } }),
    ],
    [
      "a certificate in a ConfigMap",
      configMap({ data: { "ca.crt": "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----" } }),
    ],
    ["a marked value", chart({ db: { password: secretOf(VALUE) } })],
    ["a value below what is marked", chart({ db: secretOf({ password: VALUE }) })],
    ["values that are marked as a whole", chart(secretOf({ db: { password: VALUE } }))],
    [
      "the name of a Secret",
      chart({
        existingSecret: "db",
        auth: { existingSecretPasswordKey: "p" },
        tls: { secret: "web-tls" },
        imagePullSecret: "r",
      }),
    ],
    [
      "switches and templates",
      chart({
        automountServiceAccountToken: false,
        token: true,
        password: "{{ .Values.p }}",
        maxToken: 3,
        apiKey: null,
      }),
    ],
    [
      "a cloud password that its SDK marks",
      resourceOf("aws:rds/instance:Instance", "it", { password: secretOf(VALUE), manageMasterUserPassword: true }),
    ],
  ])("%s", async (_, resource) => {
    expect(await refusals(pack, resource)).toEqual([]);
  });
});

describe("no-plaintext-secrets refuses", () => {
  test("a Secret in plain text, without showing it, and says what mends it", async () => {
    const { refused } = await judge(pack, secret({ stringData: { password: VALUE, ca: secretOf("x") } }, "dev"));
    expect(refused).toEqual([
      {
        urn: "urn:pulumi:dev::fixture::kubernetes:core/v1:Secret::it",
        message:
          "stringData.password of a Secret is not marked as secret, so it stands in plain text in plans and in the state",
        remedy: "take it from config.requireSecret(…) or pulumi.secret(…), or let an external secret operator make it",
      },
    ]);
    expect(JSON.stringify(refused)).not.toContain(VALUE);
  });

  const plain = "is not marked as secret, so it stands in plain text in plans and in the state";
  const named = "holds a credential, by its name";
  const at = (name: string) =>
    `the variable ${name} at spec.jobTemplate.spec.template.spec.initContainers[0].env[0] holds`;
  test.each([
    ["data of a Secret", secret({ data: { "tls.key": VALUE } }), `data["tls.key"] of a Secret ${plain}`],
    ["unknown data", secret({ data: UNKNOWN }), `data of a Secret ${plain}`],
    ["an unknown value of a Secret", secret({ data: { a: UNKNOWN } }), `data.a of a Secret ${plain}`],
    ["data of a wrong type", secret({ data: VALUE }), `data of a Secret ${plain}`],
    [
      "a Secret of a list",
      resourceOf("kubernetes:core/v1:SecretList", "it", { items: [{ data: { a: VALUE } }] }),
      `items[0].data.a of a Secret ${plain}`,
    ],
    [
      "a patch of a Secret",
      resourceOf("kubernetes:core/v1:SecretPatch", "it", { data: { a: VALUE } }),
      `data.a of a Secret ${plain}`,
    ],
    ["a variable", variable("DB_PASSWORD", VALUE), `${at("DB_PASSWORD")} a credential, by its name, as a plain value`],
    [
      "a variable of digits",
      variable("API_TOKEN", "123456"),
      `${at("API_TOKEN")} a credential, by its name, as a plain value`,
    ],
    [
      "an unknown variable",
      variable("AWS_SECRET_ACCESS_KEY", UNKNOWN),
      `${at("AWS_SECRET_ACCESS_KEY")} a credential, by its name, as a plain value`,
    ],
    [
      "a variable that is marked as secret, and yet is in the Pod",
      variable("CLIENT_SECRET", secretOf(VALUE)),
      `${at("CLIENT_SECRET")} a credential, by its name, as a plain value`,
    ],
    ["a variable that holds a key", variable("SIGNER", KEY), `${at("SIGNER")} a private key, as a plain value`],
    [
      "a ConfigMap with a key in it",
      configMap({ data: { "id.pem": KEY } }),
      'data["id.pem"] of a ConfigMap holds a private key',
    ],
    [
      "a ConfigMap with a key in binary form",
      configMap({ binaryData: { id: Buffer.from(KEY).toString("base64") } }),
      "binaryData.id of a ConfigMap holds a private key",
    ],
    [
      "a ConfigMap with a password",
      configMap({ data: { DB_PASSWORD: VALUE } }),
      `data.DB_PASSWORD of a ConfigMap ${named}`,
    ],
    [
      "a value",
      chart({ db: { adminPassword: VALUE } }),
      `values.db.adminPassword ${named}, and is not marked as secret`,
    ],
    ["a number", chart({ password: 12345678 }), `values.password ${named}, and is not marked as secret`],
    [
      "an unknown value",
      chart({ oauth: { clientSecret: UNKNOWN } }),
      `values.oauth.clientSecret ${named}, and is not marked as secret`,
    ],
    [
      "a variable in values",
      chart({ env: [{ name: "API_KEY", value: VALUE }] }),
      `values.env[0].value ${named}, and is not marked as secret`,
    ],
    [
      "a list of them",
      chart({ tokens: [], apiKey: [VALUE] }),
      `values.apiKey[0] ${named}, and is not marked as secret`,
    ],
    [
      "a value that gives itself away",
      chart({ note: `ghp_${"a".repeat(36)}` }),
      "values.note holds a GitHub token, and is not marked as secret",
    ],
    [
      "a kubeconfig",
      chart({ config: "users:\n- user:\n    client-key-data: LS0t" }),
      "values.config holds a kubeconfig with a key, and is not marked as secret",
    ],
    ["unknown values", chart(UNKNOWN), "whether its values hold credentials cannot be known before an update"],
    [
      "a cloud password",
      resourceOf("aws:rds/instance:Instance", "it", { password: VALUE }),
      `password ${named}, and is not marked as secret`,
    ],
    [
      "a parameter",
      resourceOf("aws:ssm/parameter:Parameter", "it", { name: "/db/password", value: VALUE }),
      `value ${named}, and is not marked as secret`,
    ],
    [
      "a function's environment",
      resourceOf("aws:lambda/function:Function", "it", { environment: { variables: { DB_PASSWORD: VALUE } } }),
      `environment.variables.DB_PASSWORD ${named}, and is not marked as secret`,
    ],
  ])("%s", async (_, resource, message) => {
    const { refused } = await judge(pack, resource);
    expect(refused.map((violation) => violation.message)).toEqual([message]);
    expect(JSON.stringify(refused)).not.toMatch(/hunter2|MHcCAQEE|ghp_|LS0t/);
  });
});

describe("the configuration of no-plaintext-secrets", () => {
  test("exempts names and classes", async () => {
    const own = await startPolicy("no-plaintext-secrets", catalogue, {
      exempt: ["CSRF_TOKEN", "apiKey"],
      classes: ["prod"],
    });
    expect(await refusals(own, variable("CSRF_TOKEN", "header"), chart({ apiKey: "public" }))).toEqual([]);
    expect(await refusals(own, secret({ data: { a: VALUE } }, "dev"))).toEqual([]);
    expect(await refusals(own, secret({ data: { a: VALUE } }, "prod"))).toHaveLength(1);
  });

  test("is refused where it is malformed", async () => {
    await expect(startPolicy("no-plaintext-secrets", catalogue, { exempt: [1] })).rejects.toThrow(
      "configuration of the policy pack imprimatur no-plaintext-secrets.exempt.0: Invalid input: expected string, received number",
    );
  });
});
