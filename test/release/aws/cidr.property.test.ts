import fc from "fast-check";
import { expect, test } from "vitest";
import {
  type Cidr,
  contains,
  divideNetwork,
  formatCidr,
  isPrivate,
  overlaps,
  parseCidr,
  sizeOf,
  touchesReserved,
} from "../../../release/aws/cidr.ts";

const cidrs = (from = 0, to = 32) =>
  fc
    .tuple(fc.integer({ min: from, max: to }), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }))
    .map(([prefix, where]): Cidr => ({ prefix, base: Math.floor(where * 2 ** prefix) * sizeOf({ prefix }) }));
const parse = (text: string): Cidr => {
  const cidr = parseCidr(text);
  if (cidr === undefined) throw new Error(`${text} is no range`);
  return cidr;
};

test("what is written is read again", () => {
  fc.assert(
    fc.property(cidrs(), (cidr) => {
      expect(parseCidr(formatCidr(cidr))).toEqual(cidr);
    }),
  );
});

test("a range with bits behind its prefix is none", () => {
  fc.assert(
    fc.property(cidrs(0, 31), ({ base, prefix }) => {
      expect(parseCidr(formatCidr({ base: base + 1, prefix }))).toBeUndefined();
    }),
  );
});

test.each(["", "10.0.0.0", "10.0.0.0/33", "10.0.0.256/32", "10.0.0/8", "::/0", "10.0.0.0/8 ", "010.0.0.0.0/8"])(
  "%j is no range",
  (text) => expect(parseCidr(text)).toBeUndefined(),
);

test("two ranges overlap where an address is in both", () => {
  fc.assert(
    fc.property(cidrs(), cidrs(), (a, b) => {
      const shared = Math.min(a.base + sizeOf(a), b.base + sizeOf(b)) - Math.max(a.base, b.base);
      expect(overlaps(a, b)).toBe(shared > 0);
      expect(overlaps(b, a)).toBe(overlaps(a, b));
    }),
  );
});

test("the subnets of a network lie in it, apart from each other, a sixteenth left free", () => {
  fc.assert(
    fc.property(cidrs(16, 22), (network) => {
      const zones = divideNetwork(network);
      const subnets = zones.flatMap(({ publicCidr, privateCidr }) => [parse(publicCidr), parse(privateCidr)]);

      expect(zones).toHaveLength(3);
      expect(subnets.every((subnet) => contains(network, subnet))).toBe(true);
      const pairs = subnets.flatMap((a, i) => subnets.slice(i + 1).map((b) => overlaps(a, b)));
      expect(pairs).toEqual(Array(15).fill(false));
      // AWS makes no subnet that is smaller than /28.
      expect(Math.max(...subnets.map(({ prefix }) => prefix))).toBeLessThanOrEqual(28);
      expect(subnets.reduce((sum, subnet) => sum + sizeOf(subnet), 0)).toBe((15 / 16) * sizeOf(network));
    }),
  );
});

test.each([
  ["10.0.0.0/8", true, true],
  ["172.32.0.0/16", false, false],
  ["172.31.0.0/16", true, true],
  ["100.64.0.0/10", true, true],
  ["8.8.8.0/24", false, false],
  ["0.0.0.0/0", false, true],
  ["169.254.0.0/24", false, true],
])("%s: private %s, reserved %s", (text, own, reserved) => {
  expect([isPrivate(parse(text)), touchesReserved(parse(text))]).toEqual([own, reserved]);
});
