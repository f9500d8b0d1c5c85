/** One measured figure. */
export interface Figure {
  readonly name: string;
  readonly unit: string;
  readonly ours: number;
  /** `undefined` where there is no peer and the aim is absolute. */
  readonly peer: number | undefined;
  /** Ours over the peer's; ours alone where there is no peer. */
  readonly ratio: number;
  /** In words: `at most 1.15`. */
  readonly aim: string;
  readonly met: boolean;
}

interface Measured {
  readonly name: string;
  readonly unit: string;
  readonly ours: number;
  readonly peer?: number;
}

/** A figure where less is better. */
export function atMost(limit: number, measured: Measured): Figure {
  const ratio = ratioOf(measured);
  return { ...measured, peer: measured.peer, ratio, aim: `at most ${limit}`, met: ratio <= limit };
}

/** A figure where more is better. */
export function atLeast(limit: number, measured: Measured): Figure {
  const ratio = ratioOf(measured);
  return { ...measured, peer: measured.peer, ratio, aim: `at least ${limit}`, met: ratio >= limit };
}

/** What a figure is made of: it has no aim, and tells what of an aim that is missed is the machine's, or the peer's other promise. */
export function part(measured: Measured): Figure {
  return { ...measured, name: `part: ${measured.name}`, peer: measured.peer, ratio: ratioOf(measured), aim: "none", met: true };
}

function ratioOf({ ours, peer }: Measured): number {
  return peer === undefined ? ours : ours / peer;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [low = 0, high = 0] = sorted.length % 2 === 1 ? [sorted[middle], sorted[middle]] : [sorted[middle - 1], sorted[middle]];
  return (low + high) / 2;
}
