import { DeleteConflictException, type Group } from "@aws-sdk/client-iam";
import { groups, roleKey, users, type GroupRecord } from "../../state/iam.ts";
import { because } from "../operation.ts";
import { requireGroup } from "./find.ts";
import { alreadyExists, iamArn, onAccount, onGroup, operation, refuse } from "./iam-operation.ts";
import { listed } from "./listing.ts";
import { refuseBeyond } from "./quotas.ts";
import { nameRules, pathPrefixRules, pathRules } from "./rules.ts";
import { uniqueId } from "./unique-id.ts";

export const createGroup = operation("CreateGroup", {
  authorize: ({ GroupName, Path }, at) => ({
    action: "iam:CreateGroup",
    resource: iamArn(at, `group${Path ?? "/"}${GroupName ?? "*"}`),
  }),
  run({ GroupName: name = "", Path: path = "/" }, context) {
    const { state, account, ids, now } = context;
    refuse(...nameRules("groupName", name, 128), ...pathRules(path));
    if (state.table(groups).has(roleKey(account, name))) throw alreadyExists(`Group with name ${name} already exists.`);
    refuseBeyond("GroupsPerAccount", state.table(groups).by("account", account).length + 1);
    const group: GroupRecord = {
      id: uniqueId(ids, "AGPA"),
      arn: iamArn(context, `group${path}${name}`),
      name,
      path,
      account,
      inlinePolicies: {},
      attachedPolicies: [],
      createdAt: now,
    };
    state.commit(() => state.table(groups).put(group));
    return { Group: shownGroup(group) };
  },
});

export function shownGroup({ path, name, id, arn, createdAt }: GroupRecord): Group {
  return { Path: path, GroupName: name, GroupId: id, Arn: arn, CreateDate: new Date(createdAt) };
}

export const listGroups = operation("ListGroups", {
  authorize: onAccount("ListGroups"),
  run(input, context) {
    refuse(...pathPrefixRules(input.PathPrefix));
    const found = context.state
      .table(groups)
      .by("account", context.account)
      .filter(({ path }) => path.startsWith(input.PathPrefix ?? "/"));
    const { items, more } = listed(found, ({ name }) => name, input, context);
    return { Groups: items.map(shownGroup), ...more };
  },
});

export const updateGroup = operation("UpdateGroup", {
  authorize(input, at) {
    const here = onGroup("UpdateGroup")(input, at);
    if (input.NewPath === undefined && input.NewGroupName === undefined) return here;
    // Who renames has to be allowed on the old and on the new name. Source: IAM API, "UpdateGroup".
    const { path = "/", name = "*" } = at.state.table(groups).get(roleKey(at.account, input.GroupName ?? "")) ?? {};
    return [here, { ...here, resource: iamArn(at, `group${input.NewPath ?? path}${input.NewGroupName ?? name}`) }];
  },
  run({ GroupName = "", NewPath, NewGroupName }, context) {
    const { state, account } = context;
    refuse(...nameRules("newGroupName", NewGroupName, 128), ...pathRules(NewPath, "newPath"));
    const group = requireGroup(context, GroupName);
    const { name, path } = { name: NewGroupName ?? group.name, path: NewPath ?? group.path };
    const [from, to] = [roleKey(account, group.name), roleKey(account, name)];
    if (from !== to && state.table(groups).has(to)) throw alreadyExists(`Group with name ${name} already exists.`);
    const members = state.table(users).by("group", from);
    state.commit(() => {
      state.table(groups).delete(from);
      state.table(groups).put({ ...group, name, path, arn: iamArn(context, `group${path}${name}`) });
      for (const user of members)
        state.table(users).put({ ...user, groups: user.groups.map((one) => (roleKey(account, one) === from ? name : one)) });
    });
    return {};
  },
});

export const deleteGroup = operation("DeleteGroup", {
  authorize: onGroup("DeleteGroup"),
  run({ GroupName = "" }, context) {
    const { state } = context;
    const group = requireGroup(context, GroupName);
    const key = groups.key(group);
    const conflict = (what: string): DeleteConflictException =>
      new DeleteConflictException(because(`Cannot delete entity, must ${what} first.`));
    if (group.attachedPolicies.length > 0) throw conflict("detach all policies");
    if (Object.keys(group.inlinePolicies).length > 0) throw conflict("delete policies");
    if (state.table(users).by("group", key).length > 0) throw conflict("remove users from group");
    state.commit(() => state.table(groups).delete(key));
    return {};
  },
});
