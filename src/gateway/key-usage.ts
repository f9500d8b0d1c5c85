import type { Principal } from "../domain/principal.ts";
import { accessKeys } from "../state/iam.ts";
import type { State } from "../state/state.ts";

/** A use is written down when the last one is this long ago: nobody waits for it, and the journal is not filled with it. */
const GRANULARITY_MS = 15 * 60_000;

/** Notes the last use of a long-term key, as GetAccessKeyLastUsed tells it. */
export function noteKeyUse(state: State, { accessKeyId, session }: Principal, service: string, region: string, now: number): void {
  if (session) return;
  const key = state.table(accessKeys).get(accessKeyId);
  if (!key) return;
  const { lastUsed } = key;
  if (lastUsed && lastUsed.service === service && lastUsed.region === region && now - lastUsed.at < GRANULARITY_MS) return;
  state.commit(() => state.table(accessKeys).put({ ...key, lastUsed: { at: now, service, region } }));
}
