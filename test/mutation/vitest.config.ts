import { defineConfig } from "vitest/config";

// What Stryker runs against each mutant: the tests that `main.ts` names for the room.
export default defineConfig({
  test: {
    include: JSON.parse(process.env["AIRFIELD_MUTATION_TESTS"] ?? "[]") as string[],
    // Stryker itself ends what takes longer than without the mutant: a loaded machine must not kill one.
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
