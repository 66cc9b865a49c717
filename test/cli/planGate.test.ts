import { afterEach, describe, expect, it } from "vitest";
import { CURRENT, gatedCheckout, UNLISTED } from "../e2e/admissionCluster.ts";
import type { Checkout } from "./checkout.ts";

const PATH = "plans/prod-gate.json";
const hexOf = (image: string) => image.split("sha256:")[1] ?? "";

describe("the committed plan of an admission gate", () => {
  let checkout: Checkout;
  afterEach(() => checkout.remove());

  it("may list what was revoked or has run out since, and nothing may be listed that it does not", async () => {
    checkout = gatedCheckout();
    const plan = (...args: string[]) => checkout.run("plan", "prod-gate", "--engine", "offline", ...args);
    expect(await plan("--write")).toMatchObject({ code: 0, stdout: `${PATH} written\n` });
    const current = checkout.read(PATH);
    const entry = `"${hexOf(CURRENT)}": "registry.test/app/web web 1.1.0 -"`;
    expect(current).toContain(entry);

    checkout.write(
      PATH,
      current.replace(entry, `${entry}, "${hexOf(UNLISTED)}": "registry.test/app/web web 1.2.0-edge.1 -"`),
    );
    const next = "next: npx imprimatur plan --write\n";
    // What is not committed yet has to be right: nobody lists what will only be let in later.
    expect(await plan()).toMatchObject({ code: 1, stdout: `${PATH} is out of date\n${next}` });
    await checkout.git("init", "--quiet");
    await checkout.git("add", "--all");
    await checkout.git("commit", "--quiet", "-m", "approved");
    expect(await plan()).toMatchObject({ code: 0, stdout: `${PATH} has 1 line that left the lists since\n${next}` });

    checkout.write(PATH, current.replace(hexOf(CURRENT), hexOf(UNLISTED)));
    expect(await plan()).toMatchObject({ code: 1, stdout: `${PATH} is out of date\n${next}` });

    expect((await plan("--write")).code).toBe(0);
    expect(checkout.read(PATH)).toBe(current);
  });
});
