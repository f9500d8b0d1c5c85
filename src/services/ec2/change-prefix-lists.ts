import type { ModifyManagedPrefixListCommandInput } from "@aws-sdk/client-ec2";
import { defined } from "../../domain/defined.ts";
import { scopeKey } from "../../domain/scope.ts";
import { routeTables } from "../../state/ec2-routing.ts";
import {
  prefixLists,
  prefixListVersionKey,
  prefixListVersions,
  type ManagedPrefixListRecord,
  type PrefixListEntry,
} from "../../state/ec2-prefix-lists.ts";
import { securityGroups, type SecurityGroupRuleRecord } from "../../state/ec2.ts";
import type { State } from "../../state/state.ts";
import { AwsError } from "../aws-error.ts";
import type { OperationContext } from "../operation.ts";
import { described } from "./describe.ts";
import { invalidValue, onNew, onOne, operation, unsupported } from "./ec2-operation.ts";
import { entryBlock, refuseTooMany, withEntries } from "./prefix-list-entries.ts";
import { entriesOfVersion, requirePrefixList, shownList } from "./prefix-lists.ts";
import { hasTooManyRules, ruleWeight } from "./rule-peers.ts";
import { tagsFor } from "./security-groups.ts";

const MOST_ENTRIES = 1000;
/** Then the oldest one goes. Source: VPC User Guide, "Amazon VPC quotas". */
const MOST_VERSIONS = 1000;

export const createManagedPrefixList = operation("CreateManagedPrefixList", {
  authorize: (input, at) => onNew("CreateManagedPrefixList", "prefix-list")(input, at),
  run(input, context) {
    const { state, ids, account, region } = context;
    const { PrefixListName: name = "", MaxEntries: maxEntries = 0, AddressFamily: family, ClientToken: clientToken } = input;
    refuseName(name);
    if (family !== "IPv4" && family !== "IPv6")
      throw invalidValue(`Value (${String(family)}) for parameter addressFamily is invalid. Valid values are IPv4 and IPv6.`);
    refuseMost(maxEntries);
    const entries = withEntries([], input.Entries ?? [], family);
    refuseTooMany(entries, maxEntries);
    const tags = tagsFor("prefix-list", input.TagSpecifications);
    const known =
      clientToken === undefined
        ? undefined
        : state
            .table(prefixLists)
            .by("scope", scopeKey(context))
            .find((list) => list.clientToken === clientToken);
    if (known) {
      if (known.name !== name || known.addressFamily !== family)
        throw new AwsError("IdempotentParameterMismatch", "The client token is the same as in another request, whose parameters differ.");
      return { PrefixList: shownList(known, context) };
    }
    const made: ManagedPrefixListRecord = {
      id: `pl-${ids.hex(17)}`,
      account,
      region,
      name,
      addressFamily: family,
      maxEntries,
      version: 1,
      entries,
      state: "create-complete",
      ...defined({ clientToken }),
      tags,
    };
    state.commit(() => state.table(prefixLists).insert(made));
    // What is there already is told as it will be in a moment, as AWS does.
    return { PrefixList: { ...shownList(made, context), State: "create-in-progress" as const } };
  },
});

function refuseName(name: string): void {
  if (name === "" || name.length > 255) throw invalidValue("Value for parameter prefixListName is invalid. It has 1 to 255 characters.");
  if (name.toLowerCase().startsWith("com.amazonaws"))
    throw invalidValue(`Value (${name}) for parameter prefixListName is invalid. The name may not start with com.amazonaws.`);
}

function refuseMost(maxEntries: number): void {
  if (!Number.isInteger(maxEntries) || maxEntries < 1 || maxEntries > MOST_ENTRIES)
    throw invalidValue(`Value (${maxEntries}) for parameter maxEntries is invalid. Must be between 1 and ${MOST_ENTRIES}.`);
}

function refuseOtherVersion(list: ManagedPrefixListRecord, version: number | undefined): void {
  if (version !== list.version) throw new AwsError("PrefixListVersionMismatch", "The prefix list has the incorrect version number.");
}

export const modifyManagedPrefixList = operation("ModifyManagedPrefixList", {
  authorize: ({ PrefixListId }, at) => onOne("ModifyManagedPrefixList", "prefix-list", PrefixListId, at),
  run(input, context) {
    const { state } = context;
    if (input.IpamPrefixListResolverSyncEnabled !== undefined)
      throw unsupported("The parameter IpamPrefixListResolverSyncEnabled is not supported: there is no IPAM here.");
    const list = requirePrefixList(context, input.PrefixListId ?? "");
    const entries = changedEntries(list, input);
    if (entries && input.MaxEntries !== undefined)
      throw new AwsError(
        "InvalidParameterCombination",
        "The parameters maxEntries and addEntries or removeEntries may not be used together",
      );
    if (entries) refuseOtherVersion(list, input.CurrentVersion);
    if (input.PrefixListName !== undefined) refuseName(input.PrefixListName);
    const maxEntries = input.MaxEntries ?? list.maxEntries;
    refuseMost(maxEntries);
    refuseTooMany(entries ?? list.entries, maxEntries);
    const full = groupsWithoutRoom(list, maxEntries, context);
    const { stateMessage: _before, ...own } = list;
    const changed = state.commit(() =>
      state.table(prefixLists).put(
        full.length > 0
          ? // What does not fit is told by the list, which has its size from before, as AWS has it.
            { ...own, state: "modify-failed", stateMessage: withoutRoom(full) }
          : {
              ...(entries ? nextVersion(state, own, entries) : own),
              name: input.PrefixListName ?? list.name,
              maxEntries,
              state: "modify-complete",
            },
      ),
    );
    return { PrefixList: { ...shownList(changed, context), State: "modify-in-progress" as const } };
  },
});

/** Groups that name a list and would have too many rules if it had so many entries. Costs a look at the groups of the account in the region, where it grows. */
function groupsWithoutRoom(list: ManagedPrefixListRecord, maxEntries: number, context: OperationContext): readonly string[] {
  if (maxEntries <= list.maxEntries) return [];
  const weight = (rule: SecurityGroupRuleRecord): number => (rule.prefixListId === list.id ? maxEntries : ruleWeight(rule, context));
  return context.state
    .table(securityGroups)
    .by("scope", scopeKey(context))
    .filter(({ rules }) =>
      [false, true].some((egress) => {
        const own = rules.filter(({ isEgress }) => isEgress === egress);
        return own.some(({ prefixListId }) => prefixListId === list.id) && hasTooManyRules(own, weight);
      }),
    )
    .map(({ id }) => id);
}

function withoutRoom(groups: readonly string[]): string {
  return `The following VPC Security Group resource(s) do not have sufficient capacity [${groups.join(", ")}].`;
}

/** `undefined` where the request changes none. @throws InvalidPrefixListModification for one that is not there to be removed */
function changedEntries(
  { entries, addressFamily }: ManagedPrefixListRecord,
  { AddEntries: added = [], RemoveEntries: removed = [] }: ModifyManagedPrefixListCommandInput,
): readonly PrefixListEntry[] | undefined {
  if (added.length === 0 && removed.length === 0) return undefined;
  const goes = new Set(removed.map(({ Cidr = "" }) => entryBlock(Cidr, addressFamily)));
  const known = new Set(entries.map(({ cidr }) => cidr));
  for (const cidr of goes)
    if (!known.has(cidr)) throw new AwsError("InvalidPrefixListModification", `A specified CIDR is not found in the prefix list: ${cidr}`);
  for (const { Cidr = "" } of added)
    if (goes.has(entryBlock(Cidr, addressFamily)))
      throw invalidValue(`Request cannot contain Cidr ${Cidr} in both AddPrefixListEntries and RemovePrefixListEntries`);
  return withEntries(
    entries.filter(({ cidr }) => !goes.has(cidr)),
    added,
    addressFamily,
  );
}

/** The list with other entries, while those that it had are kept as an earlier version's. Needs an open commit. */
function nextVersion(state: State, list: ManagedPrefixListRecord, entries: readonly PrefixListEntry[]): ManagedPrefixListRecord {
  const { id: listId, account, version } = list;
  state.table(prefixListVersions).put({ account, listId, version, entries: list.entries });
  state.table(prefixListVersions).delete(prefixListVersionKey(listId, version + 1 - MOST_VERSIONS));
  return { ...list, version: version + 1, entries };
}

export const restoreManagedPrefixListVersion = operation("RestoreManagedPrefixListVersion", {
  authorize: ({ PrefixListId }, at) => onOne("RestoreManagedPrefixListVersion", "prefix-list", PrefixListId, at),
  run({ PrefixListId = "", PreviousVersion = 0, CurrentVersion }, context) {
    const { state } = context;
    const list = requirePrefixList(context, PrefixListId);
    refuseOtherVersion(list, CurrentVersion);
    const { stateMessage: _before, ...own } = list;
    const entries = entriesOfVersion(list, PreviousVersion, context);
    refuseTooMany(entries, list.maxEntries);
    const changed = state.commit(() => state.table(prefixLists).put({ ...nextVersion(state, own, entries), state: "restore-complete" }));
    return { PrefixList: { ...shownList(changed, context), State: "restore-in-progress" as const } };
  },
});

export const deleteManagedPrefixList = operation("DeleteManagedPrefixList", {
  authorize: ({ PrefixListId }, at) => onOne("DeleteManagedPrefixList", "prefix-list", PrefixListId, at),
  run({ PrefixListId = "" }, context) {
    const { state } = context;
    const list = requirePrefixList(context, PrefixListId);
    if (usersOf(list.id, context).length > 0)
      throw new AwsError("DependencyViolation", `The prefix list '${list.id}' has dependencies and cannot be deleted.`);
    state.commit(() => {
      for (const version of state.table(prefixListVersions).by("list", list.id))
        state.table(prefixListVersions).delete(prefixListVersions.key(version));
      state.table(prefixLists).delete(list.id);
    });
    return { PrefixList: { ...shownList(list, context), State: "delete-in-progress" as const } };
  },
});

/** The groups and route tables that name a list. Costs a look at all of the account's in the region. */
function usersOf(id: string, context: OperationContext): readonly string[] {
  const scope = scopeKey(context);
  const groups = context.state
    .table(securityGroups)
    .by("scope", scope)
    .filter(({ rules }) => rules.some(({ prefixListId }) => prefixListId === id));
  const tables = context.state
    .table(routeTables)
    .by("scope", scope)
    .filter(({ routes }) => routes.some(({ destination }) => destination === id));
  return [...groups, ...tables].map((user) => user.id);
}

export const getManagedPrefixListAssociations = operation("GetManagedPrefixListAssociations", {
  authorize: ({ PrefixListId }, at) => onOne("GetManagedPrefixListAssociations", "prefix-list", PrefixListId, at),
  run({ PrefixListId = "", ...input }, context) {
    const { id } = requirePrefixList(context, PrefixListId);
    const page = { id: (user: string) => user, fields: {}, page: { least: 5, most: 255 } };
    const { items, ...more } = described(usersOf(id, context), input, page, context);
    return { PrefixListAssociations: items.map((ResourceId) => ({ ResourceId, ResourceOwner: context.account })), ...more };
  },
});
