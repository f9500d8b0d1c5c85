import { parseArn } from "../../domain/arn.ts";
import type { EncryptionContext } from "./ciphertext.ts";

/** Condition keys with their values, as a permission carries them. */
export type KmsConditionKeys = Readonly<Record<string, string | readonly string[] | undefined>>;

/** Our own key, for grants: how many pairs the encryption context has. One whose only name is empty text is not empty. */
export const CONTEXT_SIZE = "airfield:EncryptionContextSize";

/**
 * The condition keys of a request that carries an encryption context: `kms:EncryptionContext:…` of each pair, and
 * `kms:EncryptionContextKeys`. Source: KMS Developer Guide, "AWS KMS condition keys".
 */
export function encryptionContextKeys(context: EncryptionContext | undefined): KmsConditionKeys {
  const names = Object.keys(context ?? {});
  const size = { [CONTEXT_SIZE]: String(names.length) };
  if (names.length === 0) return size;
  return {
    ...size,
    ...Object.fromEntries(names.map((name) => [`kms:EncryptionContext:${name}`, context?.[name]])),
    "kms:EncryptionContextKeys": names,
  };
}

/** `kms:RequestAlias`: how the request named the key, where it did so by an alias. */
export function requestAlias(reference: string | undefined): KmsConditionKeys {
  const name = reference === undefined ? undefined : (parseArn(reference)?.resource ?? reference);
  return name?.startsWith("alias/") ? { "kms:RequestAlias": name } : {};
}

/**
 * What a service that uses a key for its caller has to give when it asks whether that caller may.
 *
 * @param via the service, such as `secretsmanager`
 */
export function keyUseThrough(
  via: string,
  caller: { readonly account: string; readonly region: string },
  context?: EncryptionContext,
): KmsConditionKeys {
  return {
    ...encryptionContextKeys(context),
    "kms:CallerAccount": caller.account,
    "kms:ViaService": `${via}.${caller.region}.amazonaws.com`,
  };
}
