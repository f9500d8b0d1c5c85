import type { SeenService } from "../decide/reachability/service-path.ts";
import { servicePublicAddress } from "../domain/aws-prefix-lists.ts";
import { endpointService } from "../domain/endpoint-services.ts";
import { dnsSuffixOf } from "../domain/partition.ts";
import { vpcEndpoints, type VpcEndpointRecord } from "./ec2-endpoints.ts";
import { interfaceInWorld } from "./network-world.ts";
import { networkInterfaces } from "./network-interfaces.ts";
import type { State } from "./state.ts";
import type { WorldInterface } from "../domain/network-world.ts";

/** A service as it is seen from a VPC, and the interfaces of its endpoint there. */
export interface ServiceFromVpc extends SeenService {
  /** `com.amazonaws.us-east-1.ecr.api`. */
  readonly fullName: string;
  readonly interfaces: readonly WorldInterface[];
}

/** What the name of a service of AWS's means in a VPC. @param name `ecr.api` */
export function serviceFromVpc(state: State, vpcId: string, region: string, name: string): ServiceFromVpc {
  const fullName = `com.amazonaws.${region}.${name}`;
  const interfaces = privateEndpointsOf(state, vpcId, fullName).flatMap(({ id }) =>
    state
      .table(networkInterfaces)
      .by("vpcEndpoint", id)
      .map((record) => interfaceInWorld(state, record)),
  );
  return {
    ...{ name, fullName, interfaces },
    host: `${endpointService(region, fullName)?.host ?? `${name}.${region}`}.${dnsSuffixOf(region)}`,
    publicAddress: servicePublicAddress(region, name),
    endpointAddresses: interfaces.map(({ address }) => address),
  };
}

/** The interface endpoints to which a service's own names lead in a VPC. */
export function privateEndpointsOf(state: State, vpcId: string, fullName: string): readonly VpcEndpointRecord[] {
  return state
    .table(vpcEndpoints)
    .by("service", `${vpcId}/${fullName}`)
    .filter(({ type, privateDnsEnabled, state: is }) => type === "Interface" && privateDnsEnabled && is === "available");
}
