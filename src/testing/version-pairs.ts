import { seededRandom } from "./seeded-random.ts";

export interface VersionPair {
  readonly a: string;
  readonly b: string;
}

/**
 * Different pairs of different versions, the same ones for the same arguments: real ones side by side, and real ones beside what small changes make of them,
 * where orders are easily got wrong.
 *
 * @param pieces what a change puts in, or puts in the place of something
 * @param isVersion which texts are versions at all
 */
export function versionPairs(
  seed: number,
  count: number,
  versions: readonly string[],
  pieces: readonly string[],
  isVersion: (text: string) => boolean,
): readonly VersionPair[] {
  const random = seededRandom(seed);
  const changed = (version: string): string => {
    const at = random.between(0, version.length);
    return version.slice(0, at) + random.pick(pieces) + version.slice(at + random.between(0, 2));
  };
  const pairs = new Map<string, VersionPair>();
  while (pairs.size < count) {
    const a = random.pick(versions);
    let b = random.chance(0.3) ? random.pick(versions) : changed(a);
    for (let changes = random.between(0, 2); changes > 0; changes--) b = changed(b);
    if (b !== a && isVersion(b)) pairs.set(`${a} ${b}`, random.chance(0.5) ? { a, b } : { a: b, b: a });
  }
  return [...pairs.values()];
}
