import type { ModifyNetworkInterfaceAttributeCommandInput, ResetNetworkInterfaceAttributeCommandInput } from "@aws-sdk/client-ec2";
import { elasticAddresses } from "../../../state/ec2-gateways.ts";
import { subnets } from "../../../state/ec2.ts";
import { networkInterfaces, type NetworkInterfaceRecord } from "../../../state/network-interfaces.ts";
import { AwsError } from "../../aws-error.ts";
import type { OperationContext } from "../../operation.ts";
import { onOne, operation, unsupported } from "../ec2-operation.ts";
import { withMore } from "./create-network-interface.ts";
import { interfaceNotFound, requireInterface } from "./describe-network-interfaces.ts";
import { groupsFor } from "./interface-groups.ts";
import { drawing, refuseAddress, refuseFullSubnet } from "./wanted-address.ts";

/**
 * An interface that its account made, and may change. Those of load balancers, endpoints, NAT gateways and tasks are their services' to change: AWS refuses whoever tries.
 * @throws InvalidNetworkInterfaceID.NotFound, AuthFailure
 */
function requireOwn(context: OperationContext, id: string): NetworkInterfaceRecord {
  const { requesterManaged } = requireInterface(context, id);
  if (requesterManaged) throw new AwsError("AuthFailure", "You do not have permission to access the specified resource.");
  const found = context.state.table(networkInterfaces).get(id);
  if (!found) throw interfaceNotFound(id);
  return found;
}

export const deleteNetworkInterface = operation("DeleteNetworkInterface", {
  authorize: ({ NetworkInterfaceId }, at) => onOne("DeleteNetworkInterface", "network-interface", NetworkInterfaceId, at),
  run({ NetworkInterfaceId: id = "" }, context) {
    const { state } = context;
    const { attachment, requesterManaged } = requireInterface(context, id);
    if (requesterManaged && !attachment)
      throw new AwsError("OperationNotPermitted", "You are not allowed to manage 'ela-attach' attachments.");
    if (attachment) throw new AwsError("InvalidParameterValue", `Network interface '${id}' is currently in use.`);
    state.commit(() => {
      for (const address of state.table(elasticAddresses).by("interface", id)) {
        const { association: _gone, ...rest } = address;
        state.table(elasticAddresses).put(rest);
      }
      state.table(networkInterfaces).delete(id);
    });
    return {};
  },
});

const MEMBERS = ["Description", "SourceDestCheck", "Groups", "Attachment"] as const;
const NOT_HERE = [
  "EnaSrdSpecification",
  "ConnectionTrackingSpecification",
  "AssociatedSubnetIds",
  "EnablePrimaryIpv6",
  "AssociatePublicIpAddress",
] as const;

export const modifyNetworkInterfaceAttribute = operation("ModifyNetworkInterfaceAttribute", {
  authorize: (input, at) => [
    onOne("ModifyNetworkInterfaceAttribute", "network-interface", input.NetworkInterfaceId, at),
    ...(input.Groups ?? []).map((id) => onOne("ModifyNetworkInterfaceAttribute", "security-group", id, at)),
  ],
  run(input, context) {
    const given = MEMBERS.filter((member) => input[member] !== undefined);
    refuseOthers(input);
    const [member] = given;
    if (member === undefined) throw new AwsError("MissingParameter", "Must specify an attribute to be modified");
    if (given.length > 1) throw new AwsError("InvalidParameterCombination", "Fields for multiple attribute types specified");
    const own = requireOwn(context, input.NetworkInterfaceId ?? "");
    const { state } = context;
    state.commit(() => state.table(networkInterfaces).replace(own, changed(own, member, input, context)));
    return {};
  },
});

function changed(
  own: NetworkInterfaceRecord,
  member: (typeof MEMBERS)[number],
  input: ModifyNetworkInterfaceAttributeCommandInput,
  context: OperationContext,
): NetworkInterfaceRecord {
  switch (member) {
    case "Description": {
      const { description: _before, ...rest } = own;
      return input.Description?.Value ? { ...rest, description: input.Description.Value } : rest;
    }
    case "SourceDestCheck":
      return { ...own, sourceDestCheck: input.SourceDestCheck?.Value ?? true };
    case "Groups":
      if ((input.Groups ?? []).length === 0) throw new AwsError("InvalidParameterValue", "A network interface must have a security group.");
      return { ...own, groupIds: groupsFor(context, own.vpcId, input.Groups) };
    case "Attachment":
      throw attachmentNotFound(input.Attachment?.AttachmentId ?? "");
  }
}

function refuseOthers(input: ModifyNetworkInterfaceAttributeCommandInput): void {
  for (const member of NOT_HERE) {
    const value = input[member];
    if (value !== undefined && value !== false) throw unsupported(`The parameter ${member} is not supported.`);
  }
}

export function attachmentNotFound(id: string): AwsError {
  return new AwsError("InvalidAttachmentID.NotFound", `The attachment ID '${id}' does not exist`);
}

export const resetNetworkInterfaceAttribute = operation("ResetNetworkInterfaceAttribute", {
  authorize: ({ NetworkInterfaceId }: ResetNetworkInterfaceAttributeCommandInput, at) =>
    onOne("ResetNetworkInterfaceAttribute", "network-interface", NetworkInterfaceId, at),
  run({ NetworkInterfaceId = "", SourceDestCheck }, context) {
    if (SourceDestCheck === undefined) throw new AwsError("MissingParameter", "Must specify an attribute to be reset");
    const { sourceDestCheck: _before, ...rest } = requireOwn(context, NetworkInterfaceId);
    context.state.commit(() => context.state.table(networkInterfaces).put(rest));
    return {};
  },
});

/** Addresses of one interface. AWS's instances have limits by their types; an interface that is attached to none has the model's. */
export const assignPrivateIpAddresses = operation("AssignPrivateIpAddresses", {
  authorize: ({ NetworkInterfaceId }, at) => onOne("AssignPrivateIpAddresses", "network-interface", NetworkInterfaceId, at),
  run(input, context) {
    const { PrivateIpAddresses: addresses = [], SecondaryPrivateIpAddressCount: count } = input;
    if ((input.Ipv4Prefixes ?? []).length > 0 || (input.Ipv4PrefixCount ?? 0) > 0)
      throw unsupported("The parameters Ipv4Prefixes and Ipv4PrefixCount are not supported.");
    if (addresses.length > 0 === (count !== undefined))
      throw addresses.length > 0
        ? new AwsError(
            "InvalidParameterCombination",
            "The parameters privateIpAddresses and secondaryPrivateIpAddressCount cannot be used together.",
          )
        : new AwsError("MissingParameter", "Either privateIpAddresses or secondaryPrivateIpAddressCount must be specified.");
    const { state } = context;
    const own = requireOwn(context, input.NetworkInterfaceId ?? "");
    const subnet = state.table(subnets).get(own.subnetId);
    if (!subnet) throw interfaceNotFound(own.id);
    const before = own.secondaryAddresses ?? [];
    // What it has already is had again. An address of another interface moves only where the request says so, and only from one of the account's own.
    const fresh = [...new Set(addresses)].filter((address) => !before.includes(address));
    const donors = input.AllowReassignment === true ? fresh.flatMap((address) => donorOf(context, subnet.id, address) ?? []) : [];
    const moving = new Set(donors.map(({ address }) => address));
    for (const address of fresh) if (!moving.has(address)) refuseAddress(state, subnet, address);
    refuseFullSubnet(state, subnet, fresh.length - moving.size + (count ?? 0));
    const after = drawing(() =>
      state.commit(() => {
        for (const { id, address } of donors) state.table(networkInterfaces).update(id, (donor) => without(donor, [address]));
        const named = state.table(networkInterfaces).put(fresh.length > 0 ? { ...own, secondaryAddresses: [...before, ...fresh] } : own);
        return withMore(named, subnet, count ?? 0, context);
      }),
    );
    const assigned = (after.secondaryAddresses ?? []).filter((address) => !before.includes(address) || addresses.includes(address));
    return {
      NetworkInterfaceId: own.id,
      AssignedPrivateIpAddresses: assigned.map((PrivateIpAddress) => ({ PrivateIpAddress })),
      AssignedIpv4Prefixes: [],
    };
  },
});

/** The other interface of the account that has this as a further address. */
function donorOf(
  { state, account }: OperationContext,
  subnetId: string,
  address: string,
): { readonly id: string; readonly address: string } | undefined {
  const found = state
    .table(networkInterfaces)
    .by("address", `${subnetId}/${address}`)
    .find((one) => one.account === account && one.secondaryAddresses?.includes(address));
  return found && { id: found.id, address };
}

function without(own: NetworkInterfaceRecord, addresses: readonly string[]): NetworkInterfaceRecord {
  const { secondaryAddresses = [], ...rest } = own;
  const left = secondaryAddresses.filter((address) => !addresses.includes(address));
  return left.length > 0 ? { ...rest, secondaryAddresses: left } : rest;
}

export const unassignPrivateIpAddresses = operation("UnassignPrivateIpAddresses", {
  authorize: ({ NetworkInterfaceId }, at) => onOne("UnassignPrivateIpAddresses", "network-interface", NetworkInterfaceId, at),
  run({ NetworkInterfaceId = "", PrivateIpAddresses: addresses = [], Ipv4Prefixes = [] }, context) {
    if (Ipv4Prefixes.length > 0) throw unsupported("The parameter Ipv4Prefixes is not supported.");
    if (addresses.length === 0) throw new AwsError("MissingParameter", "The request must contain the parameter privateIpAddresses");
    const { state } = context;
    const own = requireOwn(context, NetworkInterfaceId);
    const strange = addresses.filter((address) => !own.secondaryAddresses?.includes(address));
    if (strange.length > 0)
      throw new AwsError(
        "InvalidParameterValue",
        `Some of [${addresses.join(", ")}] are not assigned to interface ${own.id} as secondary private IP addresses.`,
      );
    state.commit(() => {
      for (const address of state.table(elasticAddresses).by("interface", own.id)) {
        const { association, ...rest } = address;
        if (association && addresses.includes(association.privateIp)) state.table(elasticAddresses).put(rest);
      }
      state.table(networkInterfaces).put(without(own, addresses));
    });
    return {};
  },
});
