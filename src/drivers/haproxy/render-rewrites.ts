import { groupsOf } from "../../domain/rule-regex.ts";
import type { Rewrite, Rewrites } from "../../ports/traffic-proxy.ts";
import { bounded } from "./bounded-regex.ts";
import { quote, quoteFormat } from "./quote.ts";
import { markOf } from "./route-mark.ts";

/** A condition that always holds, and notes for the backend how the request is to be rewritten: it is asked only where all before it hold. */
export function markRewrites(rewrites: Rewrites): string {
  return `{ int(${markOf(rewrites)}),set-var(txn.rewrites) -m found }`;
}

/** What a backend does with the requests of routes that rewrite, each by its mark. A path that is none any more is an error, as on AWS. */
export function renderRewrites(all: readonly Rewrites[]): readonly string[] {
  const distinct = new Map(all.map((rewrites) => [markOf(rewrites), rewrites]));
  return [...distinct].flatMap(([mark, { host, url }]) => {
    const when = `if { var(txn.rewrites) -m int ${mark} }`;
    const path = url && [
      `http-request replace-pathq ${inHaproxy(url)} ${when}`,
      `http-request deny deny_status 500 ${when} !{ pathq -m beg / }`,
    ];
    // The port that the client wrote is no part of what is rewritten.
    const name = host && [
      `http-request set-header Host %[req.fhdr(host),host_only] ${when}`,
      `http-request replace-header Host ${inHaproxy(host)} ${when}`,
    ];
    return [...(path ?? []), ...(name ?? [])];
  });
}

/**
 * HAProxy replaces the whole value, so that what stands before and behind the part that the expression finds is found, too, and put back. Its
 * references have one digit.
 */
function inHaproxy({ regex, replacement }: Rewrite): string {
  const put = replacement
    .split(/(\$[$0-9])/)
    .map((part) => (part === "$$" ? "$" : /^\$\d$/.test(part) ? `\\${Number(part[1]) + 2}` : part.replaceAll("\\", "\\\\")))
    .join("");
  return `${quote(bounded(`^(.*?)(${regex})(.*)$`))} ${quoteFormat(`\\1${put}\\${groupsOf(regex) + 3}`)}`;
}
