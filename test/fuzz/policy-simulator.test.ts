import { expect, test } from "vitest";
import { DIFFERENCES, type Difference } from "./policies/differences.ts";
import { ours, theirs, type Verdict } from "./policies/engines.ts";
import { randomCase, type PolicyCase } from "./policies/random-case.ts";
import { FUZZ_RUNS, FUZZ_TIMEOUT_MS } from "./runs.ts";

// The product's decisions beside those of an evaluator that others wrote from the same documentation. What is not the same has a reason in
// the table of differences, or is a fault of ours.

/** From so many seeds on every difference has its turn. */
const ENOUGH = 10_000;

test(
  `${FUZZ_RUNS} random requests are decided as an independent simulator decides them, but for what the table explains`,
  { timeout: FUZZ_TIMEOUT_MS },
  async () => {
    const verdicts = new Map<Verdict, number>();
    const reasons = new Map<string, number>();
    const unexplained: string[] = [];
    let agreed = 0;
    for (let seed = 1; seed <= FUZZ_RUNS; seed++) {
      const one = randomCase(seed);
      const verdict = ours(one);
      verdicts.set(verdict, (verdicts.get(verdict) ?? 0) + 1);
      if (verdict === (await theirs(one))) {
        agreed++;
        continue;
      }
      const why = await reasonsFor(one);
      if (!why) unexplained.push(`seed ${seed}: ${verdict} here, ${await theirs(one)} there: ${JSON.stringify(one)}`);
      for (const { name } of why ?? []) reasons.set(name, (reasons.get(name) ?? 0) + 1);
    }
    const figures = [...reasons].map(([name, count]) => `${name}: ${count}`).join("; ");
    // eslint-disable-next-line no-console -- the figures are what the nightly run is for
    console.log(`${agreed} of ${FUZZ_RUNS} agree (${((agreed * 100) / FUZZ_RUNS).toFixed(2)} %). Explained: ${figures}`);
    expect(unexplained).toEqual([]);
    // The comparison is worth something only where each verdict comes often, and most are the same.
    for (const verdict of ["allowed", "denied", "not allowed"] as const) expect(verdicts.get(verdict) ?? 0).toBeGreaterThan(FUZZ_RUNS / 10);
    expect(agreed).toBeGreaterThan(FUZZ_RUNS * 0.9);
    // A difference that no longer shows itself was mended there, and leaves the table.
    const idle = DIFFERENCES.filter(({ name }) => FUZZ_RUNS >= ENOUGH && !reasons.has(name));
    expect(idle).toEqual([]);
  },
);

/** One difference without which the engines agree, or some that it takes together; `undefined` where they never do. */
async function reasonsFor(one: PolicyCase): Promise<readonly Difference[] | undefined> {
  const agree = async (differences: readonly Difference[]): Promise<boolean> => {
    const reduced = differences.reduce((before, { without }) => without(before), one);
    return ours(reduced) === (await theirs(reduced));
  };
  for (const difference of DIFFERENCES) if (await agree([difference])) return [difference];
  if (!(await agree(DIFFERENCES))) return undefined;
  let needed = DIFFERENCES;
  for (const difference of DIFFERENCES) {
    const rest = needed.filter((other) => other !== difference);
    if (await agree(rest)) needed = rest;
  }
  return needed;
}
