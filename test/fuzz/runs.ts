import { fuzzRuns } from "../../src/testing/fuzz-runs.ts";

/** How many random cases a law gets. */
export const FUZZ_RUNS = fuzzRuns(300);

/** A quarter of a second a case is far more than any takes, so that only what hangs fails by it. */
export const FUZZ_TIMEOUT_MS = Math.max(120_000, FUZZ_RUNS * 250);
