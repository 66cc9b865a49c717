import { isObject, type Json, type JsonObject } from "../release/json.ts";

/**
 * The bytes of a `google.protobuf.Struct`. The generated classes make a message of each value first, which takes several
 * times as long, and a stack has thousands.
 * See https://protobuf.dev/programming-guides/encoding/ and google/protobuf/struct.proto.
 */
export function structBytes(value: JsonObject): Uint8Array {
  const writer = new BackwardsWriter();
  writeStruct(writer, value);
  return writer.bytes();
}

const WIRE = { varint: 0, double: 1, bytes: 2 } as const;
const KIND = { null: 1, number: 2, string: 3, bool: 4, struct: 5, list: 6 } as const;

/** Writes from the end to the start: a length stands before what it is the length of, and is known only after it. */
class BackwardsWriter {
  #buffer = Buffer.allocUnsafe(1024);
  #start = 1024;

  get size(): number {
    return this.#buffer.length - this.#start;
  }

  bytes(): Uint8Array {
    return this.#buffer.subarray(this.#start);
  }

  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.byteLength);
    this.#buffer.set(bytes, this.#start);
  }

  text(text: string): void {
    this.#reserve(Buffer.byteLength(text));
    this.#buffer.write(text, this.#start);
  }

  double(value: number): void {
    this.#reserve(8);
    this.#buffer.writeDoubleLE(value, this.#start);
  }

  varint(value: number): void {
    let length = 1;
    for (let rest = value; rest > 127; rest = Math.floor(rest / 128)) length += 1;
    this.#reserve(length);
    let rest = value;
    for (let at = this.#start; length > 0; at += 1, length -= 1) {
      this.#buffer[at] = (rest % 128) | (length > 1 ? 128 : 0);
      rest = Math.floor(rest / 128);
    }
  }

  tag(field: number, wire: number): void {
    this.varint(field * 8 + wire);
  }

  #reserve(count: number): void {
    if (this.#start < count) {
      const used = this.size;
      const larger = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, used + count));
      larger.set(this.bytes(), larger.length - used);
      this.#buffer = larger;
      this.#start = larger.length - used;
    }
    this.#start -= count;
  }
}

function writeStruct(writer: BackwardsWriter, value: JsonObject): void {
  // Last first, so that they come out in order.
  for (const [key, inner] of Object.entries(value).reverse()) {
    // What is undefined is left out, as in JSON.
    if (inner === undefined) continue;
    nested(writer, 1, () => {
      nested(writer, 2, () => writeValue(writer, inner));
      nested(writer, 1, () => writer.text(key));
    });
  }
}

function writeValue(writer: BackwardsWriter, value: Json): void {
  if (value === null) {
    writer.varint(0);
    writer.tag(KIND.null, WIRE.varint);
  } else if (typeof value === "number") {
    writer.double(value);
    writer.tag(KIND.number, WIRE.double);
  } else if (typeof value === "boolean") {
    writer.varint(value ? 1 : 0);
    writer.tag(KIND.bool, WIRE.varint);
  } else if (typeof value === "string") {
    nested(writer, KIND.string, () => writer.text(value));
  } else if (Array.isArray(value)) {
    nested(writer, KIND.list, () => {
      for (const item of value.toReversed()) nested(writer, 1, () => writeValue(writer, item));
    });
  } else if (isObject(value)) {
    nested(writer, KIND.struct, () => writeStruct(writer, value as JsonObject));
  } else {
    throw new TypeError(`${typeof value} has no form in a Struct`);
  }
}

function nested(writer: BackwardsWriter, field: number, write: () => void): void {
  const before = writer.size;
  write();
  writer.varint(writer.size - before);
  writer.tag(field, WIRE.bytes);
}
