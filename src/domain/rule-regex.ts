/**
 * Regular expressions in rules and transforms are evaluated by the proxy that all accounts share: only those that AWS takes are let in. Source: Elastic
 * Load Balancing, "Listener rules": no lookarounds, backreferences, atomic groups, possessive quantifiers, subroutines, recursion or Unicode classes.
 */

/** Escapes that are a class, a place or a character; all signs that are no letters and digits may be escaped besides. */
const ESCAPES = /^[dDwWsSbBAzZnrtfvxae]$/;

const CLASSES = /^\[:\^?(?:alnum|alpha|ascii|blank|cntrl|digit|graph|lower|print|punct|space|upper|word|xdigit):\]$/;

/** The most that a quantifier may count to. */
const MOST_REPEATS = 1000;

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
  let inClass = false;
  for (let at = 0; at < regex.length; at += 1) {
    const rest = regex.slice(at);
    if (regex[at] === "\\") {
      const refusal = escapeRefusal(regex[at + 1] ?? "");
      if (refusal !== undefined) return refusal;
      at += 1;
    } else if (inClass) {
      const [named = ""] = /^\[:.*?:\]/.exec(rest) ?? [];
      if (named !== "" && !CLASSES.test(named)) return `uses the class '${named}', which is not supported`;
      if (named !== "") at += named.length - 1;
      else inClass = regex[at] !== "]";
    } else if (regex[at] === "[") {
      inClass = true;
      // A bracket that comes first is a member.
      at += /^\[\^?\]/.exec(rest)?.[0].length ?? 1;
      at -= 1;
    } else {
      const refusal = groupRefusal(rest) ?? quantifierRefusal(rest);
      if (refusal !== undefined) return refusal;
    }
  }
  return undefined;
}

function escapeRefusal(sign: string): string | undefined {
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
  return /^\(\?(?::|P?<[A-Za-z_]\w*>|[ims]+[:)])/.test(rest) ? undefined : "uses a group of a kind that is not supported";
}

function quantifierRefusal(rest: string): string | undefined {
  const [quantifier = "", from = "0", to = from] = /^(?:[*+?]|\{(\d+)(?:,(\d*))?\})/.exec(rest) ?? [];
  if (quantifier === "") return undefined;
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
  return regex
    .replace(/\(\?P</g, "(?<")
    .replace(/\(\?[ims]+:/g, "(?:")
    .replace(/\(\?[ims]+\)/g, "")
    .replace(/\[:\^?[a-z]+:\]/g, "a")
    .replace(/\[(\^?)\]/g, "[$1\\]");
}
