import type { CreateVpcEndpointCommandInput } from "@aws-sdk/client-ec2";
import { defined } from "../../../domain/defined.ts";
import type { EndpointService } from "../../../domain/endpoint-services.ts";
import { scopeKey } from "../../../domain/scope.ts";
import { vpcEndpoints, type VpcEndpointRecord } from "../../../state/ec2-endpoints.ts";
import type { VpcRecord } from "../../../state/ec2.ts";
import { defaultGivesWay, putEndpoint, type NewEndpoint } from "../../../state/new-endpoint.ts";
import { AwsError } from "../../aws-error.ts";
import type { OperationContext } from "../../operation.ts";
import { operation, unsupported } from "../ec2-operation.ts";
import { groupsFor } from "../interfaces/interface-groups.ts";
import { drawing } from "../interfaces/wanted-address.ts";
import { tagsFor } from "../security-groups.ts";
import { requireVpc } from "../vpcs.ts";
import { refuseDnsOptions } from "./dns-options.ts";
import { onNewEndpoint } from "./endpoint-permissions.ts";
import { invalidParameter, placesIn, policyText, refusePrivateDns, requireService, tablesFor } from "./endpoint-parts.ts";
import { shownEndpoint } from "./endpoint-view.ts";

/** Of one VPC. Source: AWS PrivateLink quotas. */
const MOST_INTERFACE_ENDPOINTS = 50;
/** Of one region. Source: the same. */
const MOST_GATEWAY_ENDPOINTS = 20;

export const createVpcEndpoint = operation("CreateVpcEndpoint", {
  authorize: onNewEndpoint,
  run(input, context) {
    const { state, ids } = context;
    const type = typeOf(input);
    const { ServiceName: serviceName, VpcId = "", ClientToken: clientToken } = input;
    if (serviceName === undefined) throw new AwsError("MissingParameter", "The request must contain the parameter ServiceName");
    const before = clientToken === undefined ? undefined : madeWith(context, clientToken);
    if (before) {
      if (before.vpcId !== VpcId || before.serviceName !== serviceName || before.type !== type)
        throw new AwsError(
          "IdempotentParameterMismatch",
          `The client token '${before.clientToken ?? ""}' was used with other parameters before.`,
        );
      return { VpcEndpoint: shownEndpoint(before, context), ClientToken: clientToken };
    }
    const service = requireService(context.region, serviceName, type);
    const vpc = requireVpc(context, VpcId);
    const common = {
      vpc,
      serviceName,
      tags: tagsFor("vpc-endpoint", input.TagSpecifications),
      now: context.now,
      ...defined({ clientToken, policy: input.PolicyDocument === undefined ? undefined : policyText(input.PolicyDocument) }),
    };
    const wanted: NewEndpoint =
      type === "Gateway"
        ? { ...common, type, ...gatewayParts(input, vpc, context) }
        : { ...common, type, ...interfaceParts(input, vpc, service, context) };
    refuseMore(context, vpc, type);
    const made = drawing(() =>
      state.commit(() => {
        defaultGivesWay(state, { ...wanted, vpcId: vpc.id });
        return putEndpoint(state, ids, wanted);
      }),
    );
    return { VpcEndpoint: shownEndpoint(made, context), ...defined({ ClientToken: clientToken }) };
  },
});

/** @throws UnsupportedOperation that names what cannot be had here */
function typeOf({
  VpcEndpointType: type = "Gateway",
  ServiceNetworkArn,
  ResourceConfigurationArn,
  ServiceRegion,
  ServiceName,
}: CreateVpcEndpointCommandInput): VpcEndpointRecord["type"] {
  for (const [member, value] of Object.entries({ ServiceNetworkArn, ResourceConfigurationArn }))
    if (value !== undefined) throw unsupported(`The parameter ${member} is not supported.`);
  if (ServiceRegion !== undefined && !ServiceName?.split(".").includes(ServiceRegion))
    throw unsupported("The parameter ServiceRegion is not supported: services are reached in the region of the VPC.");
  if (type === "Interface" || type === "Gateway") return type;
  throw unsupported(`Endpoints of the type ${type} are not supported.`);
}

type Parts = Pick<
  NewEndpoint,
  "state" | "privateDnsEnabled" | "places" | "groupIds" | "routeTableIds" | "privateDnsOnlyForInboundResolverEndpoint"
>;

function gatewayParts(input: CreateVpcEndpointCommandInput, vpc: VpcRecord, context: OperationContext): Parts {
  const { SubnetIds = [], SecurityGroupIds = [], SubnetConfigurations = [], RouteTableIds = [], DnsOptions, IpAddressType } = input;
  for (const [what, list] of Object.entries({ "Subnet ids": SubnetIds, "Security group ids": SecurityGroupIds, SubnetConfigurations }))
    if (list.length > 0) throw invalidParameter(`${what} are not supported for Gateway type VPC Endpoint.`);
  if (input.PrivateDnsEnabled) throw invalidParameter("Private DNS can't be enabled for Gateway type VPC Endpoint.");
  if (DnsOptions !== undefined && Object.values(DnsOptions).some((value) => value !== undefined))
    throw invalidParameter("DnsOptions are not supported for Gateway type VPC Endpoint.");
  if (IpAddressType !== undefined && IpAddressType !== "ipv4")
    throw unsupported("The parameter IpAddressType is supported with ipv4 only.");
  const routeTableIds = tablesFor(context, vpc, input.ServiceName ?? "", RouteTableIds);
  return { state: "available", privateDnsEnabled: false, places: [], groupIds: [], routeTableIds };
}

function interfaceParts(input: CreateVpcEndpointCommandInput, vpc: VpcRecord, service: EndpointService, context: OperationContext): Parts {
  const { SubnetIds = [], SubnetConfigurations = [], RouteTableIds = [] } = input;
  if (RouteTableIds.length > 0) throw invalidParameter("Route table ids are not supported for Interface type VPC Endpoint.");
  const onlyForInbound = refuseDnsOptions(input, service);
  const named = [...new Set([...SubnetIds, ...(SubnetIds.length > 0 ? [] : SubnetConfigurations.map(({ SubnetId = "" }) => SubnetId))])];
  const places = placesIn(context, vpc, named, SubnetConfigurations, []);
  const groupIds = groupsFor(context, vpc.id, input.SecurityGroupIds);
  // AWS enables it where nothing is said, and the service has names.
  const privateDnsEnabled = input.PrivateDnsEnabled ?? service.privateDnsNames.length > 0;
  // Of S3 alone, whose names lead to the gateway endpoint then. True where private DNS is on and nothing is said.
  const privateDnsOnly = service.types.includes("Gateway") && privateDnsEnabled ? (onlyForInbound ?? true) : onlyForInbound;
  if (privateDnsEnabled) refusePrivateDns(context, vpc, service, privateDnsOnly);
  return {
    state: "pending",
    privateDnsEnabled,
    places,
    groupIds,
    routeTableIds: [],
    ...defined({ privateDnsOnlyForInboundResolverEndpoint: privateDnsOnly }),
  };
}

function madeWith({ state, ...scope }: OperationContext, token: string): VpcEndpointRecord | undefined {
  return state
    .table(vpcEndpoints)
    .by("scope", scopeKey(scope))
    .find(({ clientToken }) => clientToken === token);
}

function refuseMore({ state, ...scope }: OperationContext, vpc: VpcRecord, type: VpcEndpointRecord["type"]): void {
  const table = state.table(vpcEndpoints);
  const [all, most] =
    type === "Interface"
      ? [table.by("vpc", vpc.id), MOST_INTERFACE_ENDPOINTS]
      : [table.by("scope", scopeKey(scope)), MOST_GATEWAY_ENDPOINTS];
  if (all.filter((one) => one.type === type).length >= most)
    throw new AwsError("VpcEndpointLimitExceeded", `The maximum number of ${type} VPC endpoints has been reached.`);
}
