import type { Tag } from "@aws-sdk/client-ec2";
import { assignable } from "../decide/addresses/next-address.ts";
import { parseCidr } from "../domain/cidr.ts";
import { internalDomain } from "../domain/internal-domain.ts";
import { scopeKey, type Scope } from "../domain/scope.ts";
import type { SubnetRecord } from "./ec2.ts";
import { tasks } from "./ecs.ts";
import type { State } from "./state.ts";
import { defineTable, ofAccount } from "./table.ts";

/**
 * A network interface that is no task's: a load balancer's, a NAT gateway's, a VPC endpoint's, or one that somebody made. Those of tasks are in the tasks'
 * records. What its owner's record says is not repeated: the groups of load balancers and endpoints are there (`interface-groups.ts`).
 */
export interface NetworkInterfaceRecord {
  /** `eni-…`. */
  readonly id: string;
  readonly account: string;
  readonly region: string;
  readonly vpcId: string;
  readonly subnetId: string;
  readonly availabilityZone: string;
  /** The primary one. */
  readonly privateIpv4Address: string;
  /** Further addresses of the subnet, of interfaces that somebody made. */
  readonly secondaryAddresses?: readonly string[];
  /** Whether the address was asked for, by `PrivateIPv4Address`. */
  readonly chosen: boolean;
  /** Whose it is; none of the three where somebody made it by CreateNetworkInterface. */
  readonly loadBalancerArn?: string;
  readonly natGatewayId?: string;
  readonly vpcEndpointId?: string;
  /** The groups of one that somebody made; 1 to 5. */
  readonly groupIds?: readonly string[];
  readonly description?: string;
  /** Absent is AWS's default, true. */
  readonly sourceDestCheck?: boolean;
  readonly clientToken?: string;
  /** Who made it, as `aws:userid` has it. */
  readonly requesterId?: string;
  readonly tags?: readonly Tag[];
  /** Milliseconds since the Unix epoch, as below. */
  readonly createdAt: number;
  /** Set once its load balancer has left the subnet: until when it may finish there what is under way, and nobody else gets the address. */
  readonly leavingUntil?: number;
}

export const networkInterfaces = defineTable<NetworkInterfaceRecord>()("ec2.network-interfaces", ({ id }) => id, ofAccount, {
  scope: scopeKey,
  vpc: ({ vpcId }) => vpcId,
  subnet: ({ subnetId }) => subnetId,
  /** Those of a subnet that have more than one address. */
  severalIn: ({ subnetId, secondaryAddresses = [] }) => (secondaryAddresses.length > 0 ? subnetId : undefined),
  address: (record) => addressesOf(record).map((address) => `${record.subnetId}/${address}`),
  loadBalancer: ({ loadBalancerArn }) => loadBalancerArn,
  natGateway: ({ natGatewayId }) => natGatewayId,
  vpcEndpoint: ({ vpcEndpointId }) => vpcEndpointId,
  /** Addresses of VPC endpoints; no two VPCs on this host have the same. */
  endpointAddress: ({ vpcEndpointId, privateIpv4Address }) => (vpcEndpointId === undefined ? undefined : privateIpv4Address),
  group: ({ groupIds }) => groupIds,
});

/** The primary address and the others. */
function addressesOf({ privateIpv4Address, secondaryAddresses = [] }: NetworkInterfaceRecord): readonly string[] {
  return [privateIpv4Address, ...secondaryAddresses];
}

/** Whether an address of a subnet is somebody's: a task's that has not stopped, or another interface's. Costs nothing more where there are many. */
export function addressInUse(state: State, subnetId: string, address: string): boolean {
  const key = `${subnetId}/${address}`;
  return (
    state.table(networkInterfaces).count("address", key) > 0 ||
    state
      .table(tasks)
      .by("address", key)
      .some(({ lastStatus }) => lastStatus !== "STOPPED")
  );
}

/** How many addresses of a subnet are in use. */
export function addressesInUse(state: State, subnetId: string): number {
  const table = state.table(networkInterfaces);
  const further = table.by("severalIn", subnetId).reduce((sum, { secondaryAddresses = [] }) => sum + secondaryAddresses.length, 0);
  return state.table(tasks).count("subnet", subnetId) + table.count("subnet", subnetId) + further;
}

/** How many addresses of a subnet are nobody's. */
export function freeAddresses(state: State, { id, cidrBlock }: Pick<SubnetRecord, "id" | "cidrBlock">): number {
  const block = parseCidr(cidrBlock);
  return block ? assignable(block).count - addressesInUse(state, id) : 0;
}

/** What an interface with this address is called besides. */
export function interfaceNames(address: string, { region }: Scope): { readonly macAddress: string; readonly privateDnsName: string } {
  return { macAddress: macOf(address), privateDnsName: `ip-${address.replaceAll(".", "-")}.${internalDomain(region)}` };
}

/** A locally administered address that is unique as the IP address is. */
function macOf(address: string): string {
  return ["02", "42", ...address.split(".").map((part) => Number(part).toString(16).padStart(2, "0"))].join(":");
}
