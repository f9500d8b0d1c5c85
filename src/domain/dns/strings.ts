import type { NameProblem } from "./name.ts";

/** RFC 1035, section 3.3: the length of a string is one octet. */
const LONGEST = 255;
/** Route 53 Developer Guide, "TXT record type": of all strings of a value together. */
const LONGEST_VALUE = 4000;

/**
 * The strings of a TXT record's value: each in quotation marks, white space between them, `\"` and `\\` for themselves and `\ooo` for other octets.
 * Each character of a string is one octet.
 */
export function readStrings(text: string): readonly string[] | NameProblem {
  if (text.length > LONGEST_VALUE) return { problem: "CharacterStringTooLong (Value is too long)" };
  const strings: string[] = [];
  const string = /\s*"((?:[^"\\]|\\[0-7]{3}|\\[^0-9])*)"/y;
  let at = 0;
  for (let match = string.exec(text); match; match = string.exec(text)) {
    at = string.lastIndex;
    const read = octetsOf(match[1] ?? "");
    if (read === undefined) return { problem: "UnsupportedCharacter (Value contains unsupported characters)" };
    if (read.length > LONGEST) return { problem: "CharacterStringTooLong (Value is too long)" };
    strings.push(read);
  }
  if (strings.length === 0 || text.slice(at).trim() !== "")
    return { problem: "InvalidCharacterString (Value should be enclosed in quotation marks)" };
  return strings;
}

function octetsOf(text: string): string | undefined {
  const read = text.replace(/\\([0-3][0-7]{2})|\\(.)/g, (_, octal: string | undefined, other: string | undefined) =>
    octal === undefined ? (other ?? "") : String.fromCharCode(Number.parseInt(octal, 8)),
  );
  return [...read].every((character) => (character.codePointAt(0) ?? 0) <= 0xff) ? read : undefined;
}
