import { groups, roleKey, users } from "../../state/iam.ts";
import { requireGroup, requireUser } from "./find.ts";
import { shownGroup } from "./groups.ts";
import { missing, onGroup, onUser, operation } from "./iam-operation.ts";
import { listed } from "./listing.ts";
import { refuseBeyond } from "./quotas.ts";
import { shownUser } from "./users.ts";

/** Adding a member again is no error. */
export const addUserToGroup = operation("AddUserToGroup", {
  authorize: onGroup("AddUserToGroup"),
  run({ GroupName = "", UserName = "" }, context) {
    const group = requireGroup(context, GroupName);
    const user = requireUser(context, UserName);
    if (user.groups.includes(group.name)) return {};
    refuseBeyond("GroupsPerUser", user.groups.length + 1);
    context.state.commit(() => context.state.table(users).put({ ...user, groups: [...user.groups, group.name] }));
    return {};
  },
});

export const removeUserFromGroup = operation("RemoveUserFromGroup", {
  authorize: onGroup("RemoveUserFromGroup"),
  run({ GroupName = "", UserName = "" }, context) {
    const group = requireGroup(context, GroupName);
    const user = requireUser(context, UserName);
    if (!user.groups.includes(group.name)) throw missing(`User ${user.name} not in group ${group.name}`);
    context.state.commit(() => context.state.table(users).put({ ...user, groups: user.groups.filter((name) => name !== group.name) }));
    return {};
  },
});

export const getGroup = operation("GetGroup", {
  authorize: onGroup("GetGroup"),
  run({ GroupName = "", ...page }, context) {
    const group = requireGroup(context, GroupName);
    const { items, more } = listed(context.state.table(users).by("group", groups.key(group)), ({ name }) => name, page, context);
    return { Group: shownGroup(group), Users: items.map(shownUser), ...more };
  },
});

export const listGroupsForUser = operation("ListGroupsForUser", {
  authorize: onUser("ListGroupsForUser"),
  run({ UserName = "", ...page }, context) {
    const user = requireUser(context, UserName);
    const found = user.groups.flatMap((name) => context.state.table(groups).get(roleKey(user.account, name)) ?? []);
    const { items, more } = listed(found, ({ name }) => name, page, context);
    return { Groups: items.map(shownGroup), ...more };
  },
});
