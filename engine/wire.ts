import structProto from "google-protobuf/google/protobuf/struct_pb.js";
import { isObject, type Json, type JsonObject } from "../release/json.ts";
import { SECRET, UNKNOWN } from "../release/plan.ts";
import { structBytes } from "./structBytes.ts";

/** The key that marks an object of the SDK's wire format as something other than a plain object. */
const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET_SIGNATURE = "1b47061264138c4ac30d75fd1eb44270";
const OUTPUT_SIGNATURE = "d0e6a833031e9bbcd3f4e8bde6ca49a4";
const RESOURCE_SIGNATURE = "5cf8f73096256a8f31e491e813e4eb8e";
const ASSET_SIGNATURE = "c44067f5952c0a294b673a41bacd8c17";
const ARCHIVE_SIGNATURE = "0def7320c3a5731c473e5ecbe6d01bc7";

/** What stands on the wire for a value that only an update can know. */
export const UNKNOWN_SENTINEL = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
/** The engine also has sentinels for unknown values that are not strings. */
const UNKNOWN_SENTINELS: ReadonlySet<unknown> = new Set([
  UNKNOWN_SENTINEL,
  "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
  "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
  "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
  "030794c1-ac77-496b-92df-f27374a8bd58",
  "e48ece36-62e2-4504-bad9-02848725956a",
  "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
]);

/** A protobuf Struct as JSON, with the signatures of the wire format still in it. */
export function fromStruct(struct: structProto.Struct | undefined): JsonObject {
  return (struct?.toJavaScript() ?? {}) as JsonObject;
}

/** The reverse of {@link fromStruct}. */
export function toStruct(value: JsonObject): structProto.Struct {
  return structProto.Struct.fromJavaScript(value as Parameters<typeof structProto.Struct.fromJavaScript>[0]);
}

/** A Struct whose bytes are there already; it can be sent, and nothing else. */
class EncodedStruct extends structProto.Struct {
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    super();
    this.#bytes = bytes;
  }

  /** All that the generated code asks of a Struct that it writes. */
  override getFieldsMap(): never {
    const bytes = this.#bytes;
    return {
      getLength: () => bytes.length,
      serializeBinary: (
        _field: number,
        writer: { writeSerializedMessage(from: Uint8Array, a: number, b: number): void },
      ) => writer.writeSerializedMessage(bytes, 0, bytes.length),
    } as never;
  }
}

/** As {@link toStruct}, in a form that can only be sent: many times as fast, which counts for thousands of resources. */
export function encodedStruct(value: JsonObject): structProto.Struct {
  return new EncodedStruct(structBytes(value));
}

/** A wire value as a plan shows it: secrets and unknown values replaced, resources by their URN, assets by their source. */
export function planValue(value: Json): unknown {
  if (UNKNOWN_SENTINELS.has(value)) return UNKNOWN;
  if (Array.isArray(value)) return value.map(planValue);
  if (!isObject(value)) return value;
  const fields = value as JsonObject;
  switch (fields[SIGNATURE]) {
    case undefined:
      return mapFields(fields, planValue);
    case SECRET_SIGNATURE:
      return SECRET;
    case OUTPUT_SIGNATURE:
      if (fields.secret === true) return SECRET;
      return fields.value === undefined ? UNKNOWN : planValue(fields.value);
    case RESOURCE_SIGNATURE:
      return planValue(fields.urn ?? null);
    case ASSET_SIGNATURE:
      return { asset: planSource(fields) };
    case ARCHIVE_SIGNATURE:
      return { archive: planSource(fields) };
    default:
      throw new TypeError(`the wire format has no signature ${JSON.stringify(fields[SIGNATURE])}`);
  }
}

/** What the program says of an asset: its path, text, address or parts. Hashes and marks of the SDK are not that. */
function planSource(fields: JsonObject): unknown {
  const said = Object.entries(fields).filter(([key]) => ["path", "text", "uri", "assets"].includes(key));
  return mapFields(Object.fromEntries(said), planValue);
}

/** The inputs of a resource as the engine sends them to a policy pack, whose SDK itself unwraps secrets and assets. */
export function policyProperties(inputs: JsonObject): JsonObject {
  // The engine keeps its own notes in keys that start with two underscores.
  const visible = Object.entries(inputs).filter(([key]) => !key.startsWith("__"));
  return mapFields(Object.fromEntries(visible), policyValue) as JsonObject;
}

function policyValue(value: Json): Json {
  if (Array.isArray(value)) return value.map(policyValue);
  if (!isObject(value)) return value;
  const fields = value as JsonObject;
  switch (fields[SIGNATURE]) {
    case OUTPUT_SIGNATURE: {
      const inner = fields.value === undefined ? UNKNOWN_SENTINEL : policyValue(fields.value);
      return fields.secret === true ? { [SIGNATURE]: SECRET_SIGNATURE, value: inner } : inner;
    }
    case RESOURCE_SIGNATURE:
      // A policy sees the id of a custom resource and the URN of a component.
      if (fields.id === undefined) return fields.urn ?? null;
      return fields.id === "" ? UNKNOWN_SENTINEL : fields.id;
    default:
      return mapFields(fields, policyValue) as JsonObject;
  }
}

function mapFields(fields: JsonObject, each: (value: Json) => unknown): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, each(value)]));
}
