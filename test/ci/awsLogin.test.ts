import { mkdtempSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished, vi } from "vitest";
import { start } from "../cli/checkout.ts";
import { missingTools } from "../e2e/tools.ts";
import { PROJECT } from "./workflow.ts";

// The credentials last for some seconds, and are waited for.
vi.setConfig({ testTimeout: 120_000 });

/** What the scripts use. */
const lacking = missingTools("bash", "jq", "curl");
const why = lacking === undefined ? "" : `: ${lacking}`;

it.skipIf(lacking !== undefined)(
  `credentials of AWS are asked for anew, with a new identity, when those before run out${why}`,
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "imprimatur-aws-"));
    const identities = await serveIdentities("job-token");
    writeFileSync(join(folder, "aws"), AWS, { mode: 0o755 });
    const env = {
      PATH: `${folder}:${process.env.PATH}`,
      HOME: folder,
      RUNNER_TEMP: folder,
      GITHUB_ENV: join(folder, "env"),
      GITHUB_RUN_ID: "7",
      AWS_REGION: "us-west-2",
      ACTIONS_ID_TOKEN_REQUEST_URL: `${identities}/?run=7`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: "job-token",
    };
    const login = join(PROJECT, ".github/aws-login");
    const without = await start(login, [], folder, env);
    expect(without).toMatchObject({ code: 0, stdout: expect.stringContaining("nothing to log in to") });
    const role = "arn:aws:iam::333333333333:role/deployer";
    expect(await start(login, [], folder, { ...env, AWS_ROLE_ARN: role })).toEqual({ code: 0, stdout: "", stderr: "" });
    const [, file = ""] = /^AWS_SHARED_CREDENTIALS_FILE=(.*)\n$/.exec(readFileSync(env.GITHUB_ENV, "utf8")) ?? [];
    expect(statSync(file).mode & 0o777).toBe(0o600);
    // As the SDK of AWS finds them by itself.
    const program = `import { KMSClient } from "@aws-sdk/client-kms";
      const { config } = new KMSClient();
      const keys = [await config.credentials()];
      await new Promise((resolve) => setTimeout(resolve, keys[0].expiration - Date.now()));
      keys.push(await config.credentials());
      console.log(keys.map(({ accessKeyId, sessionToken }) => [accessKeyId, sessionToken].join(" ")).join("\\n"));`;
    const used = await start(process.execPath, ["--input-type=module", "-e", program], PROJECT, {
      ...env,
      AWS_SHARED_CREDENTIALS_FILE: file,
      AWS_EC2_METADATA_DISABLED: "true",
    });
    expect(used.stdout, used.stderr).toBe(`KEY of identity-2 ${role}\nKEY of identity-3 ${role}\n`);
    const refused = await start(login, [], folder, { ...env, AWS_ROLE_ARN: role, ACTIONS_ID_TOKEN_REQUEST_TOKEN: "x" });
    expect(refused.code).not.toBe(0);
    expect(refused.stderr).toContain("403");
  },
);

/** What gives a workflow's identity: another one each time, to whoever has the job's token. Gives its URL. */
async function serveIdentities(token: string): Promise<string> {
  let given = 0;
  const server = createServer(({ headers, url }, response) => {
    const known = headers.authorization === `bearer ${token}` && url === "/?run=7&audience=sts.amazonaws.com";
    response.statusCode = known ? 200 : 403;
    if (known) given += 1;
    response.end(JSON.stringify({ value: `identity-${given}` }));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Gives credentials for some seconds that tell whose they are, and looks for none itself. */
const AWS = `#!/usr/bin/env bash
[ "$AWS_SHARED_CREDENTIALS_FILE $AWS_CONFIG_FILE" = "/dev/null /dev/null" ] || exit 3
[ "$1 $2" = "sts assume-role-with-web-identity" ] || exit 4
while [ $# -gt 0 ]; do
  case "$1" in
    --role-arn) role="$2"; shift ;;
    --web-identity-token) identity="$2"; shift ;;
  esac
  shift
done
jq -n --arg key "KEY of $identity" --arg role "$role" --arg expires "$(date -u -d '8 seconds' +%FT%TZ)" \
  '{ Credentials: { AccessKeyId: $key, SecretAccessKey: "secret", SessionToken: $role, Expiration: $expires }, Audience: "sts" }'
`;
