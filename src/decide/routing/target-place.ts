import { contains, formatAddress, parseAddress, parseCidr, routerOf, type Cidr } from "../../domain/cidr.ts";

/** What is around the load balancers of this host. */
export interface TargetSurroundings {
  /** What this host itself has: addresses, as `192.0.2.2/32`, or more. */
  readonly ownBlocks: readonly string[];
  /** The blocks of networks that this host bridges itself: containers and virtual machines of whoever. */
  readonly bridgedBlocks: readonly string[];
  /** The VPCs of all accounts and regions, each with each of its blocks. */
  readonly vpcs: readonly { readonly id: string; readonly cidrBlock: string }[];
  /** What the operator opens to load balancers besides. */
  readonly openedBlocks: readonly string[];
}

/**
 * What an address is to a target group of some VPC:
 * - `vpc`: an address of that VPC
 * - `private`: outside of it, in the blocks that AWS lets targets be in (RFC 1918, RFC 6598)
 * - `opened`: outside of it, opened by the operator
 * - `public`: outside of all these
 * - `forbidden`: of another VPC, of this host, or none that a machine has
 * - `malformed`: no IPv4 address in its plain form
 */
export type TargetPlace = "vpc" | "private" | "opened" | "public" | "forbidden" | "malformed";

/** Source: Elastic Load Balancing, "Target type" of target groups: "You can't specify publicly routable IP addresses." */
const PRIVATE = blocks(["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"]);

/** Whatever the operator opens: "this" network, link-local (where tasks and clouds hand out credentials), multicast, reserved and broadcast. */
const NEVER = blocks(["0.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "240.0.0.0/4"]);

const LOOPBACK = blocks(["127.0.0.0/8"]);

/**
 * Tells what addresses are to a target group of a VPC. Other VPCs stay closed, also where the operator opens a block that covers them: the
 * operator means machines of their own, and VPCs come later.
 */
export function targetPlaces(around: TargetSurroundings): (address: string, vpcId: string | undefined) => TargetPlace {
  const own = blocks(around.ownBlocks);
  const bridged = blocks(around.bridgedBlocks);
  const opened = blocks(around.openedBlocks);
  const vpcs = around.vpcs.map(({ id, cidrBlock }) => ({ id, block: parseCidr(cidrBlock) }));
  return (text, vpcId) => {
    const address = parseAddress(text);
    if (address === undefined) return "malformed";
    if (isIn(NEVER, address)) return "forbidden";
    const covering = vpcs.filter(({ block }) => block !== undefined && contains(block, address));
    const home = covering.find(({ id }) => id === vpcId)?.block;
    if (home) return isReserved(home, address) || (isIn(own, address) && !isIn(opened, address)) ? "forbidden" : "vpc";
    if (covering.length > 0) return "forbidden";
    if (isIn(opened, address)) return "opened";
    if (isIn(LOOPBACK, address) || isIn(own, address) || isIn(bridged, address)) return "forbidden";
    return isIn(PRIVATE, address) ? "private" : "public";
  };
}

/** The network's own address, its router's, which is this host, and its broadcast address. */
function isReserved(block: Cidr, address: number): boolean {
  return address === block.base || formatAddress(address) === routerOf(block) || address === block.base + block.size - 1;
}

function blocks(cidrs: readonly string[]): readonly Cidr[] {
  return cidrs.flatMap((cidr) => parseCidr(cidr) ?? []);
}

function isIn(all: readonly Cidr[], address: number): boolean {
  return all.some((block) => contains(block, address));
}
