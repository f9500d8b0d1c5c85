import { securityGroups } from "../../../state/ec2.ts";
import { interfaceNames } from "../../../state/network-interfaces.ts";
import { subnets } from "../../../state/ec2.ts";
import { AwsError } from "../../aws-error.ts";
import type { OperationContext } from "../../operation.ts";
import { described, type FilterFields } from "../describe.ts";
import { onAny, operation } from "../ec2-operation.ts";
import { allInterfaces, associationsOf, findInterface, shownInterface, type ShownInterface } from "./interface-view.ts";

export function interfaceNotFound(id: string): AwsError {
  return new AwsError("InvalidNetworkInterfaceID.NotFound", `The networkInterface ID '${id}' does not exist`);
}

/** @throws InvalidNetworkInterfaceID.NotFound, InvalidNetworkInterfaceId.Malformed */
export function requireInterface(context: OperationContext, id: string): ShownInterface {
  if (!/^eni-[0-9a-f]+$/.test(id)) throw new AwsError("InvalidNetworkInterfaceId.Malformed", `Invalid id: "${id}" (expecting "eni-...")`);
  const found = findInterface(context, id);
  if (!found) throw interfaceNotFound(id);
  return found;
}

export const describeNetworkInterfaces = operation("DescribeNetworkInterfaces", {
  authorize: onAny("DescribeNetworkInterfaces"),
  run(input, context) {
    const { NetworkInterfaceIds: ids = [] } = input;
    const wanted = ids.length > 0 ? [...new Set(ids)].map((id) => requireInterface(context, id)) : allInterfaces(context);
    const { items, ...more } = described(
      wanted,
      input,
      { id: ({ id }) => id, tags: ({ tags }) => tags, fields: fieldsIn(context) },
      context,
    );
    return { NetworkInterfaces: items.map((item) => shownInterface(item, groupNamesIn(context), context)), ...more };
  },
});

export function groupNamesIn({ state }: OperationContext): (id: string) => string | undefined {
  return (id) => state.table(securityGroups).get(id)?.name;
}

function fieldsIn(context: OperationContext): FilterFields<ShownInterface> {
  const associated = (one: ShownInterface) => [...associationsOf(one, context).values()];
  const ofPrimary = (one: ShownInterface) => associationsOf(one, context).get(one.privateIpv4Address);
  const groupName = groupNamesIn(context);
  return {
    "network-interface-id": ({ id }) => id,
    "subnet-id": ({ subnetId }) => subnetId,
    "vpc-id": ({ vpcId }) => vpcId,
    "availability-zone": ({ availabilityZone }) => availabilityZone,
    "availability-zone-id": ({ subnetId }) => context.state.table(subnets).get(subnetId)?.availabilityZoneId,
    "group-id": ({ groups }) => groups,
    "group-name": ({ groups }) => groups.map(groupName),
    "private-ip-address": addressesOf,
    "addresses.private-ip-address": addressesOf,
    "addresses.primary": (one) => addressesOf(one).map((_address, at) => at === 0),
    "addresses.association.public-ip": (one) => associated(one).map(({ PublicIp }) => PublicIp),
    "addresses.association.owner-id": (one) => associated(one).map(({ IpOwnerId }) => IpOwnerId),
    "association.public-ip": (one) => ofPrimary(one)?.PublicIp,
    "association.ip-owner-id": (one) => ofPrimary(one)?.IpOwnerId,
    "association.public-dns-name": (one) => ofPrimary(one)?.PublicDnsName,
    "association.allocation-id": (one) => associated(one).map(({ AllocationId }) => AllocationId),
    "association.association-id": (one) => associated(one).map(({ AssociationId }) => AssociationId),
    "ipv6-addresses.ipv6-address": () => undefined,
    "private-dns-name": (one) => interfaceNames(one.privateIpv4Address, one).privateDnsName,
    "mac-address": (one) => interfaceNames(one.privateIpv4Address, one).macAddress,
    "attachment.attachment-id": ({ attachment }) => attachment?.id,
    "attachment.attach-time": () => undefined,
    "attachment.status": ({ attachment }) => attachment && "attached",
    "attachment.instance-id": () => undefined,
    "attachment.instance-owner-id": ({ attachment }) => attachment?.ownerId,
    "attachment.device-index": ({ attachment }) => attachment && "1",
    "attachment.delete-on-termination": ({ attachment }) => attachment && false,
    "operator.managed": () => false,
    "operator.principal": () => undefined,
    "requester-id": ({ requesterId }) => requesterId,
    "interface-type": ({ interfaceType }) => interfaceType,
    "owner-id": ({ account }) => account,
    "requester-managed": ({ requesterManaged }) => requesterManaged,
    "source-dest-check": ({ sourceDestCheck }) => sourceDestCheck,
    description: ({ description }) => description,
    status: ({ attachment }) => (attachment ? "in-use" : "available"),
  };
}

function addressesOf({ privateIpv4Address, secondaryAddresses }: ShownInterface): readonly string[] {
  return [privateIpv4Address, ...secondaryAddresses];
}
