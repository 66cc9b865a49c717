import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Rollout, Unleash } from "../../clients/unleash.ts";
import { UnleashServer } from "./unleashServer.ts";

const started = await UnleashServer.start();
const server = started as UnleashServer;

describe.skipIf(typeof started === "string")(`Unleash${typeof started === "string" ? `: ${started}` : ""}`, () => {
  afterAll(() => server.stop());

  describe("the client", () => {
    let unleash: Unleash;
    const quarter: Rollout = {
      percentage: 25,
      stickiness: "clusterId",
      constraints: [{ field: "clusterId", operator: "NOT_IN", values: ["a", "b"] }],
    };
    beforeAll(() => {
      unleash = new Unleash(server.place);
    });

    it("makes a flag that is off, once", async () => {
      expect(await unleash.flag("made")).toBeUndefined();
      await unleash.createFlag("made", "a flag", "release");
      await unleash.createFlag("made", "the same", "release");
      expect(await unleash.flag("made")).toEqual({
        name: "made",
        description: "a flag",
        enabled: false,
        rollouts: [],
        foreign: [],
      });
    });

    it("gives it one rollout, and switches it", async () => {
      await unleash.createFlag("rolled", "", "operational");
      await unleash.setRollout("rolled", quarter);
      await unleash.switchFlag("rolled", true);
      expect(await unleash.flag("rolled")).toMatchObject({ enabled: true, rollouts: [quarter], foreign: [] });
      await unleash.setRollout("rolled", { ...quarter, percentage: 50, constraints: [] });
      await unleash.switchFlag("rolled", false);
      expect(await unleash.flag("rolled")).toMatchObject({
        enabled: false,
        rollouts: [{ percentage: 50, stickiness: "clusterId", constraints: [] }],
      });
    });

    it("takes others' strategies away", async () => {
      await unleash.createFlag("shared", "", "release");
      const { url, token } = server.place;
      const path = `${url}/api/admin/projects/default/features/shared/environments/production/strategies`;
      const add = (name: string, parameters: object) =>
        fetch(path, {
          method: "POST",
          headers: { authorization: token, "content-type": "application/json" },
          body: JSON.stringify({ name, parameters, constraints: [] }),
        });
      expect((await add("default", {})).status).toBe(200);
      expect((await add("remoteAddress", { IPs: "192.0.2.1" })).status).toBe(200);
      expect(await unleash.flag("shared")).toMatchObject({ rollouts: [], foreign: ["default", "remoteAddress"] });
      await unleash.setRollout("shared", quarter);
      expect(await unleash.flag("shared")).toMatchObject({ rollouts: [quarter], foreign: [] });
    });

    it("takes a flag away, so that its name can be used again", async () => {
      await unleash.createFlag("gone", "first", "release");
      await unleash.deleteFlag("gone");
      await unleash.deleteFlag("gone");
      expect(await unleash.flag("gone")).toBeUndefined();
      await unleash.createFlag("gone", "second", "release");
      expect(await unleash.flag("gone")).toMatchObject({ description: "second" });
    });

    it("says what is wrong, and never the token", async () => {
      const wrong = (place: object) => new Unleash({ ...server.place, ...place }).flag("made");
      await expect(wrong({ token: "*:*.nobody" })).rejects.toThrow(/Unleash.*answered 401/s);
      await expect(wrong({ token: "*:*.nobody" })).rejects.not.toThrow(/nobody/);
      await expect(wrong({ environment: "moon" })).rejects.toThrow(/has no environment moon; there are .*production/);
      await expect(unleash.setRollout("never", quarter)).rejects.toThrow(/there is no such flag/);
    });
  });
});
