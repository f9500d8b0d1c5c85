/**
 * The histories that a test of simulated worlds tells: `<NAME>_SEED=123` replays one, `<NAME>_SEEDS=5000` tells more, and `SIMULATION_FROM` begins
 * elsewhere than at 1. `npm run simulate` sets them.
 */
export function seeds(name: string, few: number): readonly number[] {
  const { [`${name}_SEED`]: replayed, [`${name}_SEEDS`]: count = few, SIMULATION_FROM: from = 1 } = process.env;
  return replayed === undefined ? Array.from({ length: Number(count) }, (_, at) => Number(from) + at) : [Number(replayed)];
}

/** A hundred at a time, each with its name: so that a test's time does not depend on how many there are. */
export function inHundreds(all: readonly number[]): readonly (readonly [string, readonly number[]])[] {
  return Array.from({ length: Math.ceil(all.length / 100) }, (_, at) => {
    const some = all.slice(at * 100, (at + 1) * 100);
    return [`${some[0]} to ${some.at(-1)}`, some] as const;
  });
}
