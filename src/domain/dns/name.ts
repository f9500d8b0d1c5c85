/** Why a text is no domain name, in Route 53's words: `DomainLabelEmpty (Domain label is empty)`. */
export interface NameProblem {
  readonly problem: string;
}

const LONGEST_LABEL = 63;
/** RFC 1035, section 3.1: in octets on the wire. */
const LONGEST_NAME = 255;

/**
 * Reads a domain name into the form in which Route 53 keeps and shows it: lower case, with the dot at its end, and with every character other than
 * `a-z`, `0-9`, `-` and `_` as `\ooo` (octal), so that `*` is `\052`. The name of the root is `.`.
 * Source: Amazon Route 53 Developer Guide, "DNS domain name format".
 */
export function readName(text: string): string | NameProblem {
  if (text === "") return { problem: "DomainNameEmpty (Domain name is empty)" };
  if (text === ".") return text;
  const labels: string[] = [];
  let octets = 1;
  for (const label of splitLabels(text)) {
    const read = readLabel(label);
    if (typeof read === "object") return read;
    octets += read.length + 1;
    labels.push(written(read));
  }
  if (octets > LONGEST_NAME) return { problem: "DomainNameTooLong (Domain name is too long)" };
  return `${labels.join(".")}.`;
}

/** The name, where the text is known to be one. @throws Error where it is not */
export function nameOf(text: string): string {
  const name = readName(text);
  if (typeof name === "object") throw new Error(`${JSON.stringify(text)} is no domain name: ${name.problem}`);
  return name;
}

/** The labels of a name that was read, from the left; none of the root. */
export function labelsOf(name: string): readonly string[] {
  return name === "." ? [] : name.slice(0, -1).split(".");
}

/** Whether a name that was read is a zone's own or lies below it. */
export function isWithin(name: string, zone: string): boolean {
  return zone === "." || name === zone || name.endsWith(`.${zone}`);
}

/** The names above one, the nearest first, without the root. */
export function namesAbove(name: string): readonly string[] {
  const labels = labelsOf(name);
  return labels.slice(1).map((_, at) => `${labels.slice(at + 1).join(".")}.`);
}

/** The wildcard that stands for the children of a name. */
export function wildcardOf(name: string): string {
  return name === "." ? "\\052." : `\\052.${name}`;
}

export function isWildcard(name: string): boolean {
  return name.startsWith("\\052.");
}

/**
 * By which Route 53 sorts names: the labels from the right, each with a dot behind it, character by character. Labels are compared as they are
 * meant, not as they are escaped.
 * Source: Route 53 API Reference, `ListResourceRecordSets`, "Sort order".
 */
export function sortKey(name: string): string {
  return labelsOf(name)
    .toReversed()
    .map((label) => `${unescaped(label)}.`)
    .join("");
}

/** A label's characters, one an octet. */
export function unescaped(label: string): string {
  return label.replace(/\\([0-3][0-7]{2})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}

/** The dot of an escape such as `\056` divides nothing. */
function splitLabels(text: string): readonly string[] {
  const labels = text.split(".");
  return labels.at(-1) === "" ? labels.slice(0, -1) : labels;
}

/** A label's characters, one an octet, in lower case. */
function readLabel(label: string): string | NameProblem {
  if (label === "") return { problem: "DomainLabelEmpty (Domain label is empty)" };
  if (!/^[!-~]*$/.test(label)) return { problem: "UnsupportedCharacter (Value contains unsupported characters)" };
  if (/\\(?![0-3][0-7]{2})/.test(label)) return { problem: "InvalidEscape (Value contains an escape that is not three octal digits)" };
  const read = unescaped(label).toLowerCase();
  return read.length > LONGEST_LABEL ? { problem: "DomainLabelTooLong (Domain label is too long)" } : read;
}

/** Octal as Route 53 writes it. */
function written(label: string): string {
  return label.replace(/[^a-z0-9_-]/g, (character) => `\\${character.charCodeAt(0).toString(8).padStart(3, "0")}`);
}
