import { assignable } from "../decide/addresses/next-address.ts";
import { parseCidr } from "../domain/cidr.ts";
import { scopeKey, type Scope } from "../domain/scope.ts";
import type { SubnetRecord } from "./ec2.ts";
import { tasks } from "./ecs.ts";
import type { State } from "./state.ts";
import { defineTable, ofAccount } from "./table.ts";

/**
 * A network interface that a service of AWS has in somebody's subnet: a load balancer's. Those of tasks are in the tasks' records. What its owner's
 * record says is not repeated: security groups, the scheme.
 */
export interface NetworkInterfaceRecord {
  /** `eni-…`. */
  readonly id: string;
  readonly account: string;
  readonly region: string;
  readonly vpcId: string;
  readonly subnetId: string;
  readonly availabilityZone: string;
  readonly privateIpv4Address: string;
  /** Whether the address was asked for, by `PrivateIPv4Address`. */
  readonly chosen: boolean;
  readonly loadBalancerArn: string;
  /** Milliseconds since the Unix epoch, as below. */
  readonly createdAt: number;
  /** Set once its load balancer has left the subnet: until when it may finish there what is under way, and nobody else gets the address. */
  readonly leavingUntil?: number;
}

export const networkInterfaces = defineTable<NetworkInterfaceRecord>()("ec2.network-interfaces", ({ id }) => id, ofAccount, {
  scope: scopeKey,
  vpc: ({ vpcId }) => vpcId,
  subnet: ({ subnetId }) => subnetId,
  address: ({ subnetId, privateIpv4Address }) => `${subnetId}/${privateIpv4Address}`,
  loadBalancer: ({ loadBalancerArn }) => loadBalancerArn,
});

/** Whether an address of a subnet is somebody's: a task's that has not stopped, or a load balancer's. Costs nothing more where there are many. */
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
  return state.table(tasks).count("subnet", subnetId) + state.table(networkInterfaces).count("subnet", subnetId);
}

/** How many addresses of a subnet are nobody's. */
export function freeAddresses(state: State, { id, cidrBlock }: Pick<SubnetRecord, "id" | "cidrBlock">): number {
  const block = parseCidr(cidrBlock);
  return block ? assignable(block).count - addressesInUse(state, id) : 0;
}

/** What an interface with this address is called besides. */
export function interfaceNames(address: string, { region }: Scope): { readonly macAddress: string; readonly privateDnsName: string } {
  const domain = region === "us-east-1" ? "ec2" : `${region}.compute`;
  return { macAddress: macOf(address), privateDnsName: `ip-${address.replaceAll(".", "-")}.${domain}.internal` };
}

/** A locally administered address that is unique as the IP address is. */
function macOf(address: string): string {
  return ["02", "42", ...address.split(".").map((part) => Number(part).toString(16).padStart(2, "0"))].join(":");
}
