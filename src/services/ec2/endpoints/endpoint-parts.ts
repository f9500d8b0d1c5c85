import type { SubnetConfiguration } from "@aws-sdk/client-ec2";
import { parsePolicy } from "../../../decide/iam/parse-policy.ts";
import { endpointService, type EndpointService } from "../../../domain/endpoint-services.ts";
import { vpcEndpoints, type VpcEndpointRecord } from "../../../state/ec2-endpoints.ts";
import { routeTables } from "../../../state/ec2-routing.ts";
import { subnets, type VpcRecord } from "../../../state/ec2.ts";
import { hostedZones, nameInVpc } from "../../../state/route53.ts";
import { prefixListOf, type EndpointPlace } from "../../../state/new-endpoint.ts";
import { AwsError } from "../../aws-error.ts";
import type { OperationContext } from "../../operation.ts";
import { refuseAddress, refuseFullSubnet } from "../interfaces/wanted-address.ts";
import { routeTableNotFound } from "../route-tables.ts";
import { subnetNotFound } from "../subnets.ts";
import { hasDnsHostnames, hasDnsSupport } from "../vpc-attributes.ts";

/** Characters, white space not counted. Source: AWS PrivateLink User Guide, quotas. */
const LONGEST_POLICY = 20_480;

export function invalidParameter(message: string): AwsError {
  return new AwsError("InvalidParameter", message);
}

/** @throws InvalidServiceName, InvalidParameter where the service has no endpoints of this type */
export function requireService(region: string, name: string, type: VpcEndpointRecord["type"]): EndpointService {
  const service = endpointService(region, name);
  if (!service) throw serviceNotFound(name);
  if (!service.types.includes(type))
    throw invalidParameter(`Endpoint type (${type}) does not match available service types ([${service.types.join(", ")}]).`);
  return service;
}

export function serviceNotFound(name: string): AwsError {
  return new AwsError("InvalidServiceName", `The Vpc Endpoint Service '${name}' does not exist`);
}

/**
 * Where an endpoint is to have interfaces: subnets of its VPC, one in each zone, and addresses for them where some are asked for.
 * @param present the subnets that it has already
 * @throws InvalidSubnetID.NotFound, DuplicateSubnetsInSameZone, InvalidParameter, and what `refuseAddress` throws
 */
export function placesIn(
  { state, account, region }: OperationContext,
  vpc: VpcRecord,
  ids: readonly string[],
  configurations: readonly SubnetConfiguration[],
  present: readonly string[],
): readonly EndpointPlace[] {
  const zones = new Map(present.map((id) => [state.table(subnets).get(id)?.availabilityZone, id]));
  for (const { SubnetId: id = "" } of configurations)
    if (!ids.includes(id)) throw invalidParameter(`Subnet ${id} in SubnetConfigurations is not specified in the list of SubnetIds`);
  return ids.map((id) => {
    const subnet = state.table(subnets).get(id);
    if (!subnet || subnet.account !== account || subnet.region !== region) throw subnetNotFound(id);
    if (subnet.vpcId !== vpc.id) throw invalidParameter(`Subnet ${id} does not belong to VPC ${vpc.id}.`);
    const other = zones.get(subnet.availabilityZone);
    if (other !== undefined)
      throw new AwsError("DuplicateSubnetsInSameZone", `Found another VPC endpoint subnet in the availability zone of ${other}`);
    zones.set(subnet.availabilityZone, id);
    const { Ipv4: address, Ipv6 } = configurations.find(({ SubnetId }) => SubnetId === id) ?? {};
    if (Ipv6 !== undefined) throw invalidParameter(`Ipv6 is not supported for subnet ${id}: the endpoint's IP address type is ipv4.`);
    if (address !== undefined) refuseAddress(state, subnet, address);
    refuseFullSubnet(state, subnet, 1);
    return { subnet, ...(address !== undefined && { address }) };
  });
}

/** Route tables of a VPC, none of which leads to the service already but by what gives way. @throws InvalidRouteTableId.NotFound, RouteAlreadyExists */
export function tablesFor(
  { state, account, region }: OperationContext,
  vpc: VpcRecord,
  serviceName: string,
  ids: readonly string[],
): readonly string[] {
  const destination = prefixListOf(region, serviceName);
  const wanted = [...new Set(ids)];
  for (const id of wanted) {
    const table = state.table(routeTables).get(id);
    if (!table || table.account !== account || table.region !== region) throw routeTableNotFound(id);
    if (table.vpcId !== vpc.id) throw invalidParameter(`Route table ${id} does not belong to VPC ${vpc.id}.`);
    const leads = table.routes.find((route) => route.destination === destination);
    if (leads && !state.table(vpcEndpoints).get(leads.target.id)?.cameWithVpc)
      throw new AwsError(
        "RouteAlreadyExists",
        `route table ${id} already has a route with destination-prefix-list-id ${destination ?? ""}`,
      );
  }
  return wanted;
}

/** The text as it was given. @throws InvalidPolicyDocument */
export function policyText(text: string): string {
  const parsed = parsePolicy(text, "resource");
  if ("refusal" in parsed) throw new AwsError("InvalidPolicyDocument", parsed.refusal);
  if (parsed.policy.statements.some(({ principal }) => !principal))
    throw new AwsError("InvalidPolicyDocument", "Missing required field Principal");
  if (text.replaceAll(/\s/g, "").length > LONGEST_POLICY)
    throw new AwsError("InvalidPolicyDocument", `Policy document exceeds the maximum size of ${LONGEST_POLICY} characters`);
  return text;
}

/**
 * What the service's own names leading to an endpoint takes: attributes of the VPC, and that nobody else answers for the names there but what gives way.
 * @param except the endpoint that it is about, where it is there already
 * @throws InvalidParameter
 */
export function refusePrivateDns(
  { state }: OperationContext,
  vpc: VpcRecord,
  service: EndpointService,
  onlyForInboundResolver: boolean | undefined,
  except?: string,
): void {
  const [first] = service.privateDnsNames;
  if (first === undefined)
    throw invalidParameter(`Private DNS can't be enabled because the service ${service.name} does not provide a private DNS name.`);
  if (!hasDnsSupport(vpc) || !hasDnsHostnames(vpc))
    throw invalidParameter(
      `Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC attributes set to true for ${vpc.id}`,
    );
  const own = state.table(vpcEndpoints).by("service", `${vpc.id}/${service.name}`);
  const zoneName = `${first.replace(/^\*\./, "")}.`;
  if (
    own.some(({ id, privateDnsEnabled, cameWithVpc }) => privateDnsEnabled && !cameWithVpc && id !== except) ||
    state.table(hostedZones).count("nameInVpc", nameInVpc(vpc.id, zoneName)) > 0
  )
    throw invalidParameter(
      `private-dns-enabled cannot be set because there is already a conflicting DNS domain for ${first.replace(/^\*\./, "")} in the VPC ${vpc.id}`,
    );
  if (onlyForInboundResolver === true && !own.some(({ type }) => type === "Gateway"))
    throw invalidParameter(
      `To set PrivateDnsOnlyForInboundResolverEndpoint to true, the VPC ${vpc.id} must have a Gateway endpoint for the service.`,
    );
}
