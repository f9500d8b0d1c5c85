import type { KeyUsageType } from "@aws-sdk/client-kms";
import { arn, parseArn } from "../../domain/arn.ts";
import type { Scope } from "../../domain/scope.ts";
import type { State } from "../state.ts";
import { aliases } from "./aliases.ts";
import { keys, keyState, type KeyRecord } from "./keys.ts";
import { refused, type Refused } from "./refusal.ts";

const KEY_ID = /^(?:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|mrk-[0-9a-f]{32})$/i;

/** Where to look: names count in the account and region of who asks, ARNs in their own account, but in no other region. */
export interface KeyLookup {
  readonly state: State;
  readonly scope: Scope;
  readonly now: number;
}

/**
 * The key of a key id, a key ARN, an alias name or an alias ARN, in whichever state it is. The texts of refusals are those that AWS
 * was seen to give.
 */
export function resolveKey({ state, scope, now }: KeyLookup, reference: string): KeyRecord | Refused {
  const named = keyArn(state, scope, reference);
  if (typeof named !== "string") return named;
  const key = state.table(keys).get(named);
  if (!key || keyState(key, now) === undefined) return refused("NotFoundException", `Key '${named}' does not exist`);
  return key;
}

/** The ARN that a reference means, whether or not there is such a key. Of an alias, that of its key. */
export function keyArn(state: State, scope: Scope, reference: string): string | Refused {
  const parsed = parseArn(reference);
  if (parsed && (parsed.service !== "kms" || parsed.region !== scope.region))
    return refused("NotFoundException", `Invalid arn ${parsed.service === "kms" ? parsed.region : reference}`);
  const resource = parsed?.resource ?? reference;
  if (resource.startsWith("alias/")) {
    const aliasArn = parsed ? reference : arn("kms", scope, reference);
    const alias = state.table(aliases).get(aliasArn);
    return alias ? alias.target : refused("NotFoundException", `Alias ${aliasArn} is not found.`);
  }
  const id = parsed ? resource.replace(/^key\//, "") : resource;
  if (!KEY_ID.test(id)) return refused("NotFoundException", `Invalid keyId '${id}'`);
  return parsed ? reference : arn("kms", scope, `key/${id}`);
}

/** Why a key cannot be used in cryptographic operations now; `undefined` where it can. */
export function unusable(key: KeyRecord, now: number): Refused | undefined {
  switch (keyState(key, now)) {
    case "Enabled":
      return undefined;
    case "Disabled":
      return refused("DisabledException", `${key.arn} is disabled.`);
    case "PendingImport":
      return refused("KMSInvalidStateException", `${key.arn} is pending import.`);
    case "PendingDeletion":
      return refused("KMSInvalidStateException", `${key.arn} is pending deletion.`);
    case "PendingReplicaDeletion":
      return refused("KMSInvalidStateException", `${key.arn} is pending replica deletion.`);
    case undefined:
      return refused("NotFoundException", `Key '${key.arn}' does not exist`);
  }
}

/** @param operation such as `Encrypt`, for the text */
export function wrongUsage(key: KeyRecord, usage: KeyUsageType, operation: string): Refused | undefined {
  if (key.usage === usage) return undefined;
  return refused("InvalidKeyUsageException", `${key.arn} key usage is ${key.usage} which is not valid for ${operation}.`);
}
