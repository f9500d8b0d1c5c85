import { servicePublicAddress } from "../../../domain/aws-prefix-lists.ts";
import type { WorldInterface } from "../../../domain/network-world.ts";
import { scopeKey } from "../../../domain/scope.ts";
import { vpcEndpoints } from "../../../state/ec2-endpoints.ts";
import { internetGateways } from "../../../state/ec2-gateways.ts";
import { tasks } from "../../../state/ecs.ts";
import { interfaceInWorld, taskInWorld } from "../../../state/network-world.ts";
import { networkInterfaces } from "../../../state/network-interfaces.ts";
import { AwsError } from "../../aws-error.ts";
import type { OperationContext } from "../../operation.ts";
import { invalidValue } from "../ec2-operation.ts";

/** Whoever is on the internet. */
const SOMEBODY = "192.0.2.1";

/** An end of a path: the interfaces that it is, or an address outside of all VPCs. */
export interface PathEnd {
  readonly interfaces: readonly WorldInterface[];
  readonly address: string;
}

/** What an id of the caller's account and region names. @throws InvalidParameterValue for a kind that cannot be an end, and NotFound */
export function endOf(context: OperationContext, id: string, which: "source" | "destination"): PathEnd {
  if (id.startsWith("eni-")) return ofInterfaces([interfaceOf(context, id)]);
  if (id.startsWith("igw-")) {
    const gateway = context.state.table(internetGateways).get(id);
    if (!gateway || scopeKey(gateway) !== scopeKey(context))
      throw new AwsError("InvalidInternetGatewayID.NotFound", `The internetGateway ID '${id}' does not exist`);
    return { interfaces: [], address: SOMEBODY };
  }
  if (id.startsWith("vpce-") && which === "destination") return ofEndpoint(context, id);
  throw invalidValue(
    `Value (${id}) for parameter ${which} is invalid. It is no network interface, internet gateway or VPC endpoint that a path can have there.`,
  );
}

function interfaceOf(context: OperationContext, id: string): WorldInterface {
  const { state } = context;
  const record = state.table(networkInterfaces).get(id);
  if (record && scopeKey(record) === scopeKey(context)) return interfaceInWorld(state, record);
  const task = state.table(tasks).by("interface", id)[0];
  const own = task && scopeKey(task) === scopeKey(context) ? taskInWorld(state, task) : undefined;
  if (!own) throw new AwsError("InvalidNetworkInterfaceID.NotFound", `The networkInterface ID '${id}' does not exist`);
  return own;
}

function ofEndpoint(context: OperationContext, id: string): PathEnd {
  const { state, region } = context;
  const endpoint = state.table(vpcEndpoints).get(id);
  if (!endpoint || scopeKey(endpoint) !== scopeKey(context))
    throw new AwsError("InvalidVpcEndpointId.NotFound", `The Vpc Endpoint Id '${id}' does not exist`);
  if (endpoint.type === "Gateway")
    return { interfaces: [], address: servicePublicAddress(region, endpoint.serviceName.split(".").slice(3).join(".")) };
  return ofInterfaces(
    state
      .table(networkInterfaces)
      .by("vpcEndpoint", id)
      .map((record) => interfaceInWorld(state, record)),
  );
}

function ofInterfaces(interfaces: readonly WorldInterface[]): PathEnd {
  return { interfaces, address: interfaces[0]?.address ?? SOMEBODY };
}
