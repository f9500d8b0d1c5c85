import type { NatGateway, NatGatewayAddress } from "@aws-sdk/client-ec2";
import { defined } from "../../domain/defined.ts";
import { scopeKey } from "../../domain/scope.ts";
import { natGateways, type NatGatewayRecord } from "../../state/ec2-gateways.ts";
import { AwsError } from "../aws-error.ts";
import { chosen, described, type FilterFields } from "./describe.ts";
import { onAny, operation } from "./ec2-operation.ts";

export function natGatewayNotFound(id: string): AwsError {
  return new AwsError("NatGatewayNotFound", `NAT gateway ${id} was not found`);
}

const FIELDS: FilterFields<NatGatewayRecord> = {
  "nat-gateway-id": ({ id }) => id,
  state: ({ state }) => state,
  "subnet-id": ({ subnetId }) => subnetId,
  "vpc-id": ({ vpcId }) => vpcId,
};

export const describeNatGateways = operation("DescribeNatGateways", {
  authorize: onAny("DescribeNatGateways"),
  run(input, context) {
    const all = context.state.table(natGateways).by("scope", scopeKey(context));
    const wanted = chosen(all, input.NatGatewayIds, ({ id }) => id, natGatewayNotFound);
    const request = { Filters: input.Filter, MaxResults: input.MaxResults, NextToken: input.NextToken };
    const { items, ...more } = described(wanted, request, { id: ({ id }) => id, tags: ({ tags }) => tags, fields: FIELDS }, context);
    return { NatGateways: items.map(shownNatGateway), ...more };
  },
});

export function shownNatGateway(gateway: NatGatewayRecord): NatGateway {
  const { failure, deletedAt, state } = gateway;
  return {
    CreateTime: new Date(gateway.createdAt),
    ...(deletedAt !== undefined && { DeleteTime: new Date(deletedAt) }),
    ...(failure && { FailureCode: failure.code, FailureMessage: failure.message }),
    NatGatewayAddresses: addressesOf(gateway),
    NatGatewayId: gateway.id,
    State: state,
    SubnetId: gateway.subnetId,
    VpcId: gateway.vpcId,
    Tags: [...gateway.tags],
    ConnectivityType: gateway.connectivityType,
  };
}

/** What it was to have, where it has none. */
function addressesOf({ asked, addresses, state }: NatGatewayRecord): NatGatewayAddress[] {
  if (addresses.length === 0) {
    const status = state === "failed" ? "failed" : "associating";
    return [{ ...defined({ AllocationId: asked.allocationId, PrivateIp: asked.privateIp }), IsPrimary: true, Status: status }];
  }
  return addresses.map(({ allocationId, publicIp, associationId, privateIp, networkInterfaceId }) => ({
    ...defined({ AllocationId: allocationId, PublicIp: publicIp, AssociationId: associationId }),
    PrivateIp: privateIp,
    NetworkInterfaceId: networkInterfaceId,
    IsPrimary: true,
    Status: "succeeded",
  }));
}
