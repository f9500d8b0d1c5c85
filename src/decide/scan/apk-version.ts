import { compareDigits } from "./digits.ts";

/**
 * Alpine's order of versions: negative where `a` is older. Source: the `apk` tool's documentation of package versions:
 * `number{.number}[letter]{_suffix[number]}[~commit][-r<build>]`. Where one version ends and the other goes on, the longer one is newer,
 * unless it goes on with a suffix of pre-releases.
 */
export function compareApkVersions(a: string, b: string): number {
  const [left, right] = [tokens(a), tokens(b)];
  for (let at = 0; ; at++) {
    const [one, other] = [left[at] ?? END, right[at] ?? END];
    if (one.kind !== other.kind) return compareKinds(one, other);
    const order = compareTokens(one, other);
    if (order !== 0 || one.kind === "end") return order;
  }
}

type Kind = "first" | "number" | "letter" | "suffix" | "suffix-number" | "commit" | "build" | "end" | "invalid";

interface Token {
  readonly kind: Kind;
  readonly text: string;
}

const END: Token = { kind: "end", text: "" };

/** In their order; the version without a suffix stands between the two lists. */
const PRE_RELEASES = ["alpha", "beta", "pre", "rc"];
const SUFFIXES = [...PRE_RELEASES, "cvs", "svn", "git", "hg", "p"];

/** Where two versions part ways, the one whose next token comes earlier here is newer. */
const KINDS: readonly Kind[] = ["first", "number", "letter", "suffix", "suffix-number", "commit", "build", "end", "invalid"];

/** What may follow, and how it is read. */
const GRAMMAR: readonly { readonly kind: Kind; readonly pattern: RegExp; readonly after: readonly Kind[] }[] = [
  { kind: "number", pattern: /^\.(\d+)/, after: ["first", "number"] },
  { kind: "letter", pattern: /^([a-z])/, after: ["first", "number"] },
  { kind: "suffix-number", pattern: /^(\d+)/, after: ["suffix"] },
  { kind: "suffix", pattern: /^_([a-z]+)/, after: ["first", "number", "letter", "suffix", "suffix-number"] },
  { kind: "commit", pattern: /^~([0-9a-f]+)/, after: ["first", "number", "letter", "suffix", "suffix-number"] },
  { kind: "build", pattern: /^-r(\d+)/, after: ["first", "number", "letter", "suffix", "suffix-number", "commit"] },
];

function tokens(version: string): readonly Token[] {
  const [first = ""] = /^\d+/.exec(version) ?? [];
  if (first === "") return [{ kind: "invalid", text: version }];
  const read: Token[] = [{ kind: "first", text: first }];
  let rest = version.slice(first.length);
  while (rest !== "") {
    const token = next(read.at(-1)?.kind ?? "first", rest);
    read.push(token.token);
    if (token.token.kind === "invalid") break;
    rest = rest.slice(token.length);
  }
  return read;
}

function next(after: Kind, rest: string): { readonly token: Token; readonly length: number } {
  for (const { kind, pattern, after: allowed } of GRAMMAR) {
    const [whole, text = ""] = allowed.includes(after) ? (pattern.exec(rest) ?? []) : [];
    if (whole !== undefined && (kind !== "suffix" || SUFFIXES.includes(text))) return { token: { kind, text }, length: whole.length };
  }
  return { token: { kind: "invalid", text: rest }, length: rest.length };
}

function compareTokens(a: Token, b: Token): number {
  switch (a.kind) {
    // Behind a point, a leading zero makes a fraction of a number: 1.01 is older than 1.1.
    case "number":
      return a.text.startsWith("0") || b.text.startsWith("0") ? compareText(a.text, b.text) : compareDigits(a.text, b.text);
    case "first":
    case "suffix-number":
    case "build":
      return compareDigits(a.text, b.text);
    case "suffix":
      return SUFFIXES.indexOf(a.text) - SUFFIXES.indexOf(b.text);
    case "letter":
    case "commit":
      return compareText(a.text, b.text);
    // What is no version has no order of its own, but two texts that differ are no equal versions.
    case "invalid":
      return compareText(a.text, b.text);
    case "end":
      return 0;
  }
}

function compareKinds(a: Token, b: Token): number {
  if (isPreRelease(a)) return -1;
  if (isPreRelease(b)) return 1;
  return KINDS.indexOf(b.kind) - KINDS.indexOf(a.kind);
}

function isPreRelease({ kind, text }: Token): boolean {
  return kind === "suffix" && PRE_RELEASES.includes(text);
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
