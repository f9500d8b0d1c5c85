import { elasticAddresses, internetGateways, natGateways, type NatGatewayRecord } from "../state/ec2-gateways.ts";
import { subnets } from "../state/ec2.ts";
import { networkInterfaces } from "../state/network-interfaces.ts";
import { newInterface, SubnetFullError } from "../state/new-interface.ts";
import type { Ids } from "../ports/ids.ts";
import type { WholeState } from "../state/state.ts";
import { loop, records, type Needs } from "./loop.ts";

/** How long AWS tells of a NAT gateway that failed or was deleted. Source: Amazon VPC User Guide, "Work with NAT gateways": usually about an hour. */
const TOLD_MS = 3_600_000;

/**
 * Makes NAT gateways available, which is to give them an interface in their subnet and, to public ones, their Elastic IP address; takes both away from those that are deleted; and
 * forgets those that have been gone for an hour. What a gateway does to traffic follows from its record.
 */
export const natGatewayLoop = loop("NAT gateways", ({ state, clock, ids }: Needs<"ids">) => ({
  watches: [records(natGateways)],
  step(id, { wakeAt }) {
    const gateway = state.table(natGateways).get(id);
    if (!gateway) return;
    const now = clock.now();
    if (gateway.state === "pending") state.commit(() => state.table(natGateways).replace(gateway, opened(state, ids, gateway, now)));
    if (gateway.state === "deleting") state.record(() => state.table(natGateways).replace(gateway, closed(state, gateway, now)));
    if (gateway.deletedAt === undefined) return;
    const due = gateway.deletedAt + TOLD_MS;
    if (due > now) wakeAt(id, due);
    else state.record(() => state.table(natGateways).delete(id));
  },
}));

/** A gateway that can be, with what it needs made; or as one that failed, for the first reason that stands in its way. */
function opened(state: WholeState, ids: Ids, gateway: NatGatewayRecord, now: number): NatGatewayRecord {
  const { id, vpcId, subnetId, connectivityType, asked } = gateway;
  const failed = (code: string, message: string): NatGatewayRecord => ({
    ...gateway,
    state: "failed",
    failure: { code, message },
    deletedAt: now,
  });
  const subnet = state.table(subnets).get(subnetId);
  if (!subnet) return failed("InvalidSubnetID.NotFound", `The specified subnet ${subnetId} does not exist or could not be found.`);
  const allocation = state.table(elasticAddresses).get(asked.allocationId ?? "");
  if (connectivityType === "public") {
    if (state.table(internetGateways).count("vpc", vpcId) === 0)
      return failed("Gateway.NotAttached", `Network ${vpcId} has no Internet gateway attached`);
    if (allocation?.account !== gateway.account || allocation.region !== gateway.region)
      return failed(
        "InvalidAllocationID.NotFound",
        `Elastic IP address ${asked.allocationId ?? ""} could not be associated with this NAT gateway`,
      );
    if (allocation.association)
      return failed("Resource.AlreadyAssociated", `Elastic IP address ${allocation.allocationId} is already associated`);
  }
  try {
    const address = asked.privateIp === undefined ? {} : { address: asked.privateIp };
    const own = newInterface(state, ids, { subnet, natGatewayId: id, description: `Interface for NAT Gateway ${id}`, now, ...address });
    const at = { privateIp: own.privateIpv4Address, networkInterfaceId: own.id };
    if (!allocation) return { ...gateway, state: "available", addresses: [at] };
    const { allocationId, publicIp } = allocation;
    const association = { id: `eipassoc-${ids.hex(17)}`, networkInterfaceId: own.id, privateIp: own.privateIpv4Address };
    state.table(elasticAddresses).replace(allocation, { ...allocation, association });
    return { ...gateway, state: "available", addresses: [{ ...at, allocationId, publicIp, associationId: association.id }] };
  } catch (cause) {
    if (!(cause instanceof SubnetFullError)) throw cause;
    return failed("InsufficientFreeAddressesInSubnet", "Subnet has insufficient free addresses to create this NAT gateway");
  }
}

function closed(state: WholeState, gateway: NatGatewayRecord, now: number): NatGatewayRecord {
  for (const { networkInterfaceId } of gateway.addresses) {
    for (const { allocationId } of state.table(elasticAddresses).by("interface", networkInterfaceId))
      state.table(elasticAddresses).update(allocationId, ({ association: _gone, ...address }) => address);
    state.table(networkInterfaces).delete(networkInterfaceId);
  }
  return { ...gateway, state: "deleted", deletedAt: now };
}
