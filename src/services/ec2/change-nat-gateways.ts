import type { CreateNatGatewayCommandInput } from "@aws-sdk/client-ec2";
import { assignable } from "../../decide/addresses/next-address.ts";
import { contains, parseAddress, parseCidr } from "../../domain/cidr.ts";
import { keyInScope, scopeKey } from "../../domain/scope.ts";
import { natGateways, type NatGatewayRecord } from "../../state/ec2-gateways.ts";
import { subnets, type SubnetRecord } from "../../state/ec2.ts";
import { addressInUse } from "../../state/network-interfaces.ts";
import { AwsError } from "../aws-error.ts";
import type { OperationContext } from "../operation.ts";
import { invalidValue, operation } from "./ec2-operation.ts";
import { natGatewayNotFound, shownNatGateway } from "./nat-gateways.ts";
import { madeBefore, refuseUnsupported } from "./request-members.ts";
import { onNamed, onNewIn } from "./resource-permissions.ts";
import { tagsFor } from "./security-groups.ts";
import { requireSubnet } from "./subnets.ts";

/** Source: Amazon VPC User Guide, "Amazon VPC quotas": those that are not gone count. */
const MOST_IN_ZONE = 5;
const SECONDARY = "a NAT gateway has one address";

/** The gateway begins as `pending`; what stands in its way makes it `failed` (`control/nat-gateways.ts`), as on AWS. */
export const createNatGateway = operation("CreateNatGateway", {
  authorize: onNewIn("CreateNatGateway", "natgateway", ({ SubnetId = "*", AllocationId }) => [
    `subnet/${SubnetId}`,
    ...(AllocationId === undefined ? [] : [`elastic-ip/${AllocationId}`]),
  ]),
  run(input, context) {
    const { state, ids, account, region, now } = context;
    const { ClientToken, TagSpecifications } = input;
    refuseUnsupported(input, {
      VpcId: "a NAT gateway is in one zone",
      AvailabilityZoneAddresses: "a NAT gateway is in one zone",
      SecondaryAllocationIds: SECONDARY,
      SecondaryPrivateIpAddresses: SECONDARY,
      SecondaryPrivateIpAddressCount: SECONDARY,
    });
    if (input.AvailabilityMode === "regional")
      throw new AwsError("UnsupportedOperation", "The availability mode regional is not supported here: a NAT gateway is in one zone.");
    const connectivityType = input.ConnectivityType ?? "public";
    const tags = tagsFor("natgateway", TagSpecifications);
    const asked = askedIn(input);
    const gateways = state.table(natGateways);
    const made = ClientToken === undefined ? [] : gateways.by("token", keyInScope(context, ClientToken));
    const isSame = (known: NatGatewayRecord): boolean =>
      known.subnetId === input.SubnetId &&
      known.connectivityType === connectivityType &&
      known.asked.allocationId === asked.allocationId &&
      known.asked.privateIp === asked.privateIp;
    const before = madeBefore(made, isSame);
    const token = ClientToken === undefined ? {} : { clientToken: ClientToken };
    if (before) return { NatGateway: shownNatGateway(before), ...answered(ClientToken) };
    if (input.SubnetId === undefined) throw new AwsError("MissingParameter", "The request must contain the parameter subnetId");
    const subnet = requireSubnet(context, input.SubnetId);
    refuseAddress(subnet, asked.privateIp, context);
    refuseTooMany(subnet, context);
    const gateway = state.commit(() =>
      gateways.insert({
        id: `nat-${ids.hex(17)}`,
        account,
        region,
        vpcId: subnet.vpcId,
        subnetId: subnet.id,
        connectivityType,
        asked,
        addresses: [],
        state: "pending",
        createdAt: now,
        ...token,
        tags,
      }),
    );
    return { NatGateway: shownNatGateway(gateway), ...answered(ClientToken) };
  },
});

const answered = (token: string | undefined) => (token === undefined ? {} : { ClientToken: token });

function askedIn({ ConnectivityType, AllocationId, PrivateIpAddress }: CreateNatGatewayCommandInput): NatGatewayRecord["asked"] {
  const isPrivate = ConnectivityType === "private";
  if (ConnectivityType !== undefined && ConnectivityType !== "public" && !isPrivate)
    throw invalidValue(`Value (${String(ConnectivityType)}) for parameter connectivityType is invalid. Unknown connectivity type.`);
  if (!isPrivate && AllocationId === undefined)
    throw new AwsError(
      "MissingParameter",
      "The request must include the AllocationId parameter. Add the required parameter and retry the request.",
    );
  if (isPrivate && AllocationId !== undefined)
    throw new AwsError("InvalidParameterCombination", "A private NAT gateway cannot have the parameter AllocationId.");
  return {
    ...(AllocationId !== undefined && { allocationId: AllocationId }),
    ...(PrivateIpAddress !== undefined && { privateIp: PrivateIpAddress }),
  };
}

function refuseAddress({ id, cidrBlock }: SubnetRecord, text: string | undefined, { state }: OperationContext): void {
  if (text === undefined) return;
  const [block, address] = [parseCidr(cidrBlock), parseAddress(text)];
  if (address === undefined) throw invalidValue(`invalid value for parameter address: ${text}`);
  if (!block || !contains(block, address)) throw invalidValue("Address does not fall within the subnet's address range");
  const { first, count } = assignable(block);
  if (address < first || address >= first + count) throw invalidValue("Address is in subnet's reserved address range");
  if (addressInUse(state, id, text)) throw new AwsError("InvalidIPAddress.InUse", `Address ${text} is in use.`);
}

function refuseTooMany({ availabilityZone }: SubnetRecord, context: OperationContext): void {
  const { state } = context;
  const inZone = state
    .table(natGateways)
    .by("scope", scopeKey(context))
    .filter((one) => one.deletedAt === undefined && state.table(subnets).get(one.subnetId)?.availabilityZone === availabilityZone);
  if (inZone.length >= MOST_IN_ZONE) throw new AwsError("NatGatewayLimitExceeded", "The maximum number of NAT Gateways has been reached.");
}

export const deleteNatGateway = operation("DeleteNatGateway", {
  authorize: onNamed("DeleteNatGateway", ({ NatGatewayId = "*" }) => [`natgateway/${NatGatewayId}`]),
  run({ NatGatewayId = "" }, { state, account, region }) {
    const gateways = state.table(natGateways);
    const gateway = gateways.get(NatGatewayId);
    if (gateway?.account !== account || gateway.region !== region) throw natGatewayNotFound(NatGatewayId);
    // A second request finds it leaving, or gone.
    if (gateway.state !== "deleting" && gateway.state !== "deleted")
      state.commit(() => gateways.replace(gateway, { ...gateway, state: "deleting" }));
    return { NatGatewayId };
  },
});
