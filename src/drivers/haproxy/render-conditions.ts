import type { RequestCondition } from "../../domain/rule-condition.ts";
import { bounded } from "./bounded-regex.ts";
import { quote, quoteArgument } from "./quote.ts";

/**
 * Names a condition for a frontend: ACLs of one name, of which one has to hold. `txn.host` is the host of the request.
 * A pattern may begin as a flag does: `--` ends those. Texts that have no wildcard between others are compared as they are; the rest are regular expressions that take time proportional to the request.
 */
export function renderCondition(name: string, condition: RequestCondition): readonly string[] {
  const acl = (criterion: string): string => `acl ${name} ${criterion}`;
  switch (condition.kind) {
    case "host":
      return matches(condition).map((match) => acl(`var(txn.host) -i ${match}`));
    case "path":
      return matches(condition).map((match) => acl(`path ${match}`));
    case "header":
      return matches(condition).map((match) => acl(`req.fhdr(${quoteArgument(condition.name)}) -i ${match}`));
    case "method":
      return [acl(`method -- ${condition.methods.map(quote).join(" ")}`)];
    case "query":
      return condition.pairs.map((pair) => acl(`query -i -m reg -- ${quote(parameter(pair))}`));
    case "source":
      return [acl(`src -- ${condition.blocks.map(quote).join(" ")}`)];
  }
}

/** A method of matching with its pattern, one for each. */
function matches({
  patterns,
  regexes = [],
}: {
  readonly patterns: readonly string[];
  readonly regexes?: readonly string[];
}): readonly string[] {
  return [...patterns.map(patternMatch), ...regexes.map((regex) => `-m reg -- ${quote(bounded(regex))}`)];
}

function patternMatch(pattern: string): string {
  const inner = pattern.replace(/^\*+|\*+$/g, "");
  if (/[*?]/.test(inner) || inner === "") return `-m reg -- ${quote(`^${glob(pattern, ".")}$`)}`;
  const [open, closed] = [pattern.startsWith("*"), pattern.endsWith("*")];
  return `-m ${open ? (closed ? "sub" : "end") : closed ? "beg" : "str"} -- ${quote(inner)}`;
}

/** A parameter in a query string. */
function parameter({ key, value }: { readonly key?: string; readonly value: string }): string {
  const name = key === undefined ? "(?:[^&=]*=)?" : `${glob(key, "[^&=]")}=`;
  return `(?:^|&)${name}${glob(value, "[^&]")}(?:&|$)`;
}

/**
 * The regular expression of a pattern. What stands between two asterisks is looked for once, where it comes first: that is enough, and an atomic group keeps
 * the engine from trying others.
 */
function glob(pattern: string, any: string): string {
  const [first = "", ...more] = pattern
    .split(/\*+/)
    .map((part) => part.replace(/[^A-Za-z0-9]/g, (sign) => (sign === "?" ? any : `\\${sign}`)));
  const last = more.pop();
  if (last === undefined) return first;
  return `${first}${more.map((part) => `(?>${any}*?${part})`).join("")}${any}*${last}`;
}
