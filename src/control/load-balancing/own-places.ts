import type { TargetSurroundings } from "../../decide/routing/target-place.ts";
import type { OwnPlace } from "../../decide/routing/view.ts";
import { blockHas, contains, parseCidr } from "../../domain/cidr.ts";
import { vpcPeerings } from "../../state/ec2-peering.ts";
import { vpcBlocks, vpcs } from "../../state/ec2.ts";
import { loadBalancersOfTargetGroup } from "../../state/elb-targets.ts";
import { interfacesOf } from "../../state/elb-interfaces.ts";
import type { ListenerRecord, TargetGroupRecord, TargetRecord } from "../../state/elb.ts";
import type { WholeState } from "../../state/state.ts";

/** The addresses of load balancers that this host has in the network of a VPC now. */
export interface HeldAddresses {
  readonly vpcId: string;
  readonly vpcCidr: string;
  /** Those that the VPC got later. */
  readonly furtherBlocks?: readonly string[];
  readonly addresses: ReadonlySet<string>;
}

function blocksOf({ vpcCidr, furtherBlocks = [] }: HeldAddresses): readonly string[] {
  return [vpcCidr, ...furtherBlocks];
}

/** Where a listener's load balancer has addresses of its own on this host. */
export function ownPlace(
  state: WholeState,
  { loadBalancerArn, port }: Pick<ListenerRecord, "loadBalancerArn" | "port">,
  held: HeldAddresses | undefined,
  hostClients: readonly string[],
): OwnPlace | undefined {
  const nodes = ownNodes(state, loadBalancerArn, held);
  if (!held || nodes.length === 0) return undefined;
  return { port, nodes, clients: [...blocksOf(held), ...peeredBlocks(state, held.vpcId), ...hostClients] };
}

/** The blocks of the VPCs that a VPC is peered with: whether somebody there has a way, and is let in, the kernel asks. */
function peeredBlocks(state: WholeState, vpcId: string): readonly string[] {
  const active = state
    .table(vpcPeerings)
    .by("vpc", vpcId)
    .filter(({ status }) => status === "active");
  const others = new Set(active.flatMap(({ requester, accepter }) => [requester.vpcId, accepter.vpcId]).filter((id) => id !== vpcId));
  return [...others]
    .flatMap((id) => {
      const vpc = state.table(vpcs).get(id);
      return vpc ? vpcBlocks(vpc) : [];
    })
    .toSorted();
}

/** Those of a load balancer's addresses that this host has, in their order. */
export function ownNodes(state: WholeState, loadBalancerArn: string, held: HeldAddresses | undefined): OwnPlace["nodes"] {
  if (!held) return [];
  return interfacesOf(state, loadBalancerArn)
    .filter(({ privateIpv4Address }) => held.addresses.has(privateIpv4Address))
    .map(({ privateIpv4Address, availabilityZone }) => ({ address: privateIpv4Address, zone: availabilityZone }))
    .toSorted((a, b) => (a.address < b.address ? -1 : 1));
}

/** From which address targets of a group are connected to. */
export interface Sources {
  /** Equal where the answers are. */
  readonly key: string;
  of(target: Pick<TargetRecord, "address" | "availabilityZone">): string | undefined;
}

export const NO_SOURCES: Sources = { key: "", of: () => undefined };

/**
 * Targets in the VPC are connected to from an address of their load balancer, that of their zone where there is one. Others are reached as the
 * host's routes say. Costs a look at the interfaces of the load balancer.
 */
export function sourcesFor(
  state: WholeState,
  group: Pick<TargetGroupRecord, "arn" | "vpcId">,
  heldIn: (vpcId: string) => HeldAddresses | undefined,
): Sources {
  const held = heldIn(group.vpcId ?? "");
  const blocks = held ? blocksOf(held) : [];
  const [balancer] = loadBalancersOfTargetGroup(state, group.arn);
  if (!held || balancer === undefined) return NO_SOURCES;
  const own = interfacesOf(state, balancer)
    .filter(({ privateIpv4Address }) => held.addresses.has(privateIpv4Address))
    .toSorted((a, b) => (a.availabilityZone < b.availabilityZone ? -1 : 1));
  if (own.length === 0) return NO_SOURCES;
  const inZone = new Map(own.map(({ availabilityZone, privateIpv4Address }) => [availabilityZone, privateIpv4Address]));
  return {
    key: JSON.stringify([...inZone, ...blocks]),
    of({ address, availabilityZone }) {
      if (!blocks.some((block) => blockHas(block, address))) return undefined;
      return inZone.get(availabilityZone ?? "") ?? own[0]?.privateIpv4Address;
    },
  };
}

/**
 * As whom this host's own programs come to an address in a VPC's network: engines hide what a network's addresses send elsewhere, and the way from this
 * host to itself is elsewhere, behind an address that the host has outside of networks that it bridges. Nobody else comes with one of these: the kernel
 * drops packets from outside that claim to be from itself.
 */
export function hostClients({ ownBlocks, bridgedBlocks }: Pick<TargetSurroundings, "ownBlocks" | "bridgedBlocks">): readonly string[] {
  const bridged = bridgedBlocks.flatMap((text) => parseCidr(text) ?? []);
  return ownBlocks
    .filter((text) => {
      const own = parseCidr(text);
      return own?.prefix === 32 && !text.startsWith("127.") && !bridged.some((block) => contains(block, own.base));
    })
    .toSorted();
}
