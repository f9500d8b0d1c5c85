/** A pattern's parts, one at a time: quoted text, classes of letters, what is escaped, brackets, repetitions, and single characters. */
const PART = /\\Q[^]*?(?:\\E|$)|\\[pP]\{[^}]*\}|\\x\{[^}]*\}|\\[^]|\[\^?\]?(?:\[:\w+:\]|\\[^]|[^\]\\])*\]|\{(\d+)(,?)(\d*)\}|[^]/g;
/** A class of letters is hundreds of ranges. */
const LETTERS = /\\[pP]/g;
const LETTERS_SIZE = 10;

/** Longer ones are not measured: what opens and never closes would take the square of its length. */
const LONGEST = 2_048;

interface Group {
  /** Of what is in it so far. */
  sum: number;
  /** Of the part that a repetition would repeat. */
  last: number;
}

/**
 * How many instructions a pattern in the syntax of RE2 becomes, roughly and rather too many than too few. RE2 takes time proportional to the text, but times this number: repetitions
 * are written out, and `a{1000}` ten times over is ten thousand of them. Infinity for a pattern of more than 2,048 characters.
 */
export function patternSize(pattern: string): number {
  if (pattern.length > LONGEST) return Infinity;
  const outer: Group[] = [];
  let group: Group = { sum: 0, last: 0 };
  const add = (size: number): void => {
    group.sum += size;
    group.last = size;
  };
  for (const [part, least, comma, most] of pattern.matchAll(PART)) {
    if (part === "(") {
      outer.push(group);
      group = { sum: 2, last: 0 };
    } else if (part === ")" && outer.length > 0) {
      const { sum } = group;
      group = outer.pop() ?? group;
      add(sum);
    } else if (least !== undefined) {
      const times = Math.max(1, Number(most || least) + (comma === "" ? 0 : 1));
      group.sum += group.last * (times - 1);
      group.last *= times;
    } else add(part.startsWith("\\Q") ? part.length : 1 + LETTERS_SIZE * [...part.matchAll(LETTERS)].length);
  }
  return outer.reduce((sum, { sum: one }) => sum + one, group.sum);
}
