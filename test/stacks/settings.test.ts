import { describe, expect, test } from "vitest";
import { InputError, type Problem } from "../../release/errors.ts";
import { readSettings } from "../../stacks/settings.ts";

const digest = `sha256:${"a".repeat(64)}`;
/** As Pulumi hands settings over: each a text, structured ones as JSON. */
const config = {
  "imprimatur:cluster": '{"context":"east"}',
  "imprimatur:registries": '{"team":{"url":"images.example/team"}}',
  "imprimatur:modules": JSON.stringify({ api: [`1.0.0@${digest}`], lab: "edge" }),
};

function problems(changes: Record<string, string>, secretKeys: string[] = []): readonly Problem[] {
  try {
    readSettings({ ...config, ...changes }, secretKeys, "Pulumi.east.yaml");
  } catch (error) {
    if (error instanceof InputError) return error.problems;
    throw error;
  }
  return [];
}

test("settings that are not given have their defaults", () => {
  expect(readSettings(config, [], "Pulumi.east.yaml")).toEqual({
    "imprimatur:cluster": { context: "east" },
    "imprimatur:registries": { team: { url: "images.example/team" } },
    "imprimatur:modules": { api: [`1.0.0@${digest}`], lab: "edge" },
    "imprimatur:values": {},
    "imprimatur:flags": {},
    "imprimatur:canaries": {},
    "imprimatur:previousValues": {},
    "imprimatur:routes": {},
    "imprimatur:build": {},
    "imprimatur:quota": {},
  });
});

test("settings of Pulumi and of other packages are none of ours", () => {
  const others = { "aws:region": "us-west-2", "kubernetes:context": "{", "imprimaturs:modules": "x" };

  expect(readSettings({ ...config, ...others }, ["aws:secretKey"], "Pulumi.east.yaml")).toEqual(
    readSettings(config, [], "Pulumi.east.yaml"),
  );
});

test("numbers and texts of a quota stay what they are", () => {
  const quota = '{"pods":500,"requests.cpu":"256"}';

  expect(readSettings({ ...config, "imprimatur:quota": quota }, [], "f")["imprimatur:quota"]).toEqual({
    pods: 500,
    "requests.cpu": "256",
  });
});

describe("what is wrong names the file and the key, and no line of a file that nobody wrote", () => {
  const file = "Pulumi.east.yaml";

  test("an unknown key of ours", () => {
    expect(problems({ "imprimatur:module": "{}" })).toEqual([
      {
        file,
        path: "config.imprimatur:module",
        message: "is not a known key here",
        value: "imprimatur:module",
        nearest: "imprimatur:modules",
      },
    ]);
  });

  test("text where a structure belongs", () => {
    expect(problems({ "imprimatur:cluster": "east" })).toEqual([
      {
        file,
        path: "config.imprimatur:cluster",
        message: "invalid input: expected object, received string",
        value: "east",
      },
    ]);
  });

  test("every problem at once", () => {
    const changes = { "imprimatur:cluster": "{}", "imprimatur:quota": '{"pods":true}' };

    expect(problems(changes).map(({ path, line }) => ({ path, line }))).toEqual([
      { path: "config.imprimatur:cluster", line: undefined },
      { path: "config.imprimatur:quota.pods", line: undefined },
    ]);
  });

  test("an encrypted value, which is not shown", () => {
    expect(problems({ "imprimatur:values": '{"api":{"password":"hunter2"}}' }, ["imprimatur:values"])).toEqual([
      {
        file,
        path: "config.imprimatur:values",
        message: "holds an encrypted value, and would show it: keep it in a Secret of the cluster, and name that here",
      },
    ]);
  });
});
