import type { DnsEntry, VpcEndpoint } from "@aws-sdk/client-ec2";
import { defined } from "../../../domain/defined.ts";
import { endpointService } from "../../../domain/endpoint-services.ts";
import { subnets, securityGroups } from "../../../state/ec2.ts";
import { endpointNames, type VpcEndpointRecord } from "../../../state/ec2-endpoints.ts";
import type { OperationContext } from "../../operation.ts";

/** What AWS attaches where no policy was given: everything may be done through the endpoint. */
const FULL_ACCESS = {
  Statement: [{ Action: "*", Effect: "Allow", Principal: "*", Resource: "*" }],
};
const FULL_ACCESS_OF_GATEWAYS = { Version: "2008-10-17", ...FULL_ACCESS };

/** An endpoint as EC2 tells of it. */
export function shownEndpoint(record: VpcEndpointRecord, context: OperationContext): VpcEndpoint {
  const isInterface = record.type === "Interface";
  const groupName = (id: string): string | undefined => context.state.table(securityGroups).get(id)?.name;
  const dnsOptions = isInterface
    ? {
        DnsRecordIpType: "ipv4" as const,
        ...defined({ PrivateDnsOnlyForInboundResolverEndpoint: record.privateDnsOnlyForInboundResolverEndpoint }),
      }
    : undefined;
  return {
    VpcEndpointId: record.id,
    VpcEndpointType: record.type,
    VpcId: record.vpcId,
    ServiceName: record.serviceName,
    // The SDK's enumeration has capitals; AWS answers in small letters.
    State: record.state as never,
    PolicyDocument: record.policy ?? JSON.stringify(isInterface ? FULL_ACCESS : FULL_ACCESS_OF_GATEWAYS),
    RouteTableIds: [...record.routeTableIds],
    SubnetIds: [...record.subnetIds],
    Groups: record.groupIds.map((GroupId) => ({ GroupId, ...defined({ GroupName: groupName(GroupId) }) })),
    ...(isInterface && { IpAddressType: "ipv4" as const }),
    ...defined({ DnsOptions: dnsOptions }),
    PrivateDnsEnabled: record.privateDnsEnabled,
    RequesterManaged: false,
    NetworkInterfaceIds: [...record.networkInterfaceIds],
    DnsEntries: isInterface ? dnsEntries(record, context) : [],
    CreationTimestamp: new Date(record.createdAt),
    Tags: [...record.tags],
    OwnerId: record.account,
    ServiceRegion: record.region,
  };
}

function dnsEntries(record: VpcEndpointRecord, { state }: OperationContext): DnsEntry[] {
  const zones = record.subnetIds.flatMap((id) => state.table(subnets).get(id)?.availabilityZone ?? []);
  const names = endpointNames(record, zones);
  const privateNames = record.privateDnsEnabled ? (endpointService(record.region, record.serviceName)?.privateDnsNames ?? []) : [];
  return [
    ...names.map((DnsName) => ({ DnsName, HostedZoneId: HOSTED_ZONE })),
    ...privateNames.map((DnsName) => ({ DnsName, HostedZoneId: privateZone(record.id) })),
  ];
}

/** Route 53's zone of all endpoints' own names in us-east-1, for alias records. Source: AWS General Reference. */
const HOSTED_ZONE = "Z7HUB22UULQXV";

/** Each endpoint with private DNS has a hidden zone of its own. */
const privateZone = (id: string): string => `Z${id.slice("vpce-".length).toUpperCase()}`;
