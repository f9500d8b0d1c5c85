/**
 * The words of a command as Session Manager's agent reads it in a container: split at blanks, with quotes and backslashes as in a shell, and nothing expanded. `undefined` where a quote is not closed
 * or nothing comes after the last backslash.
 */
export function shellWords(text: string): readonly string[] | undefined {
  const words: string[] = [];
  let word: string | undefined;
  let quote: string | undefined;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at] as string;
    if (character === "\\" && quote !== "'") {
      const next = text[(at += 1)];
      if (next === undefined) return undefined;
      // Within double quotes it takes its meaning only from what has one there.
      word = (word ?? "") + (quote === '"' && !'"\\'.includes(next) ? `\\${next}` : next);
    } else if (quote !== undefined) {
      if (character === quote) quote = undefined;
      else word = (word ?? "") + character;
    } else if (character === "'" || character === '"') {
      quote = character;
      word ??= "";
    } else if (/\s/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? "") + character;
  }
  if (quote !== undefined) return undefined;
  return word === undefined ? words : [...words, word];
}
