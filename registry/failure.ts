/** A registry did not give what was asked of it. The message is plain, and completes the reference: "… was not found". */
export class RegistryError extends Error {
  /** Whether the next try may have better luck: the connection broke, or the registry has too much to do. */
  readonly transient: boolean;

  constructor(message: string, options: ErrorOptions & { readonly transient?: boolean } = {}) {
    super(message, options);
    this.name = "RegistryError";
    this.transient = options.transient ?? false;
  }
}

/** Text that came from a server, fit for a message: quoted, without control characters, and cut. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > 120 ? `${text.slice(0, 120)}…` : text);
}
