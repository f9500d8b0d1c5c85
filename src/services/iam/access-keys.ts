import { lengthWithin, matches, oneOf } from "../constraints.ts";
import { accessKeys, roleKey, sealAccessKey, type AccessKeyRecord } from "../../state/iam.ts";
import type { OperationContext } from "../operation.ts";
import { userOrCaller } from "./find.ts";
import { missing, onUser, operation, refuse, userArn } from "./iam-operation.ts";
import { listed } from "./listing.ts";
import { refuseBeyond } from "./quotas.ts";
import { uniqueId } from "./unique-id.ts";

/** Whose keys a request is about: a user's, or root's own where root names nobody. */
function ownerOf(context: OperationContext, userName: string | undefined): string | undefined {
  if (userName === undefined && context.principal.kind === "root") return undefined;
  return userOrCaller(context, userName).name;
}

function keysOf({ state, account }: OperationContext, owner: string | undefined): readonly AccessKeyRecord[] {
  if (owner !== undefined) return state.table(accessKeys).by("user", roleKey(account, owner));
  return state
    .table(accessKeys)
    .by("account", account)
    .filter((key) => key.userName === undefined);
}

function requireKey(context: OperationContext, owner: string | undefined, id: string): AccessKeyRecord {
  refuse(lengthWithin("accessKeyId", id, 16, 128), matches("accessKeyId", id, /^\w+$/, "[\\w]+"));
  const key = keysOf(context, owner).find((one) => one.id === id);
  if (!key) throw missing(`The Access Key with id ${id} cannot be found.`);
  return key;
}

/** Root has no name: its keys show none. */
function nameShown(owner: string | undefined): { UserName: string | undefined } {
  return { UserName: owner };
}

/** The secret is told once, here. It is kept sealed, for the verification of signatures. */
export const createAccessKey = operation("CreateAccessKey", {
  authorize: onUser("CreateAccessKey"),
  run({ UserName }, context) {
    const { state, account, ids, now, secrets } = context;
    const userName = ownerOf(context, UserName);
    refuseBeyond("AccessKeysPerUser", keysOf(context, userName).length + 1);
    const id = uniqueId(ids, "AKIA");
    const secret = ids.alphanumeric(40);
    const sealed = sealAccessKey(secrets, id, secret);
    state.commit(() =>
      state
        .table(accessKeys)
        .put({ id, account, ...(userName === undefined ? {} : { userName }), status: "Active", sealed, createdAt: now }),
    );
    return {
      AccessKey: { ...nameShown(userName), AccessKeyId: id, Status: "Active" as const, SecretAccessKey: secret, CreateDate: new Date(now) },
    };
  },
});

export const listAccessKeys = operation("ListAccessKeys", {
  authorize: onUser("ListAccessKeys"),
  run({ UserName, ...page }, context) {
    const userName = ownerOf(context, UserName);
    const { items, more } = listed(keysOf(context, userName), ({ createdAt, id }) => `${createdAt}/${id}`, page, context);
    return {
      AccessKeyMetadata: items.map(({ id, status, createdAt }) => ({
        ...nameShown(userName),
        AccessKeyId: id,
        Status: status,
        CreateDate: new Date(createdAt),
      })),
      ...more,
    };
  },
});

export const updateAccessKey = operation("UpdateAccessKey", {
  authorize: onUser("UpdateAccessKey"),
  run({ UserName, AccessKeyId = "", Status }, context) {
    refuse(oneOf("status", Status, ["Active", "Inactive"]));
    const key = requireKey(context, ownerOf(context, UserName), AccessKeyId);
    const status = Status === "Inactive" ? "Inactive" : "Active";
    context.state.commit(() => context.state.table(accessKeys).put({ ...key, status }));
    return {};
  },
});

export const deleteAccessKey = operation("DeleteAccessKey", {
  authorize: onUser("DeleteAccessKey"),
  run({ UserName, AccessKeyId = "" }, context) {
    const { id } = requireKey(context, ownerOf(context, UserName), AccessKeyId);
    context.state.commit(() => context.state.table(accessKeys).delete(id));
    return {};
  },
});

export const getAccessKeyLastUsed = operation("GetAccessKeyLastUsed", {
  // It names a key; the permission is about the user whose key it is.
  authorize({ AccessKeyId = "" }, at) {
    const key = at.state.table(accessKeys).get(AccessKeyId);
    const owner = key?.account === at.account ? key.userName : undefined;
    return { action: "iam:GetAccessKeyLastUsed", resource: userArn(at, owner ?? "*") };
  },
  run({ AccessKeyId = "" }, { state, account }) {
    refuse(lengthWithin("accessKeyId", AccessKeyId, 16, 128), matches("accessKeyId", AccessKeyId, /^\w+$/, "[\\w]+"));
    const key = state.table(accessKeys).get(AccessKeyId);
    if (key?.account !== account) throw missing(`The Access Key with id ${AccessKeyId} cannot be found.`);
    const { lastUsed } = key;
    return {
      ...(key.userName === undefined ? {} : { UserName: key.userName }),
      AccessKeyLastUsed: lastUsed
        ? { LastUsedDate: new Date(lastUsed.at), ServiceName: lastUsed.service, Region: lastUsed.region }
        : { LastUsedDate: undefined, ServiceName: "N/A", Region: "N/A" },
    };
  },
});
