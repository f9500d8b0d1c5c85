/** Whether a tag is what a pattern describes, in which `*` stands for any text. Takes time in proportion to the tag's length and the pattern's. */
export function matchesTagPattern(pattern: string, tag: string): boolean {
  const [first = "", ...rest] = pattern.split("*");
  const last = rest.pop();
  if (last === undefined) return tag === pattern;
  if (!tag.startsWith(first)) return false;
  let at = first.length;
  for (const part of rest) {
    const found = tag.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return tag.length - last.length >= at && tag.endsWith(last);
}

export function wildcardsIn(pattern: string): number {
  return pattern.split("*").length - 1;
}
