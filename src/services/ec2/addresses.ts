import type { Address } from "@aws-sdk/client-ec2";
import { scopeKey } from "../../domain/scope.ts";
import { elasticAddresses, type ElasticAddressRecord } from "../../state/ec2-gateways.ts";
import { AwsError } from "../aws-error.ts";
import { chosen, described, type FilterFields } from "./describe.ts";
import { invalidValue, onAny, operation } from "./ec2-operation.ts";

export function allocationNotFound(id: string): AwsError {
  return new AwsError("InvalidAllocationID.NotFound", `The allocation ID '${id}' does not exist`);
}

export function addressNotFound(address: string): AwsError {
  return new AwsError("InvalidAddress.NotFound", `Address '${address}' not found.`);
}

const FIELDS: FilterFields<ElasticAddressRecord> = {
  "allocation-id": ({ allocationId }) => allocationId,
  "association-id": ({ association }) => association?.id,
  domain: () => "vpc",
  "instance-id": () => undefined,
  "network-border-group": ({ region }) => region,
  "network-interface-id": ({ association }) => association?.networkInterfaceId,
  "network-interface-owner-id": ({ association, account }) => association && account,
  "private-ip-address": ({ association }) => association?.privateIp,
  "public-ip": ({ publicIp }) => publicIp,
};

export const describeAddresses = operation("DescribeAddresses", {
  authorize: onAny("DescribeAddresses"),
  run({ AllocationIds, PublicIps, Filters }, context) {
    const all = context.state.table(elasticAddresses).by("scope", scopeKey(context));
    const byId = chosen(all, AllocationIds, ({ allocationId }) => allocationId, allocationNotFound);
    const wanted = chosen(byId, PublicIps, ({ publicIp }) => publicIp, addressNotFound);
    const kind = {
      id: ({ allocationId }: ElasticAddressRecord) => allocationId,
      tags: ({ tags }: ElasticAddressRecord) => tags,
      fields: FIELDS,
    };
    // The answer of this operation has no pages.
    const { items } = described(wanted, { Filters }, kind, context);
    return { Addresses: items.map(shown) };
  },
});

function shown({ allocationId, publicIp, association, account, region, tags }: ElasticAddressRecord): Address {
  return {
    AllocationId: allocationId,
    PublicIp: publicIp,
    Domain: "vpc",
    PublicIpv4Pool: "amazon",
    NetworkBorderGroup: region,
    ...(association && {
      AssociationId: association.id,
      NetworkInterfaceId: association.networkInterfaceId,
      NetworkInterfaceOwnerId: account,
      PrivateIpAddress: association.privateIp,
    }),
    Tags: [...tags],
  };
}

/** There are no reverse names of addresses here: each has none. */
export const describeAddressesAttribute = operation("DescribeAddressesAttribute", {
  authorize: onAny("DescribeAddressesAttribute"),
  run({ AllocationIds, Attribute, MaxResults, NextToken }, context) {
    if (Attribute !== undefined && Attribute !== "domain-name")
      throw invalidValue(`Value (${String(Attribute)}) for parameter attribute is invalid. Unknown attribute.`);
    const all = context.state.table(elasticAddresses).by("scope", scopeKey(context));
    const wanted = chosen(all, AllocationIds, ({ allocationId }) => allocationId, allocationNotFound);
    const kind = { id: ({ allocationId }: ElasticAddressRecord) => allocationId, fields: {} };
    const { items, ...more } = described(wanted, { MaxResults, NextToken }, kind, context);
    return { Addresses: items.map(({ allocationId, publicIp }) => ({ AllocationId: allocationId, PublicIp: publicIp })), ...more };
  },
});
