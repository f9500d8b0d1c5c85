/** Headers by their names in lower case: a map without a prototype, in which `__proto__` or `constructor` is a name like any other. */
export type RequestHeaders = Readonly<Record<string, string | undefined>>;

/**
 * Reads header lines as they were sent, name and value in turns. Lines of one name are joined by a comma in the order in which they came, as
 * Signature Version 4 joins them: what is signed, and what is acted upon, is the same text. Linear in the length of all lines.
 */
export function readHeaders(lines: readonly string[]): RequestHeaders {
  const values = new Map<string, string[]>();
  for (let at = 0; at + 1 < lines.length; at += 2) {
    const name = (lines[at] ?? "").toLowerCase();
    const value = (lines[at + 1] ?? "").trim();
    const known = values.get(name);
    if (known) known.push(value);
    else values.set(name, [value]);
  }
  const headers = Object.create(null) as Record<string, string>;
  for (const [name, all] of values) headers[name] = all.join(",");
  return headers;
}
