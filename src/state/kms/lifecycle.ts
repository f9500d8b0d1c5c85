import type { SecretBox } from "../../ports/secret-box.ts";
import type { State } from "../state.ts";
import { aliases } from "./aliases.ts";
import { grants } from "./grants.ts";
import { keys, keyState, materialIsThere, type KeyRecord } from "./keys.ts";
import { newSymmetricMaterial } from "./material.ts";

const DAY = 86_400_000;

interface LifecycleParts {
  readonly state: State;
  readonly secrets: SecretBox;
  readonly now: number;
}

/**
 * Brings a key up to its time: rotates what is due. Whoever uses a key comes by here, so that a rotation is never late, also where no
 * loop runs. Rotations that were missed count as one.
 */
export function settleKey(parts: LifecycleParts, key: KeyRecord): KeyRecord {
  const { now } = parts;
  if (!key.rotation || key.rotation.nextAt > now || keyState(key, now) !== "Enabled" || isReplica(key)) return key;
  const { periodInDays, nextAt } = key.rotation;
  const missed = Math.floor((now - nextAt) / (periodInDays * DAY));
  const next = nextAt + (missed + 1) * periodInDays * DAY;
  return rotateKey(parts, { ...key, rotation: { periodInDays, nextAt: next } }, "AUTOMATIC");
}

/** Gives a key, and its replicas in other regions, new material. The old one stays for what it encrypted. */
export function rotateKey({ state, secrets, now }: LifecycleParts, key: KeyRecord, how: "AUTOMATIC" | "ON_DEMAND"): KeyRecord {
  const material = { ...newSymmetricMaterial(secrets, key, now), rotation: how };
  return state.commit(() => {
    for (const replica of relatedKeys(state, key)) state.table(keys).put({ ...replica, material: [...replica.material, material] });
    return state.table(keys).put({ ...key, material: [...key.material, material] });
  });
}

/** The other regions' keys of a multi-Region key. */
export function relatedKeys(state: State, { id, arn }: Pick<KeyRecord, "id" | "arn">): readonly KeyRecord[] {
  return state
    .table(keys)
    .by("id", id)
    .filter((other) => other.arn !== arn);
}

export function isReplica({ multiRegion, region }: KeyRecord): boolean {
  return multiRegion !== undefined && multiRegion.primaryRegion !== region;
}

/** When something of a key becomes due next: its rotation, its end, the end of imported material. */
export function nextEvent(key: KeyRecord, now: number): number | undefined {
  const times = [
    key.deletion?.at,
    key.deletion || !key.enabled || isReplica(key) ? undefined : key.rotation?.nextAt,
    ...key.material.filter((material) => materialIsThere(material, now)).map(({ expiresAt }) => expiresAt),
  ].filter((at) => at !== undefined);
  return times.length === 0 ? undefined : Math.min(...times);
}

/** Does all that is due for a key: rotates it, forgets imported material that has expired, and at the end the key itself. */
export function expireKey(parts: LifecycleParts, key: KeyRecord): void {
  const { state, now } = parts;
  if (keyState(key, now) === undefined) {
    removeKey(state, key, now);
    return;
  }
  const settled = settleKey(parts, key);
  const expired = settled.material.filter(({ sealed, expiresAt }) => sealed !== undefined && expiresAt !== undefined && expiresAt <= now);
  if (expired.length === 0) return;
  const material = settled.material.map((one) => (expired.includes(one) ? withoutSecret(one) : one));
  state.commit(() => state.table(keys).put({ ...settled, material }));
}

/** Drops the secret part of a material: what it encrypted opens again only when the same material is imported anew. */
export function withoutSecret(material: KeyRecord["material"][number]): KeyRecord["material"][number] {
  const { sealed: _sealed, expiresAt: _expiresAt, ...rest } = material;
  return rest;
}

/** Ends a key with its aliases and grants. The window of a primary key that waited for its last replica begins now. */
function removeKey(state: State, key: KeyRecord, now: number): void {
  state.commit(() => {
    for (const alias of state.table(aliases).by("target", key.arn)) state.table(aliases).delete(alias.arn);
    for (const grant of state.table(grants).by("key", key.arn)) state.table(grants).delete(grant.id);
    state.table(keys).delete(key.arn);
    const rest = state.table(keys).by("id", key.id);
    const [last] = rest;
    if (rest.length === 1 && last?.deletion && last.deletion.at === undefined)
      state.table(keys).put({ ...last, deletion: { ...last.deletion, at: now + last.deletion.windowInDays * DAY } });
  });
}
