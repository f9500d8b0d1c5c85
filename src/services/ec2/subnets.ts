import { scopeKey } from "../../domain/scope.ts";
import type { Subnet } from "@aws-sdk/client-ec2";
import { subnets, type SubnetRecord } from "../../state/ec2.ts";
import { freeAddresses } from "../../state/network-interfaces.ts";
import { AwsError } from "../aws-error.ts";
import type { OperationContext } from "../operation.ts";
import { chosen, described } from "./describe.ts";
import { onAny, operation } from "./ec2-operation.ts";

export function subnetNotFound(id: string): AwsError {
  return new AwsError("InvalidSubnetID.NotFound", `The subnet ID '${id}' does not exist`);
}

export const describeSubnets = operation("DescribeSubnets", {
  authorize: onAny("DescribeSubnets"),
  run(input, context) {
    const all = context.state.table(subnets).by("scope", scopeKey(context));
    const wanted = chosen(all, input.SubnetIds, ({ id }) => id, subnetNotFound);
    const { items, ...more } = described(
      wanted,
      input,
      {
        id: ({ id }) => id,
        tags: ({ tags }) => tags,
        fields: {
          "subnet-id": ({ id }) => id,
          "subnet-arn": (subnet) => arnOf(subnet, context),
          "vpc-id": ({ vpcId }) => vpcId,
          "availability-zone": ({ availabilityZone }) => availabilityZone,
          availabilityZone: ({ availabilityZone }) => availabilityZone,
          "availability-zone-id": ({ availabilityZoneId }) => availabilityZoneId,
          availabilityZoneId: ({ availabilityZoneId }) => availabilityZoneId,
          "available-ip-address-count": (subnet) => freeAddresses(context.state, subnet),
          "cidr-block": ({ cidrBlock }) => cidrBlock,
          cidr: ({ cidrBlock }) => cidrBlock,
          cidrBlock: ({ cidrBlock }) => cidrBlock,
          "default-for-az": ({ defaultForAz }) => defaultForAz,
          defaultForAz: ({ defaultForAz }) => defaultForAz,
          "map-public-ip-on-launch": ({ mapPublicIpOnLaunch }) => mapPublicIpOnLaunch,
          "owner-id": ({ account }) => account,
          state: () => "available",
        },
      },
      context,
    );
    return { Subnets: items.map((subnet) => shown(subnet, context)), ...more };
  },
});

function arnOf(subnet: SubnetRecord, context: OperationContext): string {
  return context.arn("ec2", `subnet/${subnet.id}`);
}

function shown(subnet: SubnetRecord, context: OperationContext): Subnet {
  return {
    AvailabilityZone: subnet.availabilityZone,
    AvailabilityZoneId: subnet.availabilityZoneId,
    AvailableIpAddressCount: freeAddresses(context.state, subnet),
    CidrBlock: subnet.cidrBlock,
    DefaultForAz: subnet.defaultForAz,
    MapPublicIpOnLaunch: subnet.mapPublicIpOnLaunch,
    MapCustomerOwnedIpOnLaunch: false,
    State: "available",
    SubnetId: subnet.id,
    VpcId: subnet.vpcId,
    OwnerId: subnet.account,
    AssignIpv6AddressOnCreation: false,
    Ipv6CidrBlockAssociationSet: [],
    Tags: [...subnet.tags],
    SubnetArn: arnOf(subnet, context),
    EnableDns64: false,
    Ipv6Native: false,
    PrivateDnsNameOptionsOnLaunch: { HostnameType: "ip-name", EnableResourceNameDnsARecord: false, EnableResourceNameDnsAAAARecord: false },
  };
}
