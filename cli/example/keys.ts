import { generateKeyPairSync } from "node:crypto";
import { isMap, parseDocument, Scalar } from "yaml";
import { pemSigner } from "../../signing/pem.ts";
import type { Signer } from "../../signing/sign.ts";

/** Fresh keys for everybody in `people.yaml`, and the file with their public halves in it. */
export interface FreshKeys {
  readonly signers: ReadonlyMap<string, Signer>;
  readonly peopleYaml: string;
}

/**
 * Gives each person of a people file one new key. The private halves live in the signers only, and are gone with them.
 * @param from the instant from which the keys are trusted, RFC 3339
 */
export function freshKeys(peopleYaml: string, from: string): FreshKeys {
  const document = parseDocument(peopleYaml);
  const people = document.get("people");
  if (!isMap(people)) throw new Error("people.yaml has no people");
  const signers = new Map<string, Signer>();
  for (const { key } of people.items) {
    const person = String(key);
    const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const pem = publicKey.export({ type: "spki", format: "pem" }).toString();
    const unencrypted = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
    signers.set(person, pemSigner(unencrypted, { allowUnencrypted: true }));
    const block = new Scalar(pem);
    block.type = Scalar.BLOCK_LITERAL;
    const entry = document.getIn(["people", person]);
    if (isMap(entry)) entry.flow = false;
    document.setIn(["people", person, "keys"], document.createNode([{ from, pem: block }]));
  }
  return { signers, peopleYaml: document.toString({ lineWidth: 120, flowCollectionPadding: false }) };
}
