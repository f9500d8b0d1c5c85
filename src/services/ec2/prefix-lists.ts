import type { ManagedPrefixList } from "@aws-sdk/client-ec2";
import { arn } from "../../domain/arn.ts";
import { awsPrefixLists, type AwsPrefixList } from "../../domain/aws-prefix-lists.ts";
import { scopeKey } from "../../domain/scope.ts";
import {
  prefixLists,
  prefixListVersionKey,
  prefixListVersions,
  type ManagedPrefixListRecord,
  type PrefixListEntry,
} from "../../state/ec2-prefix-lists.ts";
import { AwsError } from "../aws-error.ts";
import type { OperationContext } from "../operation.ts";
import { chosen, described } from "./describe.ts";
import { onAny, onOne, operation } from "./ec2-operation.ts";

export function prefixListNotFound(id: string): AwsError {
  return new AwsError("InvalidPrefixListID.NotFound", `The prefix list ID '${id}' does not exist`);
}

/** Of whom AWS's own lists are. */
const AWS = "AWS";
/** Source: API reference, DescribeManagedPrefixLists and its neighbours. */
const PAGE = { least: 1, most: 100 };

/** A list that somebody made. @throws InvalidPrefixListID.NotFound, and OperationNotPermitted for one of AWS's own */
export function requirePrefixList({ state, account, region }: OperationContext, id: string): ManagedPrefixListRecord {
  if (awsListOf(region, id)) throw new AwsError("OperationNotPermitted", `The prefix list ${id} is managed by AWS and cannot be changed.`);
  const list = state.table(prefixLists).get(id);
  if (!list || list.account !== account || list.region !== region) throw prefixListNotFound(id);
  return list;
}

function awsListOf(region: string, id: string): AwsPrefixList | undefined {
  return awsPrefixLists(region).find((list) => list.id === id);
}

export const describeManagedPrefixLists = operation("DescribeManagedPrefixLists", {
  authorize: onAny("DescribeManagedPrefixLists"),
  run(input, context) {
    const own = context.state.table(prefixLists).by("scope", scopeKey(context));
    const all: readonly Told[] = [
      ...own.map((list) => shownList(list, context)),
      ...awsPrefixLists(context.region).map(shownAwsList(context.region)),
    ];
    const wanted = chosen(all, input.PrefixListIds, idOf, prefixListNotFound);
    const fields = {
      "prefix-list-id": idOf,
      "prefix-list-name": ({ PrefixListName }: Told) => PrefixListName,
      "owner-id": ({ OwnerId }: Told) => OwnerId,
    };
    const { items, ...more } = described(wanted, input, { id: idOf, fields, tags: ({ Tags = [] }) => Tags, page: PAGE }, context);
    return { PrefixLists: [...items], ...more };
  },
});

type Told = ManagedPrefixList;
const idOf = ({ PrefixListId = "" }: Told): string => PrefixListId;

export function shownList(list: ManagedPrefixListRecord, context: OperationContext): Told {
  return {
    PrefixListId: list.id,
    AddressFamily: list.addressFamily,
    State: list.state,
    ...(list.stateMessage !== undefined && { StateMessage: list.stateMessage }),
    PrefixListArn: context.arn("ec2", `prefix-list/${list.id}`),
    PrefixListName: list.name,
    MaxEntries: list.maxEntries,
    Version: list.version,
    Tags: [...list.tags],
    OwnerId: list.account,
  };
}

const shownAwsList =
  (region: string) =>
  ({ id, name }: AwsPrefixList): Told => ({
    PrefixListId: id,
    AddressFamily: "IPv4",
    State: "create-complete",
    PrefixListArn: arn("ec2", { account: "aws", region }, `prefix-list/${id}`),
    PrefixListName: name,
    Tags: [],
    OwnerId: AWS,
  });

/** AWS's own lists alone, with what is in them. */
export const describePrefixLists = operation("DescribePrefixLists", {
  authorize: onAny("DescribePrefixLists"),
  run(input, context) {
    const wanted = chosen(awsPrefixLists(context.region), input.PrefixListIds, ({ id }) => id, prefixListNotFound);
    const fields = { "prefix-list-id": ({ id }: AwsPrefixList) => id, "prefix-list-name": ({ name }: AwsPrefixList) => name };
    const { items, ...more } = described(wanted, input, { id: ({ id }) => id, fields, page: PAGE }, context);
    return {
      PrefixLists: items.map(({ id, name, blocks }) => ({ PrefixListId: id, PrefixListName: name, Cidrs: [...blocks] })),
      ...more,
    };
  },
});

export const getManagedPrefixListEntries = operation("GetManagedPrefixListEntries", {
  authorize: ({ PrefixListId }, at) => onOne("GetManagedPrefixListEntries", "prefix-list", PrefixListId, at),
  run({ PrefixListId = "", TargetVersion, ...input }, context) {
    const page = { id: ({ cidr }: PrefixListEntry) => cidr, fields: {}, page: PAGE };
    const { items, ...more } = described(entriesOf(PrefixListId, TargetVersion, context), input, page, context);
    return {
      Entries: items.map(({ cidr, description }) => ({ Cidr: cidr, ...(description !== undefined && { Description: description }) })),
      ...more,
    };
  },
});

function entriesOf(id: string, version: number | undefined, context: OperationContext): readonly PrefixListEntry[] {
  const amazons = awsListOf(context.region, id);
  if (amazons) return amazons.blocks.map((cidr) => ({ cidr }));
  const list = requirePrefixList(context, id);
  return version === undefined ? list.entries : entriesOfVersion(list, version, context);
}

/** @throws InvalidPrefixListVersion where there is no such version any more, or there never was */
export function entriesOfVersion(list: ManagedPrefixListRecord, version: number, { state }: OperationContext): readonly PrefixListEntry[] {
  if (version === list.version) return list.entries;
  const found = state.table(prefixListVersions).get(prefixListVersionKey(list.id, version));
  if (!found) throw new AwsError("InvalidPrefixListVersion", `The prefix list has no version ${version}.`);
  return found.entries;
}
