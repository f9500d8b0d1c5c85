/**
 * A pattern with `*` (any text, also none, also across `/`) and `?` (one UTF-16 unit), taken apart at its stars: the first segment opens
 * a text that matches, the last one closes it, and those between are found one after another, leftmost first. Nothing is ever tried
 * again, so that no pattern makes the time grow faster than text times pattern length by 32.
 */
export interface Glob {
  readonly segments: readonly Segment[];
}

/** Text without stars. */
interface Segment {
  readonly text: string;
  /** Places in the text at which any character will do. */
  readonly open: ReadonlySet<number>;
}

/** A piece of a pattern: in a literal piece, such as the value of a policy variable, `*` and `?` stand for themselves. */
export interface Piece {
  readonly text: string;
  readonly literal: boolean;
}

export function parseGlob(pattern: string): Glob {
  return globOf([{ text: pattern, literal: false }]);
}

/** A pattern in which only `*` has a meaning. */
export function parseStars(pattern: string): Glob {
  return globOf(pattern.split(/(\*)/).map((text) => ({ text, literal: text !== "*" })));
}

export function globOf(pieces: readonly Piece[]): Glob {
  const segments: Segment[] = [];
  let text = "";
  let open = new Set<number>();
  for (const piece of pieces) {
    if (piece.literal) {
      text += piece.text;
      continue;
    }
    for (const part of piece.text.split(/([*?])/)) {
      if (part === "*") {
        segments.push({ text, open });
        text = "";
        open = new Set();
      } else {
        if (part === "?") open.add(text.length);
        text += part;
      }
    }
  }
  segments.push({ text, open });
  return { segments };
}

/** Whether the whole text matches. */
export function globMatches({ segments }: Glob, text: string): boolean {
  const first = segments[0] as Segment;
  if (segments.length === 1) return text.length === first.text.length && standsAt(first, text, 0);
  const last = segments[segments.length - 1] as Segment;
  const end = text.length - last.text.length;
  if (end < first.text.length || !standsAt(first, text, 0) || !standsAt(last, text, end)) return false;
  let at = first.text.length;
  for (let index = 1; index < segments.length - 1; index++) {
    const segment = segments[index] as Segment;
    const found = find(segment, text, at, end);
    if (found < 0) return false;
    at = found + segment.text.length;
  }
  return true;
}

function standsAt({ text: wanted, open }: Segment, text: string, at: number): boolean {
  if (open.size === 0) return text.startsWith(wanted, at);
  for (let index = 0; index < wanted.length; index++) {
    if (wanted.charCodeAt(index) !== text.charCodeAt(at + index) && !open.has(index)) return false;
  }
  return true;
}

/** The leftmost place in `text` between `from` and `end` at which all of a segment stands; -1 where there is none. */
function find(segment: Segment, text: string, from: number, end: number): number {
  const { text: wanted, open } = segment;
  if (wanted.length > end - from) return -1;
  if (open.size > 0 || wanted.length > LONG) return findInBits(segment, text, from, end);
  const found = text.indexOf(wanted, from);
  return found + wanted.length > end ? -1 : found;
}

/** `indexOf` may compare every character of the wanted text at every place: up to this length that is linear. */
const LONG = 64;

/**
 * The Shift-And algorithm of Baeza-Yates and Gonnet: bit i of `state` says that the first i + 1 characters of the segment end here. It
 * takes one step for each character of the text and each 32 of the segment, whatever they are.
 */
function findInBits({ text: wanted, open }: Segment, text: string, from: number, end: number): number {
  const words = Math.ceil(wanted.length / 32);
  const anywhere = new Uint32Array(words);
  for (const place of open) mark(anywhere, place);
  const places = new Map<number, Uint32Array>();
  for (let index = 0; index < wanted.length; index++) {
    const code = wanted.charCodeAt(index);
    let here = places.get(code);
    if (!here) places.set(code, (here = anywhere.slice()));
    mark(here, index);
  }
  const state = new Uint32Array(words);
  const last = 1 << ((wanted.length - 1) % 32);
  for (let at = from; at < end; at++) {
    const here = places.get(text.charCodeAt(at)) ?? anywhere;
    let carry = 1;
    for (let word = 0; word < words; word++) {
      const before = state[word] as number;
      state[word] = ((before << 1) | carry) & (here[word] as number);
      carry = before >>> 31;
    }
    if (((state[words - 1] as number) & last) !== 0) return at - wanted.length + 1;
  }
  return -1;
}

function mark(bits: Uint32Array, place: number): void {
  bits[place >>> 5] = (bits[place >>> 5] as number) | (1 << (place % 32));
}
