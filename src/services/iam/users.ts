import { DeleteConflictException, type User } from "@aws-sdk/client-iam";
import { accessKeys, groups, roleKey, users, type UserRecord } from "../../state/iam.ts";
import { because, type ConditionContext, type OperationContext } from "../operation.ts";
import { defined } from "../../domain/defined.ts";
import { accountRecord } from "./account-record.ts";
import { boundaryContext, refuseBoundary, shownBoundary } from "./boundaries.ts";
import { requireUser, userOrCaller } from "./find.ts";
import { forgetPrincipal, renamePrincipal } from "./forgotten-principal.ts";
import { alreadyExists, iamArn, onAccount, onUser, operation, refuse, userArn } from "./iam-operation.ts";
import { listed } from "./listing.ts";
import { refuseBeyond } from "./quotas.ts";
import { nameRules, pathPrefixRules, pathRules } from "./rules.ts";
import { refuseTags, tagContext } from "./tags.ts";
import { uniqueId } from "./unique-id.ts";

export const createUser = operation("CreateUser", {
  authorize(input, at) {
    const resource = iamArn(at, `user${input.Path ?? "/"}${input.UserName ?? "*"}`);
    const context: ConditionContext = { ...boundaryContext(input), ...tagContext(input) };
    const create = { action: "iam:CreateUser", resource, context };
    // Who tags while creating has to be allowed both. Source: IAM User Guide, "Tags for IAM users".
    return input.Tags?.length ? [create, { action: "iam:TagUser", resource, context: tagContext(input) }] : create;
  },
  run(input, context) {
    const { state, account, ids, now } = context;
    const { UserName: name = "", Path: path = "/", PermissionsBoundary: permissionsBoundary, Tags: tags = [] } = input;
    refuse(...nameRules("userName", name, 64), ...pathRules(path));
    refuseTags(tags);
    if (state.table(users).has(roleKey(account, name))) throw alreadyExists(`User with name ${name} already exists.`);
    refuseBoundary(context, permissionsBoundary);
    refuseBeyond("UsersPerAccount", state.table(users).by("account", account).length + 1);
    const user: UserRecord = {
      id: uniqueId(ids, "AIDA"),
      arn: iamArn(context, `user${path}${name}`),
      name,
      path,
      account,
      ...defined({ permissionsBoundary }),
      inlinePolicies: {},
      attachedPolicies: [],
      groups: [],
      tags,
      createdAt: now,
    };
    state.commit(() => state.table(users).put(user));
    return { User: describedUser(user) };
  },
});

/** As lists show a user: without boundary and tags. Source: IAM API, "ListUsers". */
export function shownUser({ path, name, id, arn, createdAt }: UserRecord): User {
  return { Path: path, UserName: name, UserId: id, Arn: arn, CreateDate: new Date(createdAt) };
}

function describedUser(user: UserRecord): User {
  return { ...shownUser(user), ...shownBoundary(user.permissionsBoundary), ...(user.tags.length > 0 ? { Tags: [...user.tags] } : {}) };
}

export const getUser = operation("GetUser", {
  authorize: onUser("GetUser"),
  run({ UserName }, context) {
    if (UserName === undefined && context.principal.kind === "root") return { User: root(context) };
    return { User: describedUser(userOrCaller(context, UserName)) };
  },
});

/** Root asks for itself: it has an account's id, and no name. */
function root(context: OperationContext): User {
  const { createdAt } = accountRecord(context);
  return {
    Path: "/",
    UserName: undefined,
    UserId: context.account,
    Arn: iamArn(context, "root"),
    CreateDate: new Date(createdAt),
  };
}

export const listUsers = operation("ListUsers", {
  authorize: onAccount("ListUsers"),
  run(input, { state, account, ...rest }) {
    refuse(...pathPrefixRules(input.PathPrefix));
    const found = state
      .table(users)
      .by("account", account)
      .filter(({ path }) => path.startsWith(input.PathPrefix ?? "/"));
    const { items, more } = listed(found, ({ name }) => name, input, { state, account, ...rest });
    return { Users: items.map(shownUser), ...more };
  },
});

export const updateUser = operation("UpdateUser", {
  authorize(input, at) {
    const resource = userArn(at, input.UserName);
    if (input.NewPath === undefined && input.NewUserName === undefined) return { action: "iam:UpdateUser", resource };
    // Who renames has to be allowed on the old and on the new name. Source: IAM API, "UpdateUser".
    const { path = "/", name = "*" } = at.state.table(users).get(roleKey(at.account, input.UserName ?? "")) ?? {};
    return { action: "iam:UpdateUser", resource: [resource, iamArn(at, `user${input.NewPath ?? path}${input.NewUserName ?? name}`)] };
  },
  run({ UserName = "", NewPath, NewUserName }, context) {
    const { state, account } = context;
    refuse(...nameRules("newUserName", NewUserName, 64), ...pathRules(NewPath, "newPath"));
    const user = requireUser(context, UserName);
    const { name, path } = { name: NewUserName ?? user.name, path: NewPath ?? user.path };
    const [from, to] = [roleKey(account, user.name), roleKey(account, name)];
    if (from !== to && state.table(users).has(to)) throw alreadyExists(`User with name ${name} already exists.`);
    const keys = state.table(accessKeys).by("user", from);
    const arn = iamArn(context, `user${path}${name}`);
    state.commit(() => {
      state.table(users).delete(from);
      state.table(users).put({ ...user, name, path, arn });
      renamePrincipal(state.whole, user.arn, arn);
      for (const key of keys) state.table(accessKeys).put({ ...key, userName: name });
    });
    return {};
  },
});

export const deleteUser = operation("DeleteUser", {
  authorize: onUser("DeleteUser"),
  run({ UserName = "" }, context) {
    const { state } = context;
    const user = requireUser(context, UserName);
    const key = users.key(user);
    const conflict = (what: string): DeleteConflictException =>
      new DeleteConflictException(because(`Cannot delete entity, must ${what} first.`));
    if (user.attachedPolicies.length > 0) throw conflict("detach all policies");
    if (Object.keys(user.inlinePolicies).length > 0) throw conflict("delete policies");
    if (user.groups.some((group) => state.table(groups).has(roleKey(user.account, group)))) throw conflict("remove users from group");
    if (state.table(accessKeys).by("user", key).length > 0) throw conflict("delete access keys");
    state.commit(() => {
      state.table(users).delete(key);
      forgetPrincipal(state.whole, user);
    });
    return {};
  },
});
