/**
 * All that decides whether a packet may go from one address to another: VPCs with what is in them, of every account and region of this host. Plain
 * values, made from the records; the lists have no order. IPv4 only. What names something that is not in the world names nothing.
 */
export interface NetworkWorld {
  readonly vpcs: readonly WorldVpc[];
  readonly subnets: readonly WorldSubnet[];
  readonly interfaces: readonly WorldInterface[];
  readonly groups: readonly WorldGroup[];
  readonly acls: readonly WorldAcl[];
  readonly routeTables: readonly WorldRouteTable[];
  readonly internetGateways: readonly WorldInternetGateway[];
  readonly natGateways: readonly WorldNatGateway[];
  readonly peerings: readonly WorldPeering[];
  readonly prefixLists: readonly WorldPrefixList[];
}

/**
 * As what address this host's own programs count where they are clients of something in a VPC, or are answered from there: they are outside every VPC, like a client
 * on the internet, and every VPC has a way to them. In the kernel they come from their VPC's router, the second address of its block.
 */
export const HOST_ADDRESS = "127.0.0.1";

export interface WorldVpc {
  readonly id: string;
  /** Such as `172.31.0.0/16`. */
  readonly blocks: readonly string[];
}

export interface WorldSubnet {
  readonly id: string;
  readonly vpcId: string;
  readonly block: string;
  readonly aclId: string;
  readonly routeTableId: string;
}

export interface WorldInterface {
  /** `eni-…`. */
  readonly id: string;
  readonly vpcId: string;
  readonly subnetId: string;
  readonly address: string;
  /** Its security groups; absent where it has none, which lets everything through, as a NAT gateway's and a Network Load Balancer's without groups do. */
  readonly groups?: readonly string[];
  readonly publicAddress?: string;
  readonly kind: "task" | "load-balancer" | "network-load-balancer" | "vpc-endpoint" | "nat-gateway" | "other";
}

export interface WorldGroup {
  readonly id: string;
  readonly vpcId: string;
  readonly ingress: readonly WorldRule[];
  readonly egress: readonly WorldRule[];
}

/** Which packets a rule of a group, or an entry of an ACL, is about. */
export interface WorldTraffic {
  /** A number of IANA's, such as 6 for TCP. */
  readonly protocol: number | "all";
  /** Destination ports, of TCP and UDP; all where absent. */
  readonly ports?: { readonly from: number; readonly to: number };
  /** Of ICMP; all where absent. */
  readonly icmp?: { readonly type: number; readonly code: number | "all" };
}

export interface WorldRule extends WorldTraffic {
  /** `sgr-…`. */
  readonly id: string;
  readonly peer: WorldPeer;
}

export type WorldPeer =
  | { readonly kind: "cidr"; readonly block: string }
  | { readonly kind: "group"; readonly groupId: string }
  | { readonly kind: "prefix-list"; readonly prefixListId: string };

export interface WorldAcl {
  readonly id: string;
  readonly ingress: readonly WorldAclEntry[];
  readonly egress: readonly WorldAclEntry[];
}

export interface WorldAclEntry extends WorldTraffic {
  /** The lowest one that matches decides; where none does, the packet is denied. */
  readonly number: number;
  readonly allows: boolean;
  readonly block: string;
}

export interface WorldRouteTable {
  readonly id: string;
  readonly vpcId: string;
  readonly routes: readonly WorldRoute[];
}

/** The most specific one decides. The way to the VPC's own blocks is `local`, and need not be told. */
export interface WorldRoute {
  /** A block, or a prefix list's id. */
  readonly destination: string;
  readonly target: {
    readonly kind:
      | "local"
      | "internet-gateway"
      | "egress-only-internet-gateway"
      | "nat-gateway"
      | "network-interface"
      | "vpc-endpoint"
      | "vpc-peering-connection";
    readonly id: string;
  };
}

export interface WorldInternetGateway {
  readonly id: string;
  /** Absent while it is attached to none. */
  readonly vpcId?: string;
}

export interface WorldNatGateway {
  readonly id: string;
  readonly subnetId: string;
  /** A private one leads to other networks than the internet. */
  readonly isPublic: boolean;
  readonly isAvailable: boolean;
}

/** An active one. */
export interface WorldPeering {
  readonly id: string;
  readonly vpcIds: readonly [string, string];
}

export interface WorldPrefixList {
  readonly id: string;
  readonly blocks: readonly string[];
}

/** An IPv4 packet, as far as rules look at it. */
export interface WorldPacket {
  readonly from: string;
  readonly to: string;
  readonly protocol: number;
  /** Where it goes to; of TCP and UDP. */
  readonly port?: number;
  readonly icmp?: { readonly type: number; readonly code: number };
  /** Of a connection that was let through; absent where it opens one. */
  readonly connection?: WorldConnection;
}

export interface WorldConnection {
  /** The same way as the packet that opened it, or back. */
  readonly direction: "original" | "reply";
  /** Whether the interface of who opened it, and of whom it was opened to, tracks it. Where it does, its groups' rules are not asked again. */
  readonly tracked: { readonly originator: boolean; readonly responder: boolean };
}

export const ICMP = 1;
export const TCP = 6;
export const UDP = 17;
