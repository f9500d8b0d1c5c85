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
          "customer-owned-ipv4-pool": () => undefined,
          "enable-dns64": () => false,
          "enable-lni-at-device-index": () => undefined,
          "ipv6-cidr-block-association.ipv6-cidr-block": () => undefined,
          "ipv6-cidr-block-association.association-id": () => undefined,
          "ipv6-cidr-block-association.state": () => undefined,
          "ipv6-native": () => false,
          "map-customer-owned-ip-on-launch": () => false,
          "outpost-arn": () => undefined,
          "private-dns-name-options-on-launch.hostname-type": hostnameTypeOf,
          "private-dns-name-options-on-launch.enable-resource-name-dns-a-record": ({ resourceNameDnsARecord = false }) =>
            resourceNameDnsARecord,
          "private-dns-name-options-on-launch.enable-resource-name-dns-aaaa-record": () => false,
          "map-public-ip-on-launch": ({ mapPublicIpOnLaunch }) => mapPublicIpOnLaunch,
          "owner-id": ({ account }) => account,
          state: () => "available",
        },
      },
      context,
    );
    return { Subnets: items.map((subnet) => shownSubnet(subnet, context)), ...more };
  },
});

/** @throws InvalidSubnetID.NotFound */
export function requireSubnet({ state, account, region }: OperationContext, id: string): SubnetRecord {
  const subnet = state.table(subnets).get(id);
  if (!subnet || subnet.account !== account || subnet.region !== region) throw subnetNotFound(id);
  return subnet;
}

const hostnameTypeOf = ({ hostnameType }: SubnetRecord) => hostnameType ?? "ip-name";

function arnOf(subnet: SubnetRecord, context: OperationContext): string {
  return context.arn("ec2", `subnet/${subnet.id}`);
}

export function shownSubnet(subnet: SubnetRecord, context: OperationContext): Subnet {
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
    PrivateDnsNameOptionsOnLaunch: {
      HostnameType: hostnameTypeOf(subnet),
      EnableResourceNameDnsARecord: subnet.resourceNameDnsARecord ?? false,
      EnableResourceNameDnsAAAARecord: false,
    },
    BlockPublicAccessStates: { InternetGatewayBlockMode: "off" },
  };
}
