import { isDeepStrictEqual } from "node:util";
import { listeners, rules } from "../../state/elb.ts";
import { signingKeys, signingKeysOf } from "../../state/elb-signing-keys.ts";
import type { WholeState } from "../../state/state.ts";
import type { TableDefinition } from "../../state/table.ts";
import { loop, records, type Needs, type Watch } from "../loop.ts";
import { usableKeys } from "./usable-keys.ts";

/** How often an endpoint is asked that answers, and one that does not. */
const AGAIN_MS = 300_000;
const RETRY_MS = 30_000;

/** Keeps the keys of the endpoints that actions name. A step costs one request, and looks at nothing else. */
export const signingKeyLoop = loop("signing keys", ({ state, clock, logger, keySets }: Needs<"keySets">) => ({
  watches: [
    named(listeners, ({ account, defaultActions }) => signingKeysOf(account, defaultActions)),
    named(rules, ({ account, actions }) => signingKeysOf(account, actions)),
    // What nobody names any more, since before a stop.
    records(signingKeys, ({ before }) => before === undefined),
  ],
  async step(key, { wakeAt }) {
    const known = state.table(signingKeys).get(key);
    if (!isUsed(state, key)) {
      if (known) state.record(() => state.table(signingKeys).delete(key));
      return;
    }
    const due = known ? known.fetchedAt + AGAIN_MS : 0;
    if (due > clock.now()) return wakeAt(key, due);
    const [account, endpoint] = partsOf(key);
    const found = await keySets.fetch(endpoint);
    if (!isUsed(state, key)) return;
    if (found.kind === "failed") {
      logger.warn("the keys of an issuer cannot be had: what was had before counts", { endpoint, why: found.detail });
      return wakeAt(key, clock.now() + RETRY_MS);
    }
    const keys = usableKeys(found.keys);
    const before = state.table(signingKeys).get(key);
    const record = { account, endpoint, keys: before && isDeepStrictEqual(before.keys, keys) ? before.keys : keys, fetchedAt: clock.now() };
    state.record(() => (before ? state.table(signingKeys).replace(before, record) : state.table(signingKeys).insert(record)));
    wakeAt(key, record.fetchedAt + AGAIN_MS);
  },
}));

/** Wakes what a record names, or named before, and at the start what all name. */
function named<R extends object, I extends string>(table: TableDefinition<R, I>, keysOf: (record: R) => readonly string[]): Watch {
  return ({ wake }, state) => {
    for (const record of state.table(table).values()) for (const key of keysOf(record)) wake(key);
    return state.watch(table, ({ before, after }) => {
      const [had, has] = [before, after].map((record) => (record ? keysOf(record) : []));
      for (const key of new Set([...(had ?? []), ...(has ?? [])])) wake(key);
    });
  };
}

function partsOf(key: string): readonly [account: string, endpoint: string] {
  const at = key.indexOf("/");
  return [key.slice(0, at), key.slice(at + 1)];
}

function isUsed(state: WholeState, key: string): boolean {
  return state.table(listeners).count("signingKeys", key) > 0 || state.table(rules).count("signingKeys", key) > 0;
}
