import type { Platform } from "../../release/platform.ts";
import { type Found, ok, problem, skipped, warning } from "./report.ts";

/** Whether there are credentials for the account that trust names for a stack. Asks no server but the one that hands them out. */
export async function checkAws({ stack }: Platform): Promise<Found> {
  if (stack.account === undefined) return skipped("the stack is in no AWS account");
  const { KMSClient } = await import("@aws-sdk/client-kms");
  const client = new KMSClient({ region: stack.region ?? "us-east-1" });
  try {
    const { accountId, expiration } = await client.config.credentials();
    if (accountId !== undefined && accountId !== stack.account) {
      const message = `the credentials are for account ${accountId}, and the stack is in ${stack.account}`;
      return problem(message, "choose another profile or role (AWS_PROFILE, AWS_ROLE_ARN)");
    }
    const end = expiration === undefined ? "" : `, until ${expiration.toISOString()}`;
    const which = accountId === undefined ? "; which account they are for is not said" : ` for account ${accountId}`;
    return ok(`there are credentials${which}${end}`);
  } catch (error) {
    const [reason = ""] = (error as Error).message.split("\n");
    return warning(`there are no AWS credentials: ${reason}`, "log in (`aws sso login`), or let CI apply the stack");
  } finally {
    client.destroy();
  }
}
