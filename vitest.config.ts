import { defineConfig } from "vitest/config";

const results = process.env.IMPRIMATUR_TEST_RESULTS;

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["test/**/fixtures/**"],
    // Whoever runs the tests may have a token; no test tells a real channel anything.
    env: { SLACK_BOT_TOKEN: "" },
    // Real processes and servers on a busy machine: a limit that only ends what hangs.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    reporters: results === undefined ? ["default"] : ["default", ["json", { outputFile: results }]],
  },
});
