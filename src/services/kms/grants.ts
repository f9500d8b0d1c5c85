import {
  InvalidArnException,
  InvalidGrantIdException,
  NotFoundException,
  type GrantConstraints,
  type GrantListEntry,
} from "@aws-sdk/client-kms";
import { isDeepStrictEqual } from "node:util";
import { GRANT_ID } from "../../authorization/facts/kms.ts";
import { parseArn } from "../../domain/arn.ts";
import { encryptionContextKeys } from "../../state/kms/condition-keys.ts";
import { grants, type GrantRecord } from "../../state/kms/grants.ts";
import { rootOf } from "../../state/kms/key-policies.ts";
import { keys, type KeyRecord } from "../../state/kms/keys.ts";
import type { State } from "../../state/state.ts";
import { lengthWithin, matches, oneOf } from "../constraints.ts";
import { because, type OperationContext } from "../operation.ts";
import { defined } from "../../domain/defined.ts";
import { compareKeys } from "../pagination.ts";
import {
  NOT_USABLE,
  checkGrantTokens,
  endDryRun,
  invalid,
  keyPermission,
  operation,
  page,
  refuse,
  refuseStates,
  requireKeyById,
} from "./key.ts";
import { operationsOfUsage } from "./grant-operations.ts";

const PRINCIPAL = /^arn:[a-z-]+:(?:iam|sts)::\d{12}:(?:root|user\/.+|role\/.+|assumed-role\/.+|federated-user\/.+)$/;

export const createGrant = operation("CreateGrant", {
  authorize: (input, at) => {
    const { EncryptionContextEquals: exact, EncryptionContextSubset: subset } = withoutEmpty(input.Constraints ?? {});
    return keyPermission("CreateGrant", at, input.KeyId, {
      ...encryptionContextKeys(exact ?? subset),
      "kms:GrantOperations": input.Operations,
      "kms:GranteePrincipal": input.GranteePrincipal,
      "kms:RetiringPrincipal": input.RetiringPrincipal,
      "kms:GrantConstraintType": exact ? "EncryptionContextEquals" : subset ? "EncryptionContextSubset" : undefined,
      "kms:GrantIsForAWSResource": "false",
    });
  },
  run(input, context) {
    const { state, ids, now, account } = context;
    checkGrantTokens(context, input.GrantTokens);
    const key = requireKeyById(context, input.KeyId);
    refuseStates(key, now, ...NOT_USABLE);
    const asked = wanted(input, key);
    endDryRun(input.DryRun);
    const token = Buffer.from(ids.hex(192)).toString("base64");
    // A grant with a name that is asked for again is the same grant, with one more token.
    const same = asked.name === undefined ? undefined : grantsOn(state, key).find((grant) => isDeepStrictEqual(askedOf(grant), asked));
    const grant = state.commit(() =>
      state
        .table(grants)
        .put(
          same
            ? { ...same, tokens: [...same.tokens, token] }
            : { id: ids.hex(64), key: key.arn, issuingAccount: account, tokens: [token], createdAt: now, ...asked },
        ),
    );
    return { GrantId: grant.id, GrantToken: token };
  },
});

type AskedGrant = Pick<GrantRecord, "name" | "granteePrincipal" | "retiringPrincipal" | "operations" | "constraints">;

function askedOf({ name, granteePrincipal, retiringPrincipal, operations, constraints }: GrantRecord): AskedGrant {
  return { granteePrincipal, operations, ...defined({ name, retiringPrincipal, constraints }) };
}

interface GrantRequest {
  readonly GranteePrincipal?: string | undefined;
  readonly RetiringPrincipal?: string | undefined;
  readonly GranteeServicePrincipal?: string | undefined;
  readonly RetiringServicePrincipal?: string | undefined;
  readonly Operations?: readonly GrantRecord["operations"][number][] | undefined;
  readonly Constraints?: GrantConstraints | undefined;
  readonly Name?: string | undefined;
}

/** @throws ValidationException, InvalidArnException */
function wanted(input: GrantRequest, key: KeyRecord): AskedGrant {
  const { GranteePrincipal: grantee, RetiringPrincipal: retiring, Operations = [], Constraints, Name } = input;
  const possible = operationsOfUsage(key.usage);
  refuse(
    lengthWithin("name", Name, 1, 256),
    matches("name", Name, /^[a-zA-Z0-9:/_-]+$/),
    ...Operations.map((one, at) => oneOf(`operations.${at + 1}.member`, one, ALL_OPERATIONS)),
  );
  if (input.GranteeServicePrincipal !== undefined || input.RetiringServicePrincipal !== undefined || Constraints?.SourceArn !== undefined)
    throw invalid("Grants for service principals are not offered here.");
  if (grantee === undefined) throw invalid("GranteePrincipal is required.");
  for (const principal of [grantee, retiring])
    if (principal !== undefined && !PRINCIPAL.test(principal)) throw new InvalidArnException(because(`Invalid principal ARN ${principal}`));
  if (Operations.length === 0) throw invalid("At least one operation is required.");
  const impossible = Operations.find((one) => !possible.includes(one));
  if (impossible) throw invalid(`Operation ${impossible} is not supported for a key with key usage ${key.usage}.`);
  const { EncryptionContextEquals: exact, EncryptionContextSubset: subset } = Constraints ?? {};
  if (isFull(exact) && isFull(subset)) throw invalid("Only one of EncryptionContextEquals and EncryptionContextSubset can be given.");
  if ((exact ?? subset) && key.spec !== "SYMMETRIC_DEFAULT")
    throw invalid("Encryption context constraints are valid only for symmetric encryption KMS keys.");
  return {
    granteePrincipal: grantee,
    operations: [...new Set(Operations)],
    ...defined({ name: Name, retiringPrincipal: retiring, constraints: Constraints && withoutEmpty(Constraints) }),
  };
}

function isFull(pairs: Readonly<Record<string, string>> | undefined): boolean {
  return pairs !== undefined && Object.keys(pairs).length > 0;
}

/** AWS takes an empty map of constraints beside a full one, which then counts alone. */
function withoutEmpty({ EncryptionContextEquals: exact, EncryptionContextSubset: subset }: GrantConstraints): GrantConstraints {
  if (exact && subset) return isFull(subset) ? { EncryptionContextSubset: subset } : { EncryptionContextEquals: exact };
  return defined({ EncryptionContextEquals: exact, EncryptionContextSubset: subset });
}

const ALL_OPERATIONS = [
  ...new Set((["ENCRYPT_DECRYPT", "SIGN_VERIFY", "GENERATE_VERIFY_MAC", "KEY_AGREEMENT"] as const).flatMap(operationsOfUsage)),
];

export const listGrants = operation("ListGrants", {
  authorize: (input, at) =>
    keyPermission("ListGrants", at, input.KeyId, {
      "kms:GrantIsForAWSResource": "false",
      "kms:GranteePrincipal": input.GranteePrincipal,
    }),
  run(input, context) {
    const key = requireKeyById(context, input.KeyId);
    const found = grantsOn(context.state, key)
      .filter(({ id }) => input.GrantId === undefined || input.GrantId === id)
      .filter(({ granteePrincipal }) => input.GranteePrincipal === undefined || input.GranteePrincipal === granteePrincipal);
    return listed(input, found, context);
  },
});

export const listRetirableGrants = operation("ListRetirableGrants", {
  // Its resource is all keys: AWS has it in IAM policies only.
  authorize: () => ({ action: "kms:ListRetirableGrants", resource: "*" }),
  run(input, context) {
    const principal = input.RetiringPrincipal ?? "";
    if (!PRINCIPAL.test(principal)) throw new InvalidArnException(because(`Invalid principal ARN ${principal}`));
    const { state, account, region } = context;
    const here = ({ key }: GrantRecord): boolean => parseArn(key)?.region === region;
    // A principal sees the grants of its own account. Source: KMS API Reference, `ListRetirableGrants`, "Cross-account use".
    const found = parseArn(principal)?.account === account ? state.table(grants).by("retiringPrincipal", principal).filter(here) : [];
    return listed(input, found, context);
  },
});

export const revokeGrant = operation("RevokeGrant", {
  authorize: ({ KeyId }, at) => keyPermission("RevokeGrant", at, KeyId, { "kms:GrantIsForAWSResource": "false" }),
  run({ KeyId, GrantId = "", DryRun }, context) {
    const grant = requireGrant(context, requireKeyById(context, KeyId), GrantId);
    endDryRun(DryRun);
    context.state.commit(() => context.state.table(grants).delete(grant.id));
    return {};
  },
});

export const retireGrant = operation("RetireGrant", {
  authorize: (input, at) => {
    const grant = namedGrant(at.state.whole, input);
    const more = {
      [GRANT_ID]: grant?.id,
      ...encryptionContextKeys(grant?.constraints?.EncryptionContextEquals ?? grant?.constraints?.EncryptionContextSubset),
    };
    return keyPermission("RetireGrant", at, grant?.key ?? input.KeyId, more);
  },
  run(input, context) {
    const { GrantToken: token, GrantId: id, KeyId, DryRun } = input;
    if (token === undefined && (id === undefined || KeyId === undefined))
      throw invalid("You must specify either a grant token, or a combination of a grant ID and a key ARN.");
    if (token !== undefined && (id !== undefined || KeyId !== undefined))
      throw invalid("You must specify either a grant token, or a combination of a grant ID and a key ARN, but not both.");
    checkGrantTokens(context, token === undefined ? [] : [token]);
    const named = namedGrant(context.state, input);
    const grant = requireGrant(context, requireKeyById(context, named?.key ?? KeyId), named?.id ?? id ?? "");
    endDryRun(DryRun);
    context.state.commit(() => context.state.table(grants).delete(grant.id));
    return {};
  },
});

function namedGrant(
  state: State,
  { GrantToken: token, GrantId: id }: { readonly GrantToken?: string | undefined; readonly GrantId?: string | undefined },
): GrantRecord | undefined {
  if (token !== undefined) return state.table(grants).by("token", token)[0];
  return id === undefined ? undefined : state.table(grants).get(id);
}

function grantsOn(state: State, { arn }: KeyRecord): readonly GrantRecord[] {
  return state.table(grants).by("key", arn);
}

/** @throws InvalidGrantIdException, NotFoundException */
function requireGrant({ state }: OperationContext, key: KeyRecord, id: string): GrantRecord {
  if (!/^[0-9a-f]{1,128}$/i.test(id)) throw new InvalidGrantIdException(because(`Invalid grant id ${id}`));
  const grant = state.table(grants).get(id);
  if (grant?.key !== key.arn) throw new NotFoundException(because(`Grant ID ${id} not found`));
  return grant;
}

function listed(
  input: { readonly Limit?: number | undefined; readonly Marker?: string | undefined },
  found: readonly GrantRecord[],
  context: OperationContext,
) {
  const sorted = found.toSorted((a, b) => compareKeys(a.id, b.id));
  const { items, mark } = page(input, sorted, ({ id }) => id, context, { usual: 50, most: 100 });
  return { Grants: items.map((grant) => entryOf(context.state, grant)), ...mark };
}

function entryOf(state: State, grant: GrantRecord): GrantListEntry {
  const { account = "", region = "" } = state.table(keys).get(grant.key) ?? {};
  return {
    KeyId: grant.key,
    GrantId: grant.id,
    Name: grant.name ?? "",
    CreationDate: new Date(grant.createdAt),
    GranteePrincipal: grant.granteePrincipal,
    IssuingAccount: rootOf({ account: grant.issuingAccount || account, region }),
    Operations: [...grant.operations],
    ...defined({ RetiringPrincipal: grant.retiringPrincipal, Constraints: grant.constraints }),
  };
}
