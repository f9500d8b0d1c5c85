/**
 * Regular expressions in rules and transforms are evaluated by the proxy that all accounts share: only those that AWS takes are let in. Source: Elastic
 * Load Balancing, "Listener rules": no lookarounds, backreferences, atomic groups, possessive quantifiers, subroutines, recursion or Unicode classes.
 */

/** Escapes that are a class, a place or a character; all signs that are no letters and digits may be escaped besides. */
const ESCAPES = /^[dDwWsSbBAzZnrtfvxae]$/;

const CLASSES = /^\[:\^?(?:alnum|alpha|ascii|blank|cntrl|digit|graph|lower|print|punct|space|upper|word|xdigit):\]$/;

/** The most that a quantifier may count to. */
const MOST_REPEATS = 1000;

const QUANTIFIER = /^\{(\d+)(?:(,)(\d*))?\}$/;

/** An escape, a class (or the bracket of one that has no end), the beginning of a group, a quantifier that counts, or a sign. A bracket that comes first in a class is a member. */
const PARTS = /\\[^]?|\[\^?\]?(?:\[:\^?[a-z]+:\]|\\[^]|[^\]\\])*\]|\(\?P<|\(\?[ims]+[:)]|\{\d+(?:,\d*)?\}|[^]/g;

/** What is wrong with an expression, as the end of a sentence that names it; `undefined` if nothing is. */
export function regexRefusal(regex: string): string | undefined {
  if (regex === "") return "must not be empty";
  if (!/^[\x20-\x7e]*$/.test(regex)) return "must consist of printable ASCII characters";
  return unsupportedPart(regex) ?? syntaxError(regex);
}

/** How many groups an expression captures. @param regex that was not refused */
export function groupsOf(regex: string): number {
  return (new RegExp(`${inEcmaScript(regex)}|`).exec("")?.length ?? 1) - 1;
}

function unsupportedPart(regex: string): string | undefined {
  let at = 0;
  let after = "";
  for (const [part] of regex.matchAll(PARTS)) {
    const rest = regex.slice(at);
    const refusal = part.startsWith("\\")
      ? escapeRefusal(rest)
      : part.startsWith("[")
        ? classRefusal(part)
        : (groupRefusal(rest) ?? quantifierRefusal(rest, after));
    if (refusal !== undefined) return refusal;
    at += part.length;
    after = part;
  }
  return sizeOf(regex) > LARGEST ? "is too large" : undefined;
}

/** A class without its brackets: what it begins with, and its members. */
const CLASS = /^\[\^?(\]?(?:\[:\^?[a-z]+:\]|\\[^]|[^\]\\])*)\]$/;
const MEMBERS = /\[:\^?[a-z]+:\]|\\x\{[^}]*\}|\\x[0-9A-Fa-f]{0,2}|\\[^]|[^]/g;

function classRefusal(text: string): string | undefined {
  const [, inner] = CLASS.exec(text) ?? [];
  if (inner === undefined) return "is not a valid regular expression";
  if (/^\[([:.=]).*\1\]$/.test(text) || /\[([.=]).*\1$/.test(inner)) return `uses the class '${text}', which is not supported`;
  const members = [...inner.matchAll(MEMBERS)].map(([member]) => member);
  for (const [place, member] of members.entries()) {
    if (/^\[:.+:\]$/.test(member) && !CLASSES.test(member)) return `uses the class '${member}', which is not supported`;
    if (/^\\[ABzZ]$/.test(member)) return `uses the escape '${member}' in a class, which is not supported`;
    const refusal = member.startsWith("\\") ? escapeRefusal(member) : undefined;
    if (refusal !== undefined) return refusal;
    const [from = "", to] = [members[place - 1], members[place + 1]];
    if (member === "-" && from !== "" && to !== undefined && (isSet(from) || isSet(to))) return "has a range that is not valid";
  }
  return undefined;
}

/** Whether a member of a class stands for several characters: no range begins or ends with it. */
function isSet(member: string): boolean {
  return /^(?:\\[dDwWsS]|\[:.+:\])$/.test(member);
}

/** What the proxy takes as a whole is 65,535 units of its compiled form. */
const LARGEST = 60_000;

/** At most how large the compiled form is: what is repeated a number of times is there as often. */
function sizeOf(regex: string): number {
  const open: number[] = [];
  let [sum, last] = [0, 0];
  for (const [part] of regex.matchAll(PARTS)) {
    const [, from, comma, to] = QUANTIFIER.exec(part) ?? [];
    if (from !== undefined) {
      const times = Math.max(1, to === undefined || to === "" ? Number(from) + (comma === undefined ? 0 : 1) : Number(to));
      sum += last * (times - 1);
      last *= times;
    } else if (part.startsWith("(")) {
      open.push(sum);
      sum = 0;
    } else {
      last = part === ")" ? sum + GROUP_SIZE : part.startsWith("[") ? CLASS_SIZE : SIGN_SIZE;
      sum = part === ")" ? (open.pop() ?? 0) + last : sum + last;
    }
  }
  return open.reduce((all, one) => all + one, sum);
}

const [SIGN_SIZE, CLASS_SIZE, GROUP_SIZE] = [3, 34, 20];

/** @param rest begins with the escape */
function escapeRefusal(rest: string): string | undefined {
  const sign = rest[1] ?? "";
  if (rest.startsWith("\\x{") && !/^\\x\{[0-9A-Fa-f]{1,2}\}/.test(rest))
    return "uses a character that is not ASCII, which is not supported";
  if (/^[0-9kg]$/.test(sign)) return "uses a backreference, which is not supported";
  if (/^[pPX]$/.test(sign)) return "uses a Unicode character class, which is not supported";
  if (/^[A-Za-z]$/.test(sign) && !ESCAPES.test(sign)) return `uses the escape '\\${sign}', which is not supported`;
  return undefined;
}

function groupRefusal(rest: string): string | undefined {
  if (rest.startsWith("(*")) return "is not a valid regular expression";
  if (!rest.startsWith("(?")) return undefined;
  if (/^\(\?<?[=!]/.test(rest)) return "uses a lookaround, which is not supported";
  if (rest.startsWith("(?>")) return "uses an atomic group, which is not supported";
  return /^\(\?(?::|P?<[A-Za-z_]\w{0,31}>|[ims]+[:)])/.test(rest) ? undefined : "uses a group of a kind that is not supported";
}

/** @param after what stands before */
function quantifierRefusal(rest: string, after: string): string | undefined {
  const [quantifier = "", from = "0", to = from] = /^(?:[*+?]|\{(\d+)(?:,(\d*))?\})/.exec(rest) ?? [];
  if (quantifier === "") return undefined;
  if (/^\\[AzZ]$/.test(after)) return "repeats what is a place";
  if (rest[quantifier.length] === "+") return "uses a possessive quantifier, which is not supported";
  return Math.max(Number(from), Number(to)) > MOST_REPEATS ? `repeats more than ${MOST_REPEATS} times` : undefined;
}

function syntaxError(regex: string): string | undefined {
  try {
    new RegExp(inEcmaScript(regex));
    return undefined;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return "is not a valid regular expression";
  }
}

/** An expression of the same form whose syntax the language here can tell: what it matches is not asked. */
function inEcmaScript(regex: string): string {
  return regex.replace(PARTS, (part) => {
    if (part === "(?P<") return "(?<";
    if (/^\(\?[ims]+:$/.test(part)) return "(?:";
    if (/^\(\?[ims]+\)$/.test(part)) return "";
    const [, inner] = CLASS.exec(part) ?? [];
    if (inner === undefined) return part;
    const members = inner.replace(/\[:\^?[a-z]+:\]/g, "a").replace(/^\]/, "\\]");
    return `${part.startsWith("[^") ? "[^" : "["}${members}]`;
  });
}
