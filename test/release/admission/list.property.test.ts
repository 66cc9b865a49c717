import fc from "fast-check";
import { expect, test } from "vitest";
import { admits, type ListedImage, listData } from "../../../release/admission/list.ts";

const NOW = new Date("2026-08-06T22:00:00Z");
const hex = fc.stringMatching(/^[0-9a-f]{64}$/);
const repository = fc.constantFrom("registry.test/app/web", "registry.test:5000/app/web", "other.test/web");
const listed: fc.Arbitrary<ListedImage> = fc.record(
  {
    repository,
    digest: hex.map((digits) => `sha256:${digits}`),
    module: fc.constantFrom("web", "store"),
    version: fc.constantFrom("1.0.0", "2.0.0+abc"),
    until: fc.constantFrom("2020-01-01T00:00:00.000Z", "2030-01-01T00:00:00.000Z"),
  },
  { requiredKeys: ["repository", "digest", "module", "version"] },
);
const images = fc.array(listed, { maxLength: 8 });

const holds = ({ until }: ListedImage) => until === undefined || Date.parse(until) > NOW.getTime();

test("a list is the same whatever order its images come in", () => {
  fc.assert(
    fc.property(images, (all) => {
      expect(JSON.stringify(listData([...all].reverse()))).toBe(JSON.stringify(listData(all)));
    }),
  );
});

test("an image is admitted just where it is listed, under that repository, and has not run out", () => {
  fc.assert(
    fc.property(images, repository, hex, fc.nat(7), fc.constantFrom("", ":1.0.0"), (all, name, other, index, tag) => {
      const digest = all[index]?.digest ?? `sha256:${other}`;
      const expected = all.some((image) => image.digest === digest && image.repository === name && holds(image));
      expect(admits(listData(all), `${name}${tag}@${digest}`, NOW)).toBe(expected);
      expect(admits(listData(all), `${name}:${digest.replace(":", "-")}`, NOW)).toBe(false);
    }),
  );
});
