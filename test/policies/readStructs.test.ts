import fc from "fast-check";
import structProto from "google-protobuf/google/protobuf/struct_pb.js";
import { expect, test } from "vitest";
import { structBytes } from "../../engine/structBytes.ts";
import { readStructsAtOnce } from "../../policies/readStructs.ts";
import type { JsonObject } from "../../release/json.ts";

const { Struct, Value } = structProto;
/** Any JSON object; `__proto__` is no key that the generated classes can hold. */
const objects = fc
  .dictionary(fc.string({ unit: "grapheme" }), fc.jsonValue({ maxDepth: 5 }))
  .filter((value) => !JSON.stringify(value).includes("__proto__")) as fc.Arbitrary<JsonObject>;

readStructsAtOnce();

test("a Struct read at once is the object that was sent, and has the fields that it had before", () => {
  fc.assert(
    fc.property(objects, (value) => {
      const read = () => Struct.deserializeBinary(structBytes(value));
      expect(read().toJavaScript()).toEqual(value);
      const fields = read().getFieldsMap();
      expect([...fields.keys()].sort()).toEqual(Object.keys(value).sort());
      for (const [key, inner] of Object.entries(value)) expect(fields.get(key)?.toJavaScript()).toEqual(inner);
      // Written again it is complete, though nobody had asked for its fields.
      expect(Struct.deserializeBinary(read().serializeBinary()).toJavaScript()).toEqual(value);
    }),
  );
});

test("whoever changes the fields of a Struct changes the object", () => {
  const struct = Struct.deserializeBinary(structBytes({ a: 1 }));
  struct.getFieldsMap().set("b", new Value().setBoolValue(true));
  expect(struct.toJavaScript()).toEqual({ a: 1, b: true });
});

test("a Struct that was made, and not read, is as it was", () => {
  expect(Struct.fromJavaScript({ a: [1, { b: null }] }).toJavaScript()).toEqual({ a: [1, { b: null }] });
  expect(new Struct().toJavaScript()).toEqual({});
});

test("a value of no kind is a mistake of the sender", () => {
  // Field 1 of the Struct, an entry: the key "a" and a value without content.
  const bytes = Uint8Array.of(0x0a, 0x05, 0x0a, 0x01, 0x61, 0x12, 0x00);
  expect(() => Struct.deserializeBinary(bytes)).toThrow("Unexpected struct type");
});
