import { MalformedRequestError } from "../malformed.ts";

/** How deep JSON may nest before it is refused: no AWS shape comes near. */
export const DEEPEST = 100;
/** How many values and names a request may hold: ten thousand log events, AWS's longest list, are thirty thousand values. */
const MOST_VALUES = 250_000;

const [QUOTE, BACKSLASH, COMMA, COLON] = [34, 92, 44, 58];
const OPENING = new Set([91, 123]);
const CLOSING = new Set([93, 125]);

/**
 * Counts what a JSON text holds, before anything is made of it: a text of 32 MB can hold sixteen million values, and take a gigabyte. Strings are
 * skipped, not read. Linear. Whether it is JSON at all is for the parser to say.
 * @throws MalformedRequestError for what nests too deeply or holds too many values
 */
export function checkJsonSize(text: Buffer): void {
  let [depth, values] = [0, 0];
  for (let at = 0; at < text.length; at += 1) {
    const byte = text[at] ?? 0;
    if (byte === QUOTE) at = endOfString(text, at + 1);
    else if (byte === COMMA || byte === COLON) values += 1;
    else if (OPENING.has(byte)) {
      depth += 1;
      values += 1;
    } else if (CLOSING.has(byte)) depth -= 1;
    if (depth > DEEPEST) throw new MalformedRequestError("syntax", "", "The request is nested too deeply.");
    if (values > MOST_VALUES) throw new MalformedRequestError("syntax", "", "The request holds too many values.");
  }
}

/** Where the quotation mark is that ends a string: the next one that an even number of backslashes precedes. */
function endOfString(text: Buffer, from: number): number {
  let quote = text.indexOf(QUOTE, from);
  while (quote >= 0) {
    let slash = quote;
    while (slash > from && text[slash - 1] === BACKSLASH) slash -= 1;
    if ((quote - slash) % 2 === 0) return quote;
    quote = text.indexOf(QUOTE, quote + 1);
  }
  return text.length;
}
