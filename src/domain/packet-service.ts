// What the kernel is told of listeners whose clients targets are to see as they are: plain data.

/** One port of one address, of which new connections, or flows of datagrams, are led to targets: where they come from stays as it is. */
export interface PacketService {
  readonly address: string;
  readonly port: number;
  readonly protocol: "tcp" | "udp";
  /** The blocks of the clients that are served. */
  readonly clients: readonly string[];
  /** Seconds without a packet after which a flow is forgotten. */
  readonly idleTimeout: number;
  /** Weighted choice for each flow; what finds no target is refused. Those without targets, and of weight 0, are left out. */
  readonly choices: readonly PacketChoice[];
}

export interface PacketChoice {
  readonly weight: number;
  /** Whether all flows of one client address go to one target, as long as these targets are the same. */
  readonly sticky: boolean;
  readonly targets: readonly PacketTarget[];
}

export interface PacketTarget {
  readonly address: string;
  readonly port: number;
}
