import { describe, expect, test } from "vitest";
import { credentialIn, isCredentialName, isReference } from "../../release/credentials.ts";

describe("the name of a credential", () => {
  test.each([
    "DB_PASSWORD",
    "adminPassword",
    "api-key",
    "apiKey",
    "clientSecret",
    "AWS_SECRET_ACCESS_KEY",
    "authToken",
    "PGPASSWORD",
  ])("%s", (name) => {
    expect(isCredentialName(name, "value")).toBe(true);
    expect(isCredentialName(name, "environment")).toBe(true);
  });

  test.each([
    "PASSWORD_FILE",
    "tokenUrl",
    "existingSecret",
    "imagePullSecret",
    "secretName",
    "passwordSecretRef",
    "key",
    "tokens",
    "",
  ])("and not %j", (name) => {
    expect(isCredentialName(name, "value")).toBe(false);
  });

  test("a bare secret is one in an environment, and the name of a Secret in values", () => {
    expect(isCredentialName("DJANGO_SECRET", "environment")).toBe(true);
    expect(isCredentialName("tls.secret", "value")).toBe(false);
  });
});

test("credentials give themselves away by their form", () => {
  expect(credentialIn("-----BEGIN OPENSSH PRIVATE KEY-----\n")).toBe("a private key");
  expect(credentialIn("-----BEGIN PGP PRIVATE KEY BLOCK-----\n")).toBe("a private key");
  expect(credentialIn(`token ghs_${"A1".repeat(18)} here`)).toBe("a GitHub token");
  expect(credentialIn("xoxb-0123456789-abc")).toBe("a Slack token");
  expect(credentialIn("-----BEGIN PUBLIC KEY-----\n")).toBeUndefined();
  expect(credentialIn("short")).toBeUndefined();
});

test("references point elsewhere", () => {
  expect(["$(A)", `\${A}`, " {{ .Values.a }} "].map(isReference)).toEqual([true, true, true]);
  expect(["a", "$A", "x$(A)", "pa$$word"].map(isReference)).toEqual([false, false, false, false]);
});
