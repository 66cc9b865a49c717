const BINARY = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
const DECIMAL = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"];
/** The smallest step of a quantity, 10⁻⁹, so that every amount is a whole number of them. */
const STEPS_IN_ONE = 1_000_000_000n;

/**
 * A Kubernetes quantity in canonical form, as the API server and the provider write it: no fraction, and the largest
 * suffix that allows that. What is no quantity comes back as it is.
 */
export function canonicalQuantity(value: unknown): unknown {
  if (typeof value !== "string" && typeof value !== "number") return value;
  const [, sign = "", whole = "", fraction = "", suffix = ""] = FORM.exec(String(value)) ?? [];
  if (whole === "" && fraction === "") return value;
  const exponent = /^[eE]([+-]?\d+)$/.exec(suffix)?.[1];
  const isBinary = suffix !== "" && BINARY.includes(suffix);
  const numerator = BigInt(whole + fraction) * STEPS_IN_ONE * scale(suffix, exponent).numerator;
  const steps = ceilDivide(numerator, 10n ** BigInt(fraction.length) * scale(suffix, exponent).denominator);
  if (steps === 0n) return "0";
  // Below 1024, binary amounts are written as decimal ones.
  const text = isBinary && steps >= 1024n * STEPS_IN_ONE ? withBinarySuffix(steps) : withDecimalSuffix(steps);
  return `${sign === "-" ? "-" : ""}${text}`;
}

const FORM = /^([+-]?)(\d*)(?:\.(\d*))?(Ki|Mi|Gi|Ti|Pi|Ei|n|u|m|k|M|G|T|P|E|[eE][+-]?\d+)?$/;

function scale(suffix: string, exponent: string | undefined): { numerator: bigint; denominator: bigint } {
  const power = exponent === undefined ? (DECIMAL.indexOf(suffix) - DECIMAL.indexOf("")) * 3 : Number(exponent);
  if (exponent === undefined && suffix !== "" && BINARY.includes(suffix)) {
    return { numerator: 1024n ** BigInt(BINARY.indexOf(suffix)), denominator: 1n };
  }
  return power >= 0
    ? { numerator: 10n ** BigInt(power), denominator: 1n }
    : { numerator: 1n, denominator: 10n ** BigInt(-power) };
}

/** What is finer than the smallest step is rounded up. */
function ceilDivide(numerator: bigint, denominator: bigint): bigint {
  return (numerator + denominator - 1n) / denominator;
}

function withBinarySuffix(steps: bigint): string {
  if (steps % STEPS_IN_ONE !== 0n) return withDecimalSuffix(steps);
  let amount = steps / STEPS_IN_ONE;
  let index = 0;
  for (; index < BINARY.length - 1 && amount % 1024n === 0n; index++) amount /= 1024n;
  return `${amount}${BINARY[index]}`;
}

function withDecimalSuffix(steps: bigint): string {
  let amount = steps;
  let index = 0;
  for (; index < DECIMAL.length - 1 && amount % 1000n === 0n; index++) amount /= 1000n;
  return `${amount}${DECIMAL[index]}`;
}
