/**
 * What a packet filter holds: chains of rules, and sets and maps that rules look into, so that what changes is an element and not a rule. Shaped after
 * nftables. Names are of letters, digits, `-`, `.` and `_`, and unique within their sort.
 */
export interface FilterContents {
  readonly chains: ReadonlyMap<string, FilterChain>;
  readonly sets: ReadonlyMap<string, FilterSet>;
}

export interface FilterChain {
  /** Where packets come into it by themselves; absent where others lead there. What comes to the end of one with a hook is accepted by it. */
  readonly hook?: FilterHook;
  /** In the order in which they are tried. */
  readonly rules: readonly FilterRule[];
}

/**
 * What is accepted at the first stage comes to the second one. So what is asked of who sends leads to nothing that is asked of who gets: the kernel looks at every way through
 * the chains that there is, at each change, and there are not as many of them as there are pairs.
 */
export interface FilterHook {
  /** `arriving` and `departing` are before addresses are translated: of all that comes to this host, and of what its own programs send. */
  readonly at: "arriving" | "departing" | "forward" | "input" | "output";
  readonly stage: 1 | 2;
}

export interface FilterSet {
  readonly kind: FilterSetKind;
  /**
   * By element: the verdict of a map, which is `accept`, `jump <chain>` or `goto <chain>`; empty where it is no map. Parts of an element are set apart by ` . `: an
   * address, a block `10.0.0.0/8` or a range `10.0.0.1-10.0.0.9` of addresses; a number, or a range of them. No two elements of a set overlap.
   */
  readonly elements: ReadonlyMap<string, string>;
}

/**
 * `verdicts` is a map from single addresses; the others are sets. `addresses-of-all` is for sets into which nearly every packet looks: it takes no more than 65,536 addresses, and room for as many
 * from the start.
 */
export type FilterSetKind =
  | "verdicts"
  | "addresses"
  | "addresses-of-all"
  | "address-pairs"
  | "addresses-and-protocols"
  | "addresses-protocols-and-ports"
  | "protocols-and-ports"
  | "interfaces";

export interface FilterRule {
  /** All must hold. */
  readonly tests: readonly FilterTest[];
  readonly action: FilterAction;
}

/**
 * `type-and-code` is of ICMP: the type times 256, and the code. `called` is the address that who opened the packet's connection called, before it was translated. `incoming` and `outgoing` are names of the host's network interfaces.
 */
export type FilterKey = "source" | "destination" | "called" | "protocol" | "port" | "type-and-code" | "incoming" | "outgoing";

export type FilterTest =
  | { readonly kind: "in-set"; readonly keys: readonly FilterKey[]; readonly set: string }
  | { readonly kind: "not-in-set"; readonly keys: readonly FilterKey[]; readonly set: string }
  /** An address is in a block. */
  | { readonly kind: "in-block"; readonly key: "source" | "destination"; readonly block: string }
  | { readonly kind: "protocol"; readonly is: readonly number[] }
  | { readonly kind: "between"; readonly key: "port" | "source-port" | "type-and-code"; readonly from: number; readonly to: number }
  | { readonly kind: "over"; readonly key: "incoming" | "outgoing"; readonly name: string }
  | { readonly kind: "version-6" }
  /** Who opened the packet's connection called another address than the one that it was led to. */
  | { readonly kind: "translated" }
  | { readonly kind: "state"; readonly is: "new" | "established" | "related" }
  | { readonly kind: "direction"; readonly is: "original" | "reply" }
  /** Of the marks of the packet's connection. */
  | { readonly kind: "without-marks"; readonly marks: number };

export type FilterAction =
  | { readonly kind: "accept" | "drop" | "return" }
  | { readonly kind: "jump" | "goto"; readonly chain: string }
  /** By the map's verdict, where it has one for the address; else the next rule. */
  | { readonly kind: "look-up"; readonly key: "source" | "destination" | "called"; readonly map: string }
  /** Adds marks to the packet's connection, and goes on with the next rule. */
  | { readonly kind: "mark"; readonly marks: number };

/** What brings a filter from some contents to others, as one transaction. */
export interface FilterChange {
  /** New, or with other rules. */
  readonly chains: ReadonlyMap<string, FilterChain>;
  /** New, without elements. */
  readonly sets: ReadonlyMap<string, FilterSetKind>;
  /** By set. An element with another verdict is gone and new. */
  readonly gone: ReadonlyMap<string, ReadonlyMap<string, string>>;
  readonly added: ReadonlyMap<string, ReadonlyMap<string, string>>;
  readonly chainsGone: readonly string[];
  /** With what is left in them. */
  readonly setsGone: readonly string[];
}

/** The marks of connections whose opener, or whose other end, does not track them. Others' marks are left as they are. */
export const ORIGINATOR_UNTRACKED = 0x1000_0000;
export const RESPONDER_UNTRACKED = 0x2000_0000;
/** Of connections from one VPC to another. */
export const BETWEEN_VPCS = 0x4000_0000;
