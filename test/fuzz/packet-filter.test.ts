import * as fc from "fast-check";
import { test } from "vitest";
import { fuzzRuns } from "../../src/testing/fuzz-runs.ts";
import { agreement } from "../../src/testing/filter-agreement.ts";

/** A world takes ten milliseconds: of so many as others try in a night there is no end. */
const MOST = 10_000;

test("what the packet filter lets through in any world is what AWS's rules let through", { timeout: 1_800_000 }, () => {
  fc.assert(agreement, { numRuns: Math.min(fuzzRuns(), MOST) });
});
