import { nextAddress } from "../../decide/addresses/next-address.ts";
import { isWithinBlock } from "../../decide/addresses/vpc-block.ts";
import { subnetForNext } from "../../decide/placement/spread.ts";
import type { Ids } from "../../ports/ids.ts";
import { toldNames } from "../../state/ec2-dhcp-options.ts";
import { isReserved } from "../../state/ec2-subnet-reservations.ts";
import { securityGroups, subnets, vpcs, type SubnetRecord, type VpcRecord } from "../../state/ec2.ts";
import { tasks, type TaskInterface, type TaskRecord } from "../../state/ecs.ts";
import { defaultGroupOf } from "../../state/default-vpc.ts";
import { addressInUse, interfaceNames } from "../../state/network-interfaces.ts";
import {
  arePublicAddressesReachable,
  drawPublicAddress,
  wantsPublicAddress,
  type NoPublicAddressError,
} from "../../state/public-addresses.ts";
import type { WholeState } from "../../state/state.ts";

/**
 * Gives an awsvpc task its network interface, or tells in AWS's words why there is none. Reads only; `lastAddress` spreads reuse. This is the
 * last door: whatever made the task, its subnets and security groups are those of its account and region. Costs a look at each of its subnets
 * and at the addresses between the last one and the next free one, however many tasks there are.
 */
export function attachInterface(
  state: WholeState,
  ids: Ids,
  task: TaskRecord,
  lastAddress: Map<string, string>,
): TaskInterface | { readonly failure: string } {
  const configuration = task.networkConfiguration?.awsvpcConfiguration;
  const own = state.of(task.account);
  const wanted = (configuration?.subnets ?? [])
    .flatMap((id) => own.table(subnets).get(id) ?? [])
    .filter(({ region }) => region === task.region);
  const subnet = chooseSubnet(state, task, wanted);
  const vpc = subnet && own.table(vpcs).get(subnet.vpcId);
  if (!subnet || !vpc) return { failure: "Unexpected EC2 error while attempting to Create Network Interface: InvalidSubnetID.NotFound" };
  const groups = configuration?.securityGroups;
  if (groups?.some((id) => own.table(securityGroups).get(id)?.vpcId !== vpc.id))
    return { failure: "Unexpected EC2 error while attempting to Create Network Interface: InvalidGroup.NotFound" };
  const place = nextPlace(state, subnet, vpc, lastAddress.get(subnet.id));
  if (!place) return { failure: "Unexpected EC2 error while attempting to Create Network Interface: InsufficientFreeAddressesInSubnet" };
  lastAddress.set(subnet.id, place.privateIpv4Address);
  return {
    attachmentId: ids.uuid(),
    networkInterfaceId: `eni-${ids.hex(17)}`,
    subnetId: subnet.id,
    availabilityZone: subnet.availabilityZone,
    ...place,
    securityGroups: groups && groups.length > 0 ? groups : [defaultGroupOf(own, vpc.id).id],
  };
}

/**
 * The same interface with a public address of the operator's range, where the task was to have one and this host leads there. Joins the open commit.
 * @throws NoPublicAddressError
 */
export function withPublicAddress(state: WholeState, ids: Ids, task: TaskRecord, attached: TaskInterface): TaskInterface {
  if (!wantsPublicAddress(task) || !arePublicAddressesReachable(state)) return attached;
  return { ...attached, publicIpv4Address: drawPublicAddress(state, ids, task, task.arn) };
}

export function noPublicAddress({ message }: NoPublicAddressError): string {
  return `Unexpected EC2 error while attempting to Create Network Interface: InsufficientAddressCapacity (${message})`;
}

/** What a container notices of its interface. */
export type InterfacePlace = Pick<
  TaskInterface,
  "vpcId" | "vpcCidr" | "isFurtherBlock" | "privateIpv4Address" | "macAddress" | "privateDnsName" | "toldNames"
>;

/** Where the next task of a task's subnet will be, as far as can be told now. */
export function foreseenPlace(state: WholeState, task: TaskRecord, lastAddress: ReadonlyMap<string, string>): InterfacePlace | undefined {
  const own = state.of(task.account);
  const subnet = own.table(subnets).get(task.networkInterface?.subnetId ?? "");
  const vpc = subnet && own.table(vpcs).get(subnet.vpcId);
  return vpc && nextPlace(state, subnet, vpc, lastAddress.get(subnet.id));
}

function nextPlace(state: WholeState, subnet: SubnetRecord, vpc: VpcRecord, last: string | undefined): InterfacePlace | undefined {
  const inUse = (address: string): boolean => addressInUse(state, subnet.id, address) || isReserved(state, subnet.id, address);
  const planned = nextAddress({ cidr: subnet.cidrBlock, taken: { has: inUse }, ...(last === undefined ? {} : { last }) });
  if (planned.kind !== "address") return undefined;
  const { address } = planned;
  const names = toldNames(state, vpc);
  return {
    vpcId: vpc.id,
    ...blockOf(subnet, vpc),
    privateIpv4Address: address,
    ...interfaceNames(address, subnet),
    ...(names && { toldNames: names }),
  };
}

/** Of which block of its VPC a subnet is: each has a network of its own on this host. */
function blockOf(
  { cidrBlock }: SubnetRecord,
  { cidrBlock: first, moreBlocks = [] }: VpcRecord,
): Pick<TaskInterface, "vpcCidr" | "isFurtherBlock"> {
  const further = moreBlocks.find((more) => isWithinBlock(cidrBlock, more.cidrBlock));
  return further ? { vpcCidr: further.cidrBlock, isFurtherBlock: true } : { vpcCidr: first };
}

function chooseSubnet(state: WholeState, task: TaskRecord, wanted: readonly SubnetRecord[]): SubnetRecord | undefined {
  const preferred = wanted.find(({ id }) => id === task.preferredSubnetId);
  if (preferred) return preferred;
  const chosen = subnetForNext(
    wanted.map(({ id, availabilityZone }) => ({
      subnetId: id,
      zone: availabilityZone,
      own: state.table(tasks).count("groupInSubnet", `${id} ${task.group}`),
      all: state.table(tasks).count("subnet", id),
    })),
  );
  return wanted.find(({ id }) => id === chosen);
}
