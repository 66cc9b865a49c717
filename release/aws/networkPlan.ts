import { nearestHint, type Problem } from "../errors.ts";
import type { EksSettings } from "../schema/infrastructure.ts";
import {
  type Cidr,
  divideNetwork,
  isPrivate,
  isRfc1918,
  overlaps,
  parseCidr,
  touchesReserved,
  type ZoneRanges,
} from "./cidr.ts";
import { zonePrefix, zonesOf } from "./place.ts";

/** A network of three zones, each with its two subnets. */
export interface NetworkPlan {
  readonly cidr: string;
  readonly nat: "per-zone" | "single";
  readonly zones: readonly ({ readonly id: string } & ZoneRanges)[];
}

type NewNetwork = Extract<EksSettings["network"], { cidr: string }>;
type PlainProblem = Omit<Problem, "file">;

/** Works out a network that {@link networkProblems} has nothing against. */
export function planNetwork({ cidr, nat, zones }: NewNetwork, region: string): NetworkPlan {
  const range = parseCidr(cidr);
  const ranges = range === undefined ? [] : divideNetwork(range);
  const ids = zones ?? zonesOf(region);
  return { cidr, nat, zones: ranges.map((subnets, index) => ({ id: ids[index] ?? "", ...subnets })) };
}

/** What is wrong with the ranges and zones of a cluster. */
export function networkProblems({ network, services, endpoint }: EksSettings, region: string): PlainProblem[] {
  const service = readRange("services", services);
  const own = "cidr" in network ? readRange("network.cidr", network.cidr) : undefined;
  const connected =
    "cidr" in network ? network.connected.map((text, i) => readRange(`network.connected[${i}]`, text)) : [];
  const allowed = "allow" in endpoint ? endpoint.allow.map((text, i) => readRange(`endpoint.allow[${i}]`, text)) : [];
  const ranges = [own, service, ...connected].filter((range) => range !== undefined);
  return [
    ...[...ranges, ...allowed].flatMap(({ path, text, cidr }) =>
      cidr === undefined
        ? [{ path, message: "is no range of addresses: its first address, and a prefix of 0 to 32", value: text }]
        : [],
    ),
    ...overlapProblems(ranges),
    ...(own?.cidr === undefined ? [] : sizeProblems(own.path, own.text, own.cidr)),
    ...(service.cidr === undefined ? [] : serviceProblems(service.text, service.cidr)),
    ...allowed.flatMap(({ path, text, cidr }) => (cidr === undefined ? [] : allowProblems(path, text, cidr))),
    ...("cidr" in network ? zoneProblems(network, region) : []),
  ];
}

interface Range {
  readonly path: string;
  readonly text: string;
  /** Undefined where the text is no range. */
  readonly cidr: Cidr | undefined;
}

function readRange(path: string, text: string): Range {
  return { path, text, cidr: parseCidr(text) };
}

/** Each pair once, said of the later one. Networks that are only connected may overlap each other: that is not ours to judge. */
function overlapProblems(ranges: readonly Range[]): PlainProblem[] {
  return ranges.flatMap(({ path, text, cidr }, index) =>
    ranges.slice(0, index).flatMap((other) => {
      const bothConnected = path.startsWith("network.connected") && other.path.startsWith("network.connected");
      if (bothConnected || cidr === undefined || other.cidr === undefined || !overlaps(cidr, other.cidr)) return [];
      return [{ path, message: `overlaps ${other.path}, which is ${other.text}`, value: text }];
    }),
  );
}

function sizeProblems(path: string, text: string, cidr: Cidr): PlainProblem[] {
  if (!isPrivate(cidr)) return [{ path, message: "must be a private range (RFC 1918 or 100.64.0.0/10)", value: text }];
  if (cidr.prefix >= 16 && cidr.prefix <= 22) return [];
  const message = "must be between /16, the largest that AWS makes, and /22, which leaves each zone 256 addresses";
  return [{ path, message, value: text }];
}

/** What EKS takes: a private range between /12 and /24. */
function serviceProblems(text: string, cidr: Cidr): PlainProblem[] {
  if (isRfc1918(cidr) && cidr.prefix >= 12 && cidr.prefix <= 24) return [];
  return [{ path: "services", message: "must be a private range (RFC 1918) between /12 and /24", value: text }];
}

/** A list of who is let in that lets in whole continents is none. */
const WIDEST = 8;

function allowProblems(path: string, text: string, cidr: Cidr): PlainProblem[] {
  if (cidr.prefix < WIDEST) {
    return [{ path, message: `lets in too many to be a list of who may: /${WIDEST} at the widest`, value: text }];
  }
  if (!touchesReserved(cidr)) return [];
  return [
    {
      path,
      message: "has addresses that nobody on the internet has: inside the network all may reach the API server",
      value: text,
    },
  ];
}

function zoneProblems({ zones }: NewNetwork, region: string): PlainProblem[] {
  const ids = zonesOf(region);
  if (zones === undefined) {
    if (ids.length >= 3) return [];
    const message = `cannot be made: EKS uses only the zones ${ids.join(" and ")} of ${region}, and a network has three; give subnetIds`;
    return [{ path: "network", message }];
  }
  const valid = new RegExp(`^${zonePrefix(region)}-az\\d$`);
  return zones.flatMap((zone, index) => {
    const path = `network.zones[${index}]`;
    if (!valid.test(zone)) {
      return [
        {
          path,
          message: `is no id of a zone of ${region}, the region that trust gives the stack`,
          value: zone,
          ...nearestHint(zone, ids),
        },
      ];
    }
    return zones.indexOf(zone) === index ? [] : [{ path, message: "is there twice", value: zone }];
  });
}
