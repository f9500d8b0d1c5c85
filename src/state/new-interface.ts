import { nextAddress } from "../decide/addresses/next-address.ts";
import { formatAddress, parseAddress, parseCidr } from "../domain/cidr.ts";
import type { Ids } from "../ports/ids.ts";
import { elasticAddresses, natGateways } from "./ec2-gateways.ts";
import { isReserved } from "./ec2-subnet-reservations.ts";
import type { SubnetRecord } from "./ec2.ts";
import { addressInUse, networkInterfaces, type NetworkInterfaceRecord } from "./network-interfaces.ts";
import type { State } from "./state.ts";

/** No address of a subnet is left. */
export class SubnetFullError extends Error {
  readonly subnetId: string;
  constructor(subnetId: string) {
    super(`no address of the subnet ${subnetId} is left`);
    this.name = "SubnetFullError";
    this.subnetId = subnetId;
  }
}

/** What a new interface is to be: where, whose, and what else its record holds. */
export interface NewInterface extends Pick<
  NetworkInterfaceRecord,
  | "loadBalancerArn"
  | "natGatewayId"
  | "vpcEndpointId"
  | "groupIds"
  | "description"
  | "clientToken"
  | "requesterId"
  | "tags"
  | "secondaryAddresses"
  | "sourceDestCheck"
> {
  readonly subnet: SubnetRecord;
  /** Any that is free where absent. Whether it may be had has been asked. */
  readonly address?: string;
  /** Milliseconds since the Unix epoch. */
  readonly now: number;
}

/**
 * Makes an interface in a subnet, of the subnet's account. Which address it gets is drawn: so one that somebody left is not the next one's, whose clients would reach a stranger.
 * Joins the open commit.
 * @throws SubnetFullError
 */
export function newInterface(state: State, ids: Ids, { subnet, address, now, ...more }: NewInterface): NetworkInterfaceRecord {
  return state.table(networkInterfaces).insert({
    id: `eni-${ids.hex(17)}`,
    account: subnet.account,
    region: subnet.region,
    vpcId: subnet.vpcId,
    subnetId: subnet.id,
    availabilityZone: subnet.availabilityZone,
    privateIpv4Address: address ?? drawnAddress(state, ids, subnet),
    chosen: address !== undefined,
    ...more,
    createdAt: now,
  });
}

/**
 * Gives the interfaces of a subnet addresses in the block that it has now: each as far from its beginning as before, where the block is as large.
 * Joins the open commit.
 * @throws SubnetFullError
 */
export function moveInterfaces(state: State, subnet: SubnetRecord, formerCidr: string): void {
  const [before, after] = [parseCidr(formerCidr), parseCidr(subnet.cidrBlock)];
  if (!before || !after) return;
  const table = state.table(networkInterfaces);
  for (const record of table.by("subnet", subnet.id)) {
    const moved = (address: string, others: readonly string[]): string => {
      const offset = (parseAddress(address) ?? before.base) - before.base;
      return nextFree(state, subnet, formatAddress(after.base + (offset % after.size) - 1), others);
    };
    const privateIpv4Address = moved(record.privateIpv4Address, []);
    const further: string[] = [];
    for (const address of record.secondaryAddresses ?? []) further.push(moved(address, [privateIpv4Address, ...further]));
    table.replace(record, { ...record, privateIpv4Address, ...(further.length > 0 && { secondaryAddresses: further }) });
    const former = [record.privateIpv4Address, ...(record.secondaryAddresses ?? [])];
    const renamed = new Map([privateIpv4Address, ...further].map((address, at) => [former[at] ?? "", address]));
    moveAssociations(state, record, renamed);
  }
}

/** What names an interface's address beside it goes where that went: an Elastic IP, a NAT gateway. @param renamed the new addresses by the former ones */
function moveAssociations(state: State, { id, natGatewayId }: NetworkInterfaceRecord, renamed: ReadonlyMap<string, string>): void {
  const moved = <A extends { readonly privateIp: string }>(one: A): A => ({
    ...one,
    privateIp: renamed.get(one.privateIp) ?? one.privateIp,
  });
  for (const { allocationId } of state.table(elasticAddresses).by("interface", id))
    state
      .table(elasticAddresses)
      .update(allocationId, (now) => ({ ...now, ...(now.association && { association: moved(now.association) }) }));
  if (natGatewayId !== undefined) state.table(natGateways).update(natGatewayId, (now) => ({ ...now, addresses: now.addresses.map(moved) }));
}

/** From the upper half of the subnet: those of tasks begin below, and a place for the next one may be made ready already. @throws SubnetFullError */
export function drawnAddress(state: State, ids: Ids, subnet: SubnetRecord): string {
  const block = parseCidr(subnet.cidrBlock);
  const half = block ? block.size / 2 : 0;
  return nextFree(state, subnet, block && formatAddress(block.base + half + (Number.parseInt(ids.hex(8), 16) % half)), []);
}

/** @param others addresses that are somebody's besides those of the records */
function nextFree(state: State, subnet: SubnetRecord, last: string | undefined, others: readonly string[]): string {
  const has = (address: string): boolean =>
    others.includes(address) || addressInUse(state, subnet.id, address) || isReserved(state, subnet.id, address);
  const choice = nextAddress({ cidr: subnet.cidrBlock, taken: { has }, ...(last === undefined ? {} : { last }) });
  if (choice.kind !== "address") throw new SubnetFullError(subnet.id);
  return choice.address;
}
