import { createRequire } from "node:module";

/** What reads a message of the wire format, field by field. */
interface Reader {
  nextField(): boolean;
  isEndGroup(): boolean;
  getFieldNumber(): number;
  skipField(): void;
  readString(): string;
  readDouble(): number;
  readBool(): boolean;
  readEnum(): number;
  readMessage<T>(message: T, read: (message: T, reader: Reader) => void): void;
}

interface StructMessage {
  toJavaScript(): Record<string, unknown>;
  getFieldsMap(noLazyCreate?: boolean): { set(key: string, value: unknown): void };
}

interface StructClass {
  readonly prototype: StructMessage;
  deserializeBinaryFromReader(message: StructMessage, reader: Reader): StructMessage;
  fromJavaScript(value: Record<string, unknown>): {
    getFieldsMap(): { forEach(each: (value: unknown, key: string) => void): void };
  };
}

/**
 * Resources reach the pack as messages of messages, one for each value, that are only made to be turned into objects.
 * This reads the objects from the bytes at once, which takes a quarter of the time; a message that is asked for its
 * fields still has them. Must run before the pack is made.
 */
export function readStructsAtOnce(): void {
  // The very class that the SDK's messages use.
  const sdk = createRequire(createRequire(import.meta.url).resolve("@pulumi/pulumi/proto/analyzer_pb.js"));
  const { Struct }: { Struct: StructClass } = sdk("google-protobuf/google/protobuf/struct_pb.js");
  const objects = new WeakMap<StructMessage, Record<string, unknown>>();
  const { toJavaScript, getFieldsMap } = Struct.prototype;
  Struct.deserializeBinaryFromReader = (message, reader) => {
    objects.set(message, readStruct(reader));
    return message;
  };
  Struct.prototype.toJavaScript = function () {
    return objects.get(this) ?? toJavaScript.call(this);
  };
  Struct.prototype.getFieldsMap = function (noLazyCreate) {
    const object = objects.get(this);
    const fields = getFieldsMap.call(this, object === undefined && noLazyCreate === true);
    if (object === undefined) return fields;
    // From here on the message is what decides: whoever has its fields may change them.
    objects.delete(this);
    Struct.fromJavaScript(object)
      .getFieldsMap()
      .forEach((value, key) => {
        fields.set(key, value);
      });
    return fields;
  };
}

/** A value that is being read; undefined until then. */
interface Slot {
  value: unknown;
}

function readStruct(reader: Reader): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  while (reader.nextField() && !reader.isEndGroup()) {
    if (reader.getFieldNumber() === 1) reader.readMessage(fields, readEntry);
    else reader.skipField();
  }
  return fields;
}

function readEntry(fields: Record<string, unknown>, reader: Reader): void {
  let key = "";
  const slot: Slot = { value: undefined };
  while (reader.nextField() && !reader.isEndGroup()) {
    const field = reader.getFieldNumber();
    if (field === 1) key = reader.readString();
    else if (field === 2) reader.readMessage(slot, readValue);
    else reader.skipField();
  }
  fields[key] = given(slot);
}

function readList(reader: Reader): unknown[] {
  const items: unknown[] = [];
  while (reader.nextField() && !reader.isEndGroup()) {
    if (reader.getFieldNumber() !== 1) {
      reader.skipField();
      continue;
    }
    const slot: Slot = { value: undefined };
    reader.readMessage(slot, readValue);
    items.push(given(slot));
  }
  return items;
}

/** As the SDK's own reader: a value of no kind is a mistake of the sender, and not nothing. */
function given({ value }: Slot): unknown {
  if (value === undefined) throw new Error("Unexpected struct type");
  return value;
}

function readValue(slot: Slot, reader: Reader): void {
  while (reader.nextField() && !reader.isEndGroup()) {
    switch (reader.getFieldNumber()) {
      case 1:
        reader.readEnum();
        slot.value = null;
        break;
      case 2:
        slot.value = reader.readDouble();
        break;
      case 3:
        slot.value = reader.readString();
        break;
      case 4:
        slot.value = reader.readBool();
        break;
      case 5:
        reader.readMessage(slot, readInnerStruct);
        break;
      case 6:
        reader.readMessage(slot, readInnerList);
        break;
      default:
        reader.skipField();
    }
  }
}

function readInnerStruct(slot: Slot, reader: Reader): void {
  slot.value = readStruct(reader);
}

function readInnerList(slot: Slot, reader: Reader): void {
  slot.value = readList(reader);
}
