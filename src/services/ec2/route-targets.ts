import { keyInScope, type Scope } from "../../domain/scope.ts";
import { egressOnlyInternetGateways, internetGateways, natGateways } from "../../state/ec2-gateways.ts";
import { vpcPeerings } from "../../state/ec2-peering.ts";
import type { RouteTableRecord, RouteTarget } from "../../state/ec2-routing.ts";
import { networkInterfaces } from "../../state/network-interfaces.ts";
import { AwsError } from "../aws-error.ts";
import type { OperationContext } from "../operation.ts";
import { invalidValue } from "./ec2-operation.ts";
import { peeringNotFound } from "./peerings.ts";
import { refuseUnsupported } from "./request-members.ts";
import { egressOnlyGatewayNotFound } from "./egress-only-gateways.ts";
import { differentNetworks } from "./route-table-associations.ts";

/** The members by which CreateRoute and ReplaceRoute name a target. */
export interface TargetInput {
  readonly GatewayId?: string | undefined;
  readonly EgressOnlyInternetGatewayId?: string | undefined;
  readonly NatGatewayId?: string | undefined;
  readonly NetworkInterfaceId?: string | undefined;
  readonly VpcEndpointId?: string | undefined;
  readonly VpcPeeringConnectionId?: string | undefined;
  readonly InstanceId?: string | undefined;
  readonly TransitGatewayId?: string | undefined;
  readonly LocalGatewayId?: string | undefined;
  readonly CarrierGatewayId?: string | undefined;
  readonly CoreNetworkArn?: string | undefined;
  readonly OdbNetworkArn?: string | undefined;
}

const NOT_HERE = {
  InstanceId: "there are no instances",
  TransitGatewayId: "there are no transit gateways",
  LocalGatewayId: "there are no Outposts",
  CarrierGatewayId: "there are no Wavelength Zones",
  CoreNetworkArn: "there are no core networks",
  OdbNetworkArn: "there are no Oracle Database networks",
} as const;

const MEMBERS = [
  "GatewayId",
  "EgressOnlyInternetGatewayId",
  "NatGatewayId",
  "NetworkInterfaceId",
  "VpcEndpointId",
  "VpcPeeringConnectionId",
] as const;

/**
 * The target that a request names, which is there, in the table's VPC, and of a kind that the destination may have.
 * @param ipv6 whether the destination is one of IPv6
 * @throws MissingParameter, InvalidParameterCombination, UnsupportedOperation, Invalid….NotFound, InvalidParameterValue
 */
export function targetIn(input: TargetInput, table: RouteTableRecord, ipv6: boolean, context: OperationContext): RouteTarget {
  refuseUnsupported(input, NOT_HERE);
  const [member, ...more] = MEMBERS.filter((one) => input[one] !== undefined);
  const listed = MEMBERS.map((one) => `${one.slice(0, 1).toLowerCase()}${one.slice(1)}`).join(", ");
  if (member === undefined) throw new AwsError("MissingParameter", `The request must contain exactly one of ${listed}`);
  if (more.length > 0) throw new AwsError("InvalidParameterCombination", `The request must contain exactly one of ${listed}`);
  return FIND[member](input[member] ?? "", { table, ipv6, context });
}

interface At {
  readonly table: RouteTableRecord;
  readonly ipv6: boolean;
  readonly context: OperationContext;
}

const FIND: Readonly<Record<(typeof MEMBERS)[number], (id: string, at: At) => RouteTarget>> = {
  GatewayId(id, { table, context }) {
    if (id.startsWith("vgw-"))
      throw new AwsError("UnsupportedOperation", `The gateway ${id} is not supported here: there are no virtual private gateways.`);
    const gateway = own(context.state.table(internetGateways).get(id), context);
    if (!gateway) throw new AwsError("InvalidGatewayID.NotFound", `The gateway ID '${id}' does not exist`);
    if (gateway.vpcId !== table.vpcId) throw differentNetworks(table, `network gateway ${id}`);
    return { kind: "internet-gateway", id };
  },
  EgressOnlyInternetGatewayId(id, { table, ipv6, context }) {
    const gateway = own(context.state.table(egressOnlyInternetGateways).get(id), context);
    if (!gateway) throw egressOnlyGatewayNotFound(id);
    if (!ipv6) throw invalidValue(`The egress-only internet gateway ${id} can only be the target of a route with an IPv6 destination.`);
    if (gateway.vpcId !== table.vpcId) throw differentNetworks(table, `egress-only internet gateway ${id}`);
    return { kind: "egress-only-internet-gateway", id };
  },
  NatGatewayId(id, { table, context }) {
    const gateway = own(context.state.table(natGateways).get(id), context);
    if (!gateway || (gateway.state !== "available" && gateway.state !== "pending"))
      throw new AwsError("InvalidNatGatewayID.NotFound", `The natGateway ID '${id}' does not exist`);
    if (gateway.vpcId !== table.vpcId) throw differentNetworks(table, `NAT gateway ${id}`);
    return { kind: "nat-gateway", id };
  },
  NetworkInterfaceId(id, { table, context }) {
    const found = own(context.state.table(networkInterfaces).get(id), context);
    if (!found) throw new AwsError("InvalidNetworkInterfaceID.NotFound", `The networkInterface ID '${id}' does not exist`);
    if (found.vpcId !== table.vpcId) throw differentNetworks(table, `interface ${id}`);
    if (found.loadBalancerArn !== undefined || found.natGatewayId !== undefined || found.vpcEndpointId !== undefined)
      throw new AwsError("UnsupportedOperation", `The interface ${id} is not supported here as a target: it belongs to a service of AWS.`);
    return { kind: "network-interface", id };
  },
  VpcEndpointId(id) {
    throw new AwsError(
      "UnsupportedOperation",
      `The VPC endpoint ${id} is not supported here as a target: there are no Gateway Load Balancer endpoints.`,
    );
  },
  // Also one that is not accepted yet: the route leads nowhere until it is.
  VpcPeeringConnectionId(id, { table, context }) {
    const peering = context.state.table(vpcPeerings).get(keyInScope(context, id));
    if (!peering || (peering.status !== "active" && peering.status !== "pending-acceptance")) throw peeringNotFound(id);
    if (peering.requester.vpcId !== table.vpcId && peering.accepter.vpcId !== table.vpcId)
      throw differentNetworks(table, `VPC peering connection ${id}`);
    return { kind: "vpc-peering-connection", id };
  },
};

function own<R extends Scope>(found: R | undefined, { account, region }: OperationContext): R | undefined {
  return found?.account === account && found.region === region ? found : undefined;
}
