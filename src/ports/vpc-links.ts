/**
 * The ways between the networks of VPCs on this host, which the engine keeps apart from each other. A link opens the way; what may go it is the packet filter's to
 * say.
 */
export interface VpcLinks {
  /**
   * From now on the linked blocks reach each other, seen under their own addresses, and no others do. What an earlier process left is replaced. What was under way between blocks that are
   * not linked any more is cut. Rejects where the host does not take it. Costs a few calls of programs, and what there is to say.
   */
  set(links: readonly VpcLink[]): Promise<void>;
}

/** Two blocks, of different VPCs or of one: `10.0.0.0/16`. */
export interface VpcLink {
  readonly one: string;
  readonly other: string;
}
