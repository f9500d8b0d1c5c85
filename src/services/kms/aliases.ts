import { scopeKey } from "../../domain/scope.ts";
import { AlreadyExistsException, NotFoundException, type AliasListEntry } from "@aws-sdk/client-kms";
import { aliases, type AliasRecord } from "../../state/kms/aliases.ts";
import { AWS_MANAGED_ALIASES } from "../../state/kms/aws-managed-keys.ts";
import type { KeyRecord } from "../../state/kms/keys.ts";
import { AwsError } from "../aws-error.ts";
import { lengthWithin, matches } from "../constraints.ts";
import { because, type AuthorizeScope, type OperationContext, type Permission } from "../operation.ts";
import { compareKeys } from "../pagination.ts";
import { ENDING, invalid, keyPermission, operation, page, refuse, refuseStates, requireOwnKey } from "./key.ts";

const PREFIX = "alias/";

/** Permission on the alias itself. @param action such as `CreateAlias` */
function aliasPermission(action: string, at: AuthorizeScope, name = ""): Permission {
  return { action: `kms:${action}`, resource: at.arn("kms", name), context: { "kms:CallerAccount": at.account } };
}

/** Permission on the key that an alias has now; none where there is no such alias, or its key is gone. */
function targetPermission(action: string, at: AuthorizeScope, name = ""): readonly Permission[] {
  const alias = at.state.table(aliases).get(at.arn("kms", name));
  return alias ? [keyPermission(action, at, alias.target)] : [];
}

/** @throws ValidationException, or NotAuthorizedException for the names of AWS managed keys */
function checkName(name: string): void {
  if (!name.startsWith(PREFIX))
    throw invalid(
      'Alias must start with the prefix "alias/". Please see https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html',
    );
  if (name === PREFIX) throw invalid("Invalid identifier");
  refuse(lengthWithin("aliasName", name, 1, 256), matches("aliasName", name, /^[a-zA-Z0-9:/_-]+$/));
  if (name.includes(":")) throw invalid(`${name} contains invalid characters for an alias`);
  if (name.startsWith("alias/aws/")) throw new AwsError("NotAuthorizedException", "");
}

/** @throws NotFoundException */
function requireAlias(context: OperationContext, name: string): AliasRecord {
  const arn = context.arn("kms", name);
  const found = context.state.table(aliases).get(arn);
  if (!found) throw new NotFoundException(because(`Alias ${arn} is not found.`));
  return found;
}

export const createAlias = operation("CreateAlias", {
  authorize: ({ AliasName, TargetKeyId }, at) => [
    aliasPermission("CreateAlias", at, AliasName),
    keyPermission("CreateAlias", at, TargetKeyId),
  ],
  run({ AliasName: name = "", TargetKeyId }, context) {
    checkName(name);
    const { state, account, region, now } = context;
    const arn = context.arn("kms", name);
    const key = ownTarget(context, TargetKeyId);
    if (state.table(aliases).has(arn)) throw new AlreadyExistsException(because(`An alias with the name ${arn} already exists`));
    state.commit(() => state.table(aliases).put({ account, region, arn, name, target: key.arn, createdAt: now, updatedAt: now }));
    return {};
  },
});

export const updateAlias = operation("UpdateAlias", {
  authorize: ({ AliasName, TargetKeyId }, at) => [
    aliasPermission("UpdateAlias", at, AliasName),
    ...targetPermission("UpdateAlias", at, AliasName),
    keyPermission("UpdateAlias", at, TargetKeyId),
  ],
  run({ AliasName: name = "", TargetKeyId }, context) {
    checkName(name);
    const alias = requireAlias(context, name);
    const key = ownTarget(context, TargetKeyId);
    const before = requireOwnKey(context, alias.target);
    // Source: KMS API Reference, `UpdateAlias`: both keys must be of the same type and have the same key usage.
    if ((before.spec === "SYMMETRIC_DEFAULT") !== (key.spec === "SYMMETRIC_DEFAULT") || before.usage !== key.usage)
      throw invalid(`Alias ${alias.arn} cannot be changed from a key with key usage ${before.usage} to a key of another type or usage.`);
    context.state.commit(() => context.state.table(aliases).put({ ...alias, target: key.arn, updatedAt: context.now }));
    return {};
  },
});

export const deleteAlias = operation("DeleteAlias", {
  authorize: ({ AliasName }, at) => [aliasPermission("DeleteAlias", at, AliasName), ...targetPermission("DeleteAlias", at, AliasName)],
  run({ AliasName: name = "" }, context) {
    checkName(name);
    const alias = requireAlias(context, name);
    context.state.commit(() => context.state.table(aliases).delete(alias.arn));
    return {};
  },
});

export const listAliases = operation("ListAliases", {
  authorize: () => ({ action: "kms:ListAliases", resource: "*" }),
  run(input, context) {
    const { state, account, region } = context;
    const key = input.KeyId === undefined ? undefined : requireOwnKey(context, input.KeyId);
    const own = state.table(aliases).by("scope", scopeKey({ account, region }));
    const entries = own.filter((alias) => !key || alias.target === key.arn).map(entryOf);
    // AWS lists the names of its own keys also before they are made.
    const unmade = key ? [] : AWS_MANAGED_ALIASES.filter((name) => !own.some((alias) => alias.name === name));
    const names = unmade.map((name): AliasListEntry => ({ AliasName: name, AliasArn: context.arn("kms", name) }));
    const nameOf = ({ AliasName = "" }: AliasListEntry): string => AliasName;
    const sorted = [...entries, ...names].toSorted((a, b) => compareKeys(nameOf(a), nameOf(b)));
    const { items, mark } = page(input, sorted, nameOf, context, { usual: 50, most: 100 });
    return { Aliases: items, ...mark };
  },
});

function entryOf({ name, arn, target, createdAt, updatedAt }: AliasRecord): AliasListEntry {
  return {
    AliasName: name,
    AliasArn: arn,
    TargetKeyId: target.slice(target.lastIndexOf("/") + 1),
    CreationDate: new Date(createdAt),
    LastUpdatedDate: new Date(updatedAt),
  };
}

function ownTarget(context: OperationContext, id: string | undefined): KeyRecord {
  if (/^(arn:[^:]+:kms:[^:]*:[^:]*:)?alias\//.test(id ?? "")) throw invalid("Aliases must refer to keys. Not aliases");
  const key = requireOwnKey(context, id);
  refuseStates(key, context.now, ...ENDING);
  return key;
}
