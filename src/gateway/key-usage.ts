import type { Principal } from "../domain/principal.ts";
import { accessKeys, roleKey, roles } from "../state/iam.ts";
import type { WholeState } from "../state/state.ts";

/** A use is written down when the last one is this long ago: nobody waits for it, and the journal is not filled with it. */
const GRANULARITY_MS = 15 * 60_000;

/** Notes the last use of a long-term key, as GetAccessKeyLastUsed tells it, or of a role, as GetRole does. */
export function noteKeyUse(state: WholeState, principal: Principal, service: string, region: string, now: number): void {
  if (principal.kind === "role-session") noteRoleUse(state, roleKey(principal.account, principal.roleName), region, now);
  if (principal.session) return;
  const key = state.table(accessKeys).get(principal.accessKeyId);
  if (!key) return;
  const { lastUsed } = key;
  if (lastUsed && lastUsed.service === service && lastUsed.region === region && now - lastUsed.at < GRANULARITY_MS) return;
  state.note(() => void state.table(accessKeys).put({ ...key, lastUsed: { at: now, service, region } }));
}

function noteRoleUse(state: WholeState, key: string, region: string, now: number): void {
  const role = state.table(roles).get(key);
  if (!role || (role.lastUsed?.region === region && now - role.lastUsed.at < GRANULARITY_MS)) return;
  state.note(() => void state.table(roles).put({ ...role, lastUsed: { at: now, region } }));
}
