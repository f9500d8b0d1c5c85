import type { ManagedPrefixList } from "@aws-sdk/client-ec2";
import { scopeKey } from "../../domain/scope.ts";
import { prefixLists, type ManagedPrefixListRecord } from "../../state/ec2-prefix-lists.ts";
import { AwsError } from "../aws-error.ts";
import type { OperationContext } from "../operation.ts";
import { chosen, described } from "./describe.ts";
import { onAny, operation } from "./ec2-operation.ts";

export function prefixListNotFound(id: string): AwsError {
  return new AwsError("InvalidPrefixListID.NotFound", `The prefix list ID '${id}' does not exist`);
}

export const describeManagedPrefixLists = operation("DescribeManagedPrefixLists", {
  authorize: onAny("DescribeManagedPrefixLists"),
  run(input, context) {
    const all = context.state.table(prefixLists).by("scope", scopeKey(context));
    const wanted = chosen(all, input.PrefixListIds, ({ id }) => id, prefixListNotFound);
    const fields = {
      "prefix-list-id": ({ id }: ManagedPrefixListRecord) => id,
      "prefix-list-name": ({ name }: ManagedPrefixListRecord) => name,
      "owner-id": ({ account }: ManagedPrefixListRecord) => account,
    };
    const { items, ...more } = described(wanted, input, { id: ({ id }) => id, fields, tags: ({ tags }) => tags }, context);
    return { PrefixLists: items.map((list) => shownList(list, context)), ...more };
  },
});

export function shownList(list: ManagedPrefixListRecord, context: OperationContext): ManagedPrefixList {
  return {
    PrefixListId: list.id,
    AddressFamily: list.addressFamily,
    State: list.state,
    PrefixListArn: context.arn("ec2", `prefix-list/${list.id}`),
    PrefixListName: list.name,
    MaxEntries: list.maxEntries,
    Version: list.version,
    Tags: [...list.tags],
    OwnerId: list.account,
  };
}
