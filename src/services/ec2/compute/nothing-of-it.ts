import { AwsError } from "../../aws-error.ts";
import type { InputOf, Operation, OperationName, OutputOf } from "../../operation.ts";
import { onAny, operation } from "../ec2-operation.ts";

type Client = typeof import("@aws-sdk/client-ec2");
/** What an id that is named is refused with: every one is nobody's. */
type Missing = (id: string) => AwsError;

const missing =
  (code: string, text: (id: string) => string): Missing =>
  (id) =>
    new AwsError(code, text(id));
const isNot = (noun: string) => (id: string) => `The ${noun} '${id}' does not exist`;
const isNone = (noun: string) => (id: string) => `${noun} ${id} was deleted or does not exist.`;

/**
 * A Describe operation about things that nobody can make here: the answer is an empty list, as AWS gives it to an account that has none. Filters and pages of nothing are
 * nothing. An id that is named does not exist, in AWS's words.
 * @param list the member of the answer
 * @param ids the members of the request that name ids
 */
function nothing<N extends OperationName<Client>>(
  name: N,
  list: keyof OutputOf<Client, N> & string,
  ids: Partial<Record<keyof InputOf<Client, N> & string, Missing>> = {},
): Operation {
  const run = (input: Readonly<Record<string, unknown>>): object => {
    for (const [member, refusal] of Object.entries(ids) as [string, Missing][]) {
      const [first] = [input[member] ?? []].flat() as string[];
      if (first !== undefined) throw refusal(first);
    }
    const token = input["NextToken"] as string | undefined;
    if (token !== undefined) throw new AwsError("InvalidNextToken", `The token '${token}' is invalid`);
    return { [list]: [] };
  };
  return operation(name, { authorize: onAny(name), run } as never);
}

const instance = missing("InvalidInstanceID.NotFound", isNot("instance ID"));
const attachment = missing("InvalidTransitGatewayAttachmentID.NotFound", isNone("Transit Gateway Attachment"));
const transitTable = missing("InvalidRouteTableID.NotFound", isNone("Transit Gateway Route Table"));
const keyPair = missing("InvalidKeyPair.NotFound", isNot("key pair"));
const templateName = missing(
  "InvalidLaunchTemplateName.NotFoundException",
  () => "At least one of the launch templates specified in the request does not exist.",
);

/**
 * What clients look at before they do anything else, or to see what is in a VPC. This host runs containers: there are no instances, and with them no images, volumes, key pairs;
 * and no way out of a VPC by VPN or transit gateway.
 */
export const nothingOfIt: readonly Operation[] = [
  nothing("DescribeInstances", "Reservations", { InstanceIds: instance }),
  nothing("DescribeInstanceStatus", "InstanceStatuses", { InstanceIds: instance }),
  nothing("DescribeInstanceTypes", "InstanceTypes", {
    InstanceTypes: missing("InvalidInstanceType", (id) => `The following supplied instance types do not exist: [${id}]`),
  }),
  nothing("DescribeInstanceTypeOfferings", "InstanceTypeOfferings"),
  nothing("DescribeInstanceConnectEndpoints", "InstanceConnectEndpoints", {
    InstanceConnectEndpointIds: missing("InvalidInstanceConnectEndpointId.NotFound", isNot("instance connect endpoint ID")),
  }),
  nothing("DescribeImages", "Images", { ImageIds: missing("InvalidAMIID.NotFound", (id) => `The image id '[${id}]' does not exist`) }),
  nothing("DescribeKeyPairs", "KeyPairs", { KeyNames: keyPair, KeyPairIds: keyPair }),
  nothing("DescribeVolumes", "Volumes", { VolumeIds: missing("InvalidVolume.NotFound", (id) => `The volume '${id}' does not exist.`) }),
  nothing("DescribeSnapshots", "Snapshots", {
    SnapshotIds: missing("InvalidSnapshot.NotFound", (id) => `The snapshot '${id}' does not exist.`),
  }),
  nothing("DescribeHosts", "Hosts", { HostIds: missing("InvalidHostID.NotFound", isNot("host ID")) }),
  nothing("DescribePlacementGroups", "PlacementGroups", {
    GroupNames: missing("InvalidPlacementGroup.Unknown", (id) => `The Placement Group '${id}' is unknown.`),
    GroupIds: missing("InvalidPlacementGroup.Unknown", (id) => `The Placement Group '${id}' is unknown.`),
  }),
  nothing("DescribeLaunchTemplates", "LaunchTemplates", {
    LaunchTemplateIds: missing(
      "InvalidLaunchTemplateId.NotFound",
      (id) => `The specified launch template, with template ID ${id}, does not exist.`,
    ),
    LaunchTemplateNames: templateName,
  }),
  nothing("DescribeReservedInstances", "ReservedInstances"),
  nothing("DescribeSpotInstanceRequests", "SpotInstanceRequests", {
    SpotInstanceRequestIds: missing("InvalidSpotInstanceRequestID.NotFound", isNot("spot instance request ID")),
  }),
  nothing("DescribeCapacityReservations", "CapacityReservations", {
    CapacityReservationIds: missing("InvalidCapacityReservationId.NotFound", isNot("capacity reservation")),
  }),
  nothing("DescribeVpnGateways", "VpnGateways", { VpnGatewayIds: missing("InvalidVpnGatewayID.NotFound", isNot("vpnGateway ID")) }),
  nothing("DescribeVpnConnections", "VpnConnections", {
    VpnConnectionIds: missing("InvalidVpnConnectionID.NotFound", isNot("vpnConnection ID")),
  }),
  nothing("DescribeCustomerGateways", "CustomerGateways", {
    CustomerGatewayIds: missing("InvalidCustomerGatewayID.NotFound", isNot("customerGateway ID")),
  }),
  nothing("DescribeClientVpnEndpoints", "ClientVpnEndpoints", {
    ClientVpnEndpointIds: missing("InvalidClientVpnEndpointId.NotFound", (id) => `Endpoint ${id} does not exist`),
  }),
  nothing("DescribeTransitGateways", "TransitGateways", {
    TransitGatewayIds: missing("InvalidTransitGatewayID.NotFound", isNone("Transit Gateway")),
  }),
  nothing("DescribeTransitGatewayAttachments", "TransitGatewayAttachments", { TransitGatewayAttachmentIds: attachment }),
  nothing("DescribeTransitGatewayVpcAttachments", "TransitGatewayVpcAttachments", { TransitGatewayAttachmentIds: attachment }),
  nothing("DescribeTransitGatewayPeeringAttachments", "TransitGatewayPeeringAttachments", { TransitGatewayAttachmentIds: attachment }),
  nothing("DescribeTransitGatewayRouteTables", "TransitGatewayRouteTables", { TransitGatewayRouteTableIds: transitTable }),
  nothing("DescribeCarrierGateways", "CarrierGateways", {
    CarrierGatewayIds: missing("InvalidCarrierGatewayID.NotFound", isNot("carrier gateway ID")),
  }),
  nothing("DescribeLocalGateways", "LocalGateways", {
    LocalGatewayIds: missing("InvalidLocalGatewayID.NotFound", isNot("local gateway ID")),
  }),
  nothing("DescribeIpv6Pools", "Ipv6Pools", { PoolIds: missing("InvalidIpv6PoolID.NotFound", isNot("pool ID")) }),
  nothing("DescribePublicIpv4Pools", "PublicIpv4Pools", { PoolIds: missing("InvalidPublicIpv4PoolID.NotFound", isNot("pool ID")) }),
  nothing("DescribeTrafficMirrorSessions", "TrafficMirrorSessions", {
    TrafficMirrorSessionIds: missing("InvalidTrafficMirrorSessionId.NotFound", isNot("traffic mirror session")),
  }),
  nothing("DescribeIpams", "Ipams", { IpamIds: missing("InvalidIpamId.NotFound", isNot("IPAM ID")) }),
];

/** No volumes, so none that is encrypted; the setting is as AWS has it for an account that never changed it. */
export const getEbsEncryptionByDefault = operation("GetEbsEncryptionByDefault", {
  authorize: onAny("GetEbsEncryptionByDefault"),
  run: () => ({ EbsEncryptionByDefault: false, SseType: "none" as const }),
});
