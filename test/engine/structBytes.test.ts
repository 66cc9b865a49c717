import fc from "fast-check";
import structProto from "google-protobuf/google/protobuf/struct_pb.js";
import { expect, test } from "vitest";
import { structBytes } from "../../engine/structBytes.ts";
import { encodedStruct } from "../../engine/wire.ts";
import type { JsonObject } from "../../release/json.ts";

const { Struct } = structProto;
/** Any JSON object; `__proto__` is no key that the generated classes can hold. */
const objects = fc
  .dictionary(fc.string({ unit: "grapheme" }), fc.jsonValue({ maxDepth: 5 }))
  .filter((value) => !JSON.stringify(value).includes("__proto__")) as fc.Arbitrary<JsonObject>;

test("the generated classes read back what was written", () => {
  fc.assert(
    fc.property(objects, (value) => {
      expect(Struct.deserializeBinary(structBytes(value)).toJavaScript()).toEqual(value);
    }),
  );
});

test("long texts, many items, and numbers of every size", () => {
  const value = {
    text: "ü".repeat(100_000),
    list: Array.from({ length: 5_000 }, (_, index) => index * 1e15),
    deep: { a: { b: { c: [[[{ d: null }]]] } } },
    numbers: [0, -0.5, 1e308, Number.MIN_VALUE, -(2 ** 53)],
    empty: { list: [], object: {}, text: "" },
  };
  expect(Struct.deserializeBinary(structBytes(value)).toJavaScript()).toEqual(value);
});

test("a Struct that is sent has the same bytes, an empty one none", () => {
  expect(encodedStruct({ a: [1, "b", { c: true }] }).serializeBinary()).toEqual(
    Struct.fromJavaScript({ a: [1, "b", { c: true }] }).serializeBinary(),
  );
  expect(encodedStruct({}).serializeBinary()).toEqual(new Uint8Array());
});

test("what no JSON has is left out or refused", () => {
  expect(structBytes({ a: undefined } as never)).toHaveLength(0);
  expect(() => structBytes({ a: () => 1 } as never)).toThrow("function has no form in a Struct");
});
