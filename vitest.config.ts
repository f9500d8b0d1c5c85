import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["src/**/*.test.ts", "test/unit/**/*.test.ts", "test/golden/**/*.test.ts", "test/regression/**/*.test.ts"],
          // Only what hangs should end by it, also on a machine that does much else.
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      { test: { name: "conformance", include: ["test/conformance/**/*.test.ts"], testTimeout: 60_000, hookTimeout: 300_000 } },
      { test: { name: "fuzz", include: ["test/fuzz/**/*.test.ts"], testTimeout: 60_000, hookTimeout: 60_000 } },
      { test: { name: "simulation", include: ["test/simulation/**/*.test.ts"], testTimeout: 120_000 } },
      // These need no engine and no proxy, and mostly wait for the provider, which asks again after pauses of its own.
      { test: { name: "terraform", include: ["test/terraform/**/*.test.ts"], testTimeout: 300_000, hookTimeout: 60_000 } },
      {
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.test.ts", "console/test/**/*.test.ts"],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          // One engine and one proxy serve them all: files run one after another.
          fileParallelism: false,
          // A machine that is shared may stall; a test that needed its second try says so in the report.
          retry: process.env["CI"] ? 1 : 0,
        },
      },
    ],
  },
});
