import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // The laptop and the trainer are whole programs: a test that drives them takes as long as they take.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    // Two cores: more files at once only make each other slow.
    maxWorkers: 2,
    pool: "forks",
  },
});
