import { describe, expect, it } from "vitest";
import { Approval } from "./approval.ts";

describe("confidence", () => {
  it.each(["nonsense", "file:///etc/passwd", "ops:secret@prometheus"])(
    "takes %s for no server, before it asks anybody, and does not repeat it",
    async (url) => {
      const args = ["confidence", "web", "1.0.0", "--in", "prod", "--prometheus", url];
      expect(await new Approval().verb(args)).toMatchObject({
        code: 2,
        stderr: "error: --prometheus: must be the URL of a server, such as http://prometheus.example:9090\n",
      });
    },
  );
});
