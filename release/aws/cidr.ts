/** A range of IPv4 addresses. */
export interface Cidr {
  /** The first address, as a number. */
  readonly base: number;
  /** Leading bits that all its addresses share, 0 to 32. */
  readonly prefix: number;
}

/** Ranges that are nobody's on the internet: RFC 1918, and RFC 6598 for carriers, which AWS takes for VPCs too. */
const RFC1918 = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"].map(known);
const PRIVATE = [...RFC1918, known("100.64.0.0/10")];
/** Ranges that no address on the internet is in: this host, loopback, link-local, multicast, reserved. */
const RESERVED = [...PRIVATE, ...["0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3"].map(known)];

/** Reads `10.20.0.0/16`; undefined where it is none, or has bits set behind its prefix. */
export function parseCidr(text: string): Cidr | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(text);
  if (match === null) return undefined;
  const [a = 0, b = 0, c = 0, d = 0, prefix = 0] = match.slice(1).map(Number);
  if (prefix > 32 || [a, b, c, d].some((byte) => byte > 255)) return undefined;
  const cidr = { base: ((a * 256 + b) * 256 + c) * 256 + d, prefix };
  return cidr.base % sizeOf(cidr) === 0 ? cidr : undefined;
}

/** The reverse of {@link parseCidr}. */
export function formatCidr({ base, prefix }: Cidr): string {
  const bytes = [24, 16, 8, 0].map((bits) => Math.floor(base / 2 ** bits) % 256);
  return `${bytes.join(".")}/${prefix}`;
}

/** How many addresses there are in a range. */
export function sizeOf({ prefix }: Pick<Cidr, "prefix">): number {
  return 2 ** (32 - prefix);
}

/** Whether all of `inner` is in `outer`. */
export function contains(outer: Cidr, inner: Cidr): boolean {
  return outer.base <= inner.base && inner.base + sizeOf(inner) <= outer.base + sizeOf(outer);
}

/** Whether two ranges share an address. Two ranges of this form do so only where one is in the other. */
export function overlaps(a: Cidr, b: Cidr): boolean {
  return contains(a, b) || contains(b, a);
}

/** Whether a range is one that networks use among themselves. */
export function isPrivate(cidr: Cidr): boolean {
  return PRIVATE.some((range) => contains(range, cidr));
}

/** Whether a range is private in the sense of RFC 1918. */
export function isRfc1918(cidr: Cidr): boolean {
  return RFC1918.some((range) => contains(range, cidr));
}

/** Whether a range has addresses that nobody on the internet can have. */
export function touchesReserved(cidr: Cidr): boolean {
  return RESERVED.some((range) => overlaps(range, cidr));
}

/** The two subnets of one zone. */
export interface ZoneRanges {
  readonly publicCidr: string;
  readonly privateCidr: string;
}

/**
 * Divides a network among three zones: a private quarter each, and of the last quarter a public quarter each. What is
 * left over, a sixteenth, stays free.
 */
export function divideNetwork(network: Cidr): readonly ZoneRanges[] {
  const quarter = sizeOf(network) / 4;
  return [0, 1, 2].map((zone) => ({
    publicCidr: formatCidr({ base: network.base + 3 * quarter + (zone * quarter) / 4, prefix: network.prefix + 4 }),
    privateCidr: formatCidr({ base: network.base + zone * quarter, prefix: network.prefix + 2 }),
  }));
}

function known(text: string): Cidr {
  const cidr = parseCidr(text);
  if (cidr === undefined) throw new TypeError(`${text} is no range of addresses`);
  return cidr;
}
