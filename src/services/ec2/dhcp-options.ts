import type { DhcpOptions } from "@aws-sdk/client-ec2";
import { scopeKey } from "../../domain/scope.ts";
import { dhcpOptions, firstDhcpOptions, type DhcpOptionsRecord } from "../../state/ec2-dhcp-options.ts";
import { vpcs } from "../../state/ec2.ts";
import { AwsError } from "../aws-error.ts";
import type { OperationContext } from "../operation.ts";
import { dhcpConfigurations } from "./dhcp-configurations.ts";
import { chosen, described } from "./describe.ts";
import { onAny, onNew, onOne, operation } from "./ec2-operation.ts";
import { tagsFor } from "./security-groups.ts";
import { dhcpOptionsOf, requireVpc } from "./vpcs.ts";

export function dhcpOptionsNotFound(id: string): AwsError {
  return new AwsError("InvalidDhcpOptionID.NotFound", `The dhcpOption ID '${id}' does not exist`);
}

/** @throws InvalidDhcpOptionID.NotFound */
function requireOptions({ state, account, region }: OperationContext, id: string): DhcpOptionsRecord {
  const found = state.table(dhcpOptions).get(id);
  if (!found || found.account !== account || found.region !== region) throw dhcpOptionsNotFound(id);
  return found;
}

export const createDhcpOptions = operation("CreateDhcpOptions", {
  authorize: (input, at) => onNew("CreateDhcpOptions", "dhcp-options")(input, at),
  run({ DhcpConfigurations, TagSpecifications }, context) {
    const { state, ids, account, region } = context;
    const configurations = dhcpConfigurations(DhcpConfigurations);
    const tags = tagsFor("dhcp-options", TagSpecifications);
    const made = { id: `dopt-${ids.hex(17)}`, account, region, configurations, isFirst: false, tags };
    state.commit(() => state.table(dhcpOptions).insert(made));
    return { DhcpOptions: shown(made) };
  },
});

export const deleteDhcpOptions = operation("DeleteDhcpOptions", {
  authorize: ({ DhcpOptionsId }, at) => onOne("DeleteDhcpOptions", "dhcp-options", DhcpOptionsId, at),
  run({ DhcpOptionsId = "" }, context) {
    const { state } = context;
    const { id } = requireOptions(context, DhcpOptionsId);
    const users = state.table(vpcs).by("scope", scopeKey(context));
    if (users.some((vpc) => dhcpOptionsOf(vpc, context) === id))
      throw new AwsError("DependencyViolation", `The dhcpOptions '${id}' has dependencies and cannot be deleted.`);
    state.commit(() => state.table(dhcpOptions).delete(id));
    return {};
  },
});

/** Tasks that are there keep what they were told when they started, as containers do on AWS. */
export const associateDhcpOptions = operation("AssociateDhcpOptions", {
  authorize: ({ DhcpOptionsId, VpcId }, at) => [
    ...(DhcpOptionsId === "default" ? [] : [onOne("AssociateDhcpOptions", "dhcp-options", DhcpOptionsId, at)]),
    onOne("AssociateDhcpOptions", "vpc", VpcId, at),
  ],
  run({ DhcpOptionsId = "", VpcId = "" }, context) {
    const { state } = context;
    const vpc = requireVpc(context, VpcId);
    const dhcpOptionsId = DhcpOptionsId === "default" ? DhcpOptionsId : requireOptions(context, DhcpOptionsId).id;
    state.commit(() => state.table(vpcs).put({ ...vpc, dhcpOptionsId }));
    return {};
  },
});

export const describeDhcpOptions = operation("DescribeDhcpOptions", {
  authorize: onAny("DescribeDhcpOptions"),
  run(input, context) {
    const { state, ids } = context;
    firstDhcpOptions(state, ids, context);
    const all = state.table(dhcpOptions).by("scope", scopeKey(context));
    const wanted = chosen(all, input.DhcpOptionsIds, ({ id }) => id, dhcpOptionsNotFound);
    const fields = {
      "dhcp-options-id": ({ id }: DhcpOptionsRecord) => id,
      key: ({ configurations }: DhcpOptionsRecord) => configurations.map(({ key }) => key),
      value: ({ configurations }: DhcpOptionsRecord) => configurations.flatMap(({ values }) => values),
      "owner-id": ({ account }: DhcpOptionsRecord) => account,
    };
    const { items, ...more } = described(wanted, input, { id: ({ id }) => id, fields, tags: ({ tags }) => tags }, context);
    return { DhcpOptions: items.map(shown), ...more };
  },
});

function shown({ id, account, configurations, tags }: DhcpOptionsRecord): DhcpOptions {
  return {
    DhcpOptionsId: id,
    OwnerId: account,
    DhcpConfigurations: configurations.map(({ key, values }) => ({ Key: key, Values: values.map((Value) => ({ Value })) })),
    Tags: [...tags],
  };
}
