import { defineConfig } from "vitest/config";

const results = process.env.IMPRIMATUR_TEST_RESULTS;

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["test/**/fixtures/**"],
    // Whoever runs the tests may have a token; no test tells a real channel anything.
    env: { SLACK_BOT_TOKEN: "" },
    // Real processes and servers on a busy machine: a limit that only ends what hangs.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    // Most tests wait for processes that they have started: one worker for each core, and not one fewer.
    maxWorkers: "100%",
    reporters: results === undefined ? ["default"] : ["default", ["json", { outputFile: results }]],
  },
});
