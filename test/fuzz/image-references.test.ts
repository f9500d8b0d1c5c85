import fc from "fast-check";
import { test } from "vitest";
import { anyReferenceText, keepsReferenceLaws } from "../../src/testing/image-reference-laws.ts";
import { FUZZ_RUNS, FUZZ_TIMEOUT_MS } from "./runs.ts";

test("image references are read by the grammar, written as they were, and never mean an id", { timeout: FUZZ_TIMEOUT_MS }, () => {
  fc.assert(fc.property(anyReferenceText, keepsReferenceLaws), { numRuns: FUZZ_RUNS });
});
