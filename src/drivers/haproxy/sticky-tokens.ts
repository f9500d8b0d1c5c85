import type { ServerCommand } from "./plan-server-changes.ts";
import { STICKY_MAP } from "./stickiness.ts";

/** By token, the name of the server that it means. */
export type StickyTokens = ReadonlyMap<string, string>;

export const SHOW_TOKENS = `show map ${STICKY_MAP}`;

/** What `show map` prints: an address, a key and a value a line. */
export function parseTokens(printed: string): StickyTokens {
  return new Map([...printed.matchAll(/^0x[0-9a-f]+ (\S+) (\S+)$/gm)].map(([, token = "", server = ""]) => [token, server]));
}

/**
 * What turns the tokens that a worker knows into those it is to know. `before` the servers change a token stops to mean one that drains or leaves, and
 * `after` it one may mean one that has come.
 */
export function planTokenChanges(
  known: StickyTokens,
  wanted: StickyTokens,
): { readonly before: readonly ServerCommand[]; readonly after: readonly ServerCommand[] } {
  return {
    before: [...known.keys()].filter((token) => !wanted.has(token)).map((token) => ({ text: `del map ${STICKY_MAP} ${token}` })),
    after: [...wanted]
      .filter(([token]) => !known.has(token))
      .map(([token, server]) => ({ text: `add map ${STICKY_MAP} ${token} ${server}` })),
  };
}
