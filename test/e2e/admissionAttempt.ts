import { type Command, DEPLOYER } from "./admissionCluster.ts";

/** One way to get an image in that nobody has blessed. Whoever tries may do all that the cluster lets them. */
export interface Attempt {
  readonly name: string;
  readonly command: Command;
  /** What the refusal says. */
  readonly refusal: RegExp;
}

const GATE = /ValidatingAdmissionPolicy 'imprimatur-images' with binding .* denied request: the image/;
export const NO_LIST =
  /'imprimatur-images' with binding 'imprimatur-images.otherwise' denied request: namespace \S+ has no list/;
export const GUARD =
  /ValidatingAdmissionPolicy 'imprimatur-deployers' .* the deployers of prod work in its own namespaces/;
export const NO_RIGHT = /User "deployer" cannot/;
export const INVALID = /is invalid: /;

export function attempt(name: string, command: Command, refusal = GATE): Attempt {
  return { name, command, refusal };
}

export function deployer(...args: readonly string[]): Command {
  return { args: [...args, ...DEPLOYER] };
}
