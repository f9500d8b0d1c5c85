import {
  DisabledException,
  DryRunOperationException,
  IncorrectKeyException,
  InvalidCiphertextException,
  InvalidGrantTokenException,
  InvalidKeyUsageException,
  InvalidMarkerException,
  KMSInvalidStateException,
  NotFoundException,
  UnsupportedOperationException,
} from "@aws-sdk/client-kms";
import { requestAlias } from "../../state/kms/condition-keys.ts";
import type { KmsParts } from "../../state/kms/encryption.ts";
import { grants } from "../../state/kms/grants.ts";
import { keyState, type KeyRecord, type LiveKeyState } from "../../state/kms/keys.ts";
import type { KmsRefusal, Refused } from "../../state/kms/refusal.ts";
import { keyArn, resolveKey } from "../../state/kms/resolve-key.ts";
import { AwsError } from "../aws-error.ts";
import { brokenConstraints, lengthWithin, within, type Violation } from "../constraints.ts";
import { because, operationsOf, type AuthorizeScope, type ConditionContext, type OperationContext, type Permission } from "../operation.ts";
import { paginate } from "../pagination.ts";

export const operation = operationsOf<typeof import("@aws-sdk/client-kms")>();

export const DAY = 86_400_000;

/** @throws ValidationException */
export function refuse(...violations: readonly Violation[]): void {
  const broken = brokenConstraints(...violations);
  if (broken) throw invalid(broken);
}

export function invalid(message: string): AwsError {
  return new AwsError("ValidationException", message);
}

const EXCEPTIONS = {
  NotFoundException,
  DisabledException,
  KMSInvalidStateException,
  InvalidKeyUsageException,
  InvalidCiphertextException,
  IncorrectKeyException,
};

/** A refusal of the state room as the SDK's exception. */
export function exception({ code, message }: KmsRefusal): Error {
  return new EXCEPTIONS[code](because(message));
}

/** What was made, where nothing refused it. */
export function accepted<T extends object>(result: T | Refused): Exclude<T, Refused> {
  if ("refusal" in result) throw exception(result.refusal);
  return result as Exclude<T, Refused>;
}

/** Throws where there is a reason to. */
export function unlessRefused(refusal: Refused | undefined): void {
  if (refusal) throw exception(refusal.refusal);
}

export function kmsParts({ state, secrets, now, account, region }: OperationContext): KmsParts {
  return { state, secrets, now, scope: { account, region } };
}

/**
 * Permission for an action on the key that a request names. What names no key counts as a key of the caller's: policies that speak of all
 * keys then decide, and the operation says that there is none.
 */
export function keyPermission(action: string, at: AuthorizeScope, reference = "", context: ConditionContext = {}): Permission {
  const named = keyArn(at.state.whole, at, reference);
  return {
    action: `kms:${action}`,
    resource: typeof named === "string" ? named : at.arn("kms", `key/${reference}`),
    context: { "kms:CallerAccount": at.account, ...requestAlias(reference), ...context },
  };
}

/** The `authorize` of an operation that is about one key and nothing else. */
export const onKey =
  (action: string) =>
  ({ KeyId }: { KeyId?: string | undefined }, at: AuthorizeScope): Permission =>
    keyPermission(action, at, KeyId);

/** The key of an id, an ARN or an alias, in whichever state, and of whichever account: policies have allowed it. @throws NotFoundException */
export function requireKey(context: OperationContext, reference = ""): KeyRecord {
  return accepted(resolveKey(kmsParts(context), reference));
}

/** The key that an operation of its own account manages, by id or ARN: aliases do not count. @throws NotFoundException */
export function requireOwnKey(context: OperationContext, reference = ""): KeyRecord {
  const key = requireKeyById(context, reference);
  if (key.account !== context.account) throw new NotFoundException(because(`Key '${key.arn}' does not exist`));
  return key;
}

/** By id or ARN. @throws NotFoundException */
export function requireKeyById(context: OperationContext, reference = ""): KeyRecord {
  if (/^alias\/|:alias\//.test(reference)) throw new NotFoundException(because(`Invalid keyId '${reference}'`));
  return requireKey(context, reference);
}

const STATE_TEXTS: Readonly<Record<Exclude<LiveKeyState, "Enabled">, string>> = {
  Disabled: "is disabled.",
  PendingImport: "is pending import.",
  PendingDeletion: "is pending deletion.",
  PendingReplicaDeletion: "is pending replica deletion.",
};

/** Refuses an operation that a key's state does not allow. Source: KMS Developer Guide, "Key states of AWS KMS keys", the table. */
export function refuseStates(key: KeyRecord, now: number, ...states: readonly (keyof typeof STATE_TEXTS)[]): void {
  const state = keyState(key, now);
  if (state === undefined || state === "Enabled" || !states.includes(state)) return;
  const message = because(`${key.arn} ${STATE_TEXTS[state]}`);
  throw state === "Disabled" ? new DisabledException(message) : new KMSInvalidStateException(message);
}

/** The states in which a key cannot be used. */
export const NOT_USABLE = ["Disabled", "PendingImport", "PendingDeletion", "PendingReplicaDeletion"] as const;
/** The states of a key that is about to end. */
export const ENDING = ["PendingDeletion", "PendingReplicaDeletion"] as const;

/** Keys that AWS manages are changed by AWS alone. */
export function refuseManaged(key: KeyRecord): void {
  if (key.manager === "AWS") throw new UnsupportedOperationException(because(`${key.arn} is an AWS managed key.`));
}

/** Ends a dry run that has passed all checks. @throws DryRunOperationException */
export function endDryRun(dryRun: boolean | undefined): void {
  if (dryRun) throw new DryRunOperationException(because("The request would have succeeded, but the DryRun option is set."));
}

/** Grants count at once, so that their tokens give nothing; but a token that nobody was given is refused. @throws InvalidGrantTokenException */
export function checkGrantTokens({ state }: OperationContext, tokens: readonly string[] | undefined): void {
  refuse(lengthWithin("grantTokens", tokens, 0, 10));
  for (const token of tokens ?? [])
    if (state.table(grants).by("token", token).length === 0) throw new InvalidGrantTokenException(because("The grant token is not valid."));
}

/** @throws UnsupportedOperationException */
export function refuseRecipient(recipient: object | undefined): void {
  if (recipient) throw new UnsupportedOperationException(because("Attested recipients (Nitro Enclaves) are not offered here."));
}

interface MarkedList {
  readonly Limit?: number | undefined;
  readonly Marker?: string | undefined;
}

/** One page, in the shape of KMS's lists. @throws InvalidMarkerException */
export function page<T>(
  { Limit, Marker }: MarkedList,
  items: readonly T[],
  key: (item: T) => string,
  { secrets }: OperationContext,
  { usual = 100, most = 1000 } = {},
): { readonly items: T[]; readonly mark: { readonly Truncated: boolean; readonly NextMarker?: string } } {
  refuse(within("limit", Limit, 1, most));
  const found = paginate(items, key, { token: Marker, limit: Limit ?? usual }, secrets);
  if (!found) throw new InvalidMarkerException(because("The marker is not valid."));
  const mark = found.nextToken === undefined ? { Truncated: false } : { Truncated: true, NextMarker: found.nextToken };
  return { items: [...found.items], mark };
}
