import type { CreateNetworkInterfaceCommandInput } from "@aws-sdk/client-ec2";
import { defined } from "../../../domain/defined.ts";
import { scopeKey } from "../../../domain/scope.ts";
import { subnets, type SubnetRecord } from "../../../state/ec2.ts";
import { networkInterfaces, type NetworkInterfaceRecord } from "../../../state/network-interfaces.ts";
import { drawnAddress, newInterface } from "../../../state/new-interface.ts";
import { AwsError } from "../../aws-error.ts";
import type { AuthorizeScope, OperationContext, Permission } from "../../operation.ts";
import { invalidValue, onOne, operation, tagAtCreation, tagKeys, unsupported } from "../ec2-operation.ts";
import { tagsFor } from "../security-groups.ts";
import { subnetNotFound } from "../subnets.ts";
import { groupNamesIn, requireInterface } from "./describe-network-interfaces.ts";
import { groupsFor } from "./interface-groups.ts";
import { shownInterface } from "./interface-view.ts";
import { drawing, refuseAddress, refuseFullSubnet } from "./wanted-address.ts";

/** An interface is made in a subnet, with groups: each is asked for. Source: Service Authorization Reference, "Amazon EC2". */
function onNewInterface(input: CreateNetworkInterfaceCommandInput, at: AuthorizeScope): readonly Permission[] {
  const action = "CreateNetworkInterface";
  const resource = at.arn("ec2", "network-interface/*");
  const tags = (input.TagSpecifications ?? []).flatMap(({ Tags = [] }) => Tags);
  const subnet = at.state.table(subnets).get(input.SubnetId ?? "");
  const place = subnet && {
    "ec2:Subnet": at.arn("ec2", `subnet/${subnet.id}`),
    "ec2:Vpc": at.arn("ec2", `vpc/${subnet.vpcId}`),
    "ec2:AvailabilityZone": subnet.availabilityZone,
  };
  return [
    { action: `ec2:${action}`, resource, context: { ...tagKeys(tags), ...place } },
    onOne(action, "subnet", input.SubnetId, at),
    ...(input.Groups ?? []).map((id) => onOne(action, "security-group", id, at)),
    ...tagAtCreation(resource, action, input.TagSpecifications),
  ];
}

export const createNetworkInterface = operation("CreateNetworkInterface", {
  authorize: onNewInterface,
  run(input, context) {
    const { state, account, region } = context;
    refuseOthers(input);
    const subnet = state.table(subnets).get(input.SubnetId ?? "");
    if (!subnet || subnet.account !== account || subnet.region !== region) throw subnetNotFound(input.SubnetId ?? "");
    const tags = tagsFor("network-interface", input.TagSpecifications);
    const { ClientToken: clientToken } = input;
    const before = clientToken === undefined ? undefined : madeWith(context, clientToken);
    if (before && before.subnetId !== subnet.id)
      throw new AwsError("IdempotentParameterMismatch", `The client token '${clientToken ?? ""}' was used with other parameters before.`);
    const made = before ?? make(input, subnet, tags, context);
    const own = requireInterface(context, made.id);
    return { NetworkInterface: shownInterface(own, groupNamesIn(context), context), ...defined({ ClientToken: clientToken }) };
  },
});

function make(
  input: CreateNetworkInterfaceCommandInput,
  subnet: SubnetRecord,
  tags: NetworkInterfaceRecord["tags"] & object,
  context: OperationContext,
): NetworkInterfaceRecord {
  const { state, ids, now, principal } = context;
  const { primary, secondary } = addressesIn(input);
  for (const address of [...(primary === undefined ? [] : [primary]), ...secondary]) refuseAddress(state, subnet, address);
  const { SecondaryPrivateIpAddressCount: count = 0 } = input;
  refuseFullSubnet(state, subnet, 1 + secondary.length + count);
  const groupIds = groupsFor(context, subnet.vpcId, input.Groups);
  return drawing(() =>
    state.commit(() => {
      const own = newInterface(state, ids, {
        subnet,
        groupIds,
        tags,
        now,
        requesterId: principal.userId,
        ...(secondary.length > 0 && { secondaryAddresses: secondary }),
        ...defined({ address: primary, description: input.Description, clientToken: input.ClientToken }),
      });
      return count === 0 ? own : withMore(own, subnet, count, context);
    }),
  );
}

/** The same interface with more addresses of its subnet. Joins the open commit. @throws SubnetFullError */
export function withMore(
  own: NetworkInterfaceRecord,
  subnet: SubnetRecord,
  count: number,
  { state, ids }: OperationContext,
): NetworkInterfaceRecord {
  let changed = own;
  for (let made = 0; made < count; made += 1) {
    const further = [...(changed.secondaryAddresses ?? []), drawnAddress(state, ids, subnet)];
    changed = state.table(networkInterfaces).put({ ...changed, secondaryAddresses: further });
  }
  return changed;
}

/** @throws InvalidParameterCombination, InvalidParameterValue where a request says one thing twice */
function addressesIn({
  PrivateIpAddress,
  PrivateIpAddresses = [],
  SecondaryPrivateIpAddressCount: count,
}: CreateNetworkInterfaceCommandInput): {
  readonly primary: string | undefined;
  readonly secondary: readonly string[];
} {
  const primaries = PrivateIpAddresses.filter(({ Primary }) => Primary === true);
  if (primaries.length > 1 || (primaries.length > 0 && PrivateIpAddress !== undefined))
    throw new AwsError("InvalidParameterCombination", "Only one primary private IP address can be specified.");
  const secondary = PrivateIpAddresses.filter(({ Primary }) => Primary !== true).map(({ PrivateIpAddress: address = "" }) => address);
  if (secondary.length > 0 && count !== undefined)
    throw new AwsError(
      "InvalidParameterCombination",
      "The parameters privateIpAddresses and secondaryPrivateIpAddressCount cannot be used together.",
    );
  const primary = PrivateIpAddress ?? primaries[0]?.PrivateIpAddress;
  const all = [...(primary === undefined ? [] : [primary]), ...secondary];
  if (new Set(all).size !== all.length) throw invalidValue("A private IP address is specified more than once.");
  return { primary, secondary };
}

/** @throws UnsupportedOperation that names what an interface cannot have here */
function refuseOthers(input: CreateNetworkInterfaceCommandInput): void {
  const { InterfaceType, ConnectionTrackingSpecification, Operator, EnablePrimaryIpv6 } = input;
  const lists = ["Ipv4Prefixes", "Ipv6Prefixes", "Ipv6Addresses"] as const;
  const counts = ["Ipv4PrefixCount", "Ipv6PrefixCount", "Ipv6AddressCount"] as const;
  for (const member of lists) if ((input[member]?.length ?? 0) > 0) throw unsupported(`The parameter ${member} is not supported.`);
  for (const member of counts) if ((input[member] ?? 0) > 0) throw unsupported(`The parameter ${member} is not supported.`);
  if (InterfaceType !== undefined && (InterfaceType as string) !== "interface")
    throw unsupported(`Network interfaces of the type ${InterfaceType} are not supported.`);
  for (const [member, value] of Object.entries({ ConnectionTrackingSpecification, Operator }))
    if (value !== undefined && Object.values(value).some((one) => one !== undefined))
      throw unsupported(`The parameter ${member} is not supported.`);
  if (EnablePrimaryIpv6) throw unsupported("The parameter EnablePrimaryIpv6 is not supported.");
}

function madeWith({ state, ...scope }: OperationContext, token: string): NetworkInterfaceRecord | undefined {
  return state
    .table(networkInterfaces)
    .by("scope", scopeKey(scope))
    .find(({ clientToken }) => clientToken === token);
}
