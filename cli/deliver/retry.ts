import { setTimeout as sleep } from "node:timers/promises";
import { RegistryError } from "../../registry/failure.ts";

/** What went wrong may be over at the next try. */
export class TransientError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "TransientError";
  }
}

/** Milliseconds before the second try and before the third, which is the last. */
const PAUSES_MS = [1000, 4000];

/** Tries at most three times, where the connection broke or the registry had too much to do. */
export async function retried<T>(attempt: () => Promise<T>, onRetry: (error: Error) => void = () => undefined) {
  for (const pause of PAUSES_MS) {
    try {
      return await attempt();
    } catch (error) {
      const isTransient = error instanceof TransientError || (error instanceof RegistryError && error.transient);
      if (!isTransient) throw error;
      onRetry(error);
      await sleep(pause);
    }
  }
  return attempt();
}
