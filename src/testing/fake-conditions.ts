import { contains, parseAddress, parseCidr } from "../domain/cidr.ts";
import type { RequestCondition } from "../domain/rule-condition.ts";

/** A request as far as conditions ask about it. */
export interface AskedRequest {
  readonly host: string;
  readonly client: string;
  /** Up to its empty line. */
  readonly head: string;
}

/** Whether a condition holds, read plainly from AWS's description: what the real proxy is compared with. */
export function holds(condition: RequestCondition, { host, client, head }: AskedRequest): boolean {
  const [start = "", ...lines] = head.split("\r\n");
  const [method = "", target = ""] = start.split(" ");
  const [path = "", query = ""] = target.replace(/^\w+:\/\/[^/]*/, "").split("?");
  switch (condition.kind) {
    case "host":
      return compares(condition, [host], "i");
    case "path":
      return compares(condition, [path], "");
    case "method":
      return condition.methods.includes(method);
    case "header": {
      const values = lines.flatMap((line) => {
        const [, name = "", value = ""] = /^([^:]*):\s*(.*?)\s*$/.exec(line) ?? [];
        return name.toLowerCase() === condition.name.toLowerCase() ? [value] : [];
      });
      return compares(condition, values, "i");
    }
    case "query":
      return condition.pairs.some(({ key, value }) =>
        query.split("&").some((parameter) => {
          const [name = "", ...rest] = parameter.split("=");
          const found = rest.join("=");
          return key === undefined ? fits(value, found, "i") : fits(key, name, "i") && fits(value, found, "i");
        }),
      );
    case "source":
      return condition.blocks.some((block) => contains(parseCidr(block) ?? { base: 0, prefix: 32, size: 0 }, parseAddress(client) ?? -1));
  }
}

function compares(
  { patterns, regexes = [] }: { readonly patterns: readonly string[]; readonly regexes?: readonly string[] },
  texts: readonly string[],
  flags: "" | "i",
): boolean {
  return texts.some(
    (text) =>
      patterns.some((pattern) => fits(pattern, text, flags)) ||
      // This language has no limit of steps.
      (text.length < 100 && regexes.some((regex) => new RegExp(regex, flags).test(text))),
  );
}

/** One character after another, so that no pattern is an expression of the language. */
function fits(pattern: string, text: string, flags: "" | "i"): boolean {
  const same = (a: string, b: string): boolean => (flags === "i" ? a.toLowerCase() === b.toLowerCase() : a === b);
  // Which beginnings of the text the pattern has come to.
  let reached = new Set([0]);
  for (const sign of pattern) {
    const next = new Set<number>();
    for (const at of reached)
      if (sign === "*") for (let to = at; to <= text.length; to += 1) next.add(to);
      else if (at < text.length && (sign === "?" || same(sign, text[at] ?? ""))) next.add(at + 1);
    reached = next;
  }
  return reached.has(text.length);
}
