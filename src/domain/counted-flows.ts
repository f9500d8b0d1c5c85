/** Times are milliseconds since the Unix epoch. */
export interface FlowInterval {
  /** No two intervals have the same. */
  readonly startedAt: number;
  readonly endedAt: number;
  readonly flows: readonly CountedFlow[];
  /** Accounts that had more flows than can be counted of theirs: some are missing. */
  readonly full: ReadonlySet<string>;
}

export interface Count {
  readonly packets: number;
  readonly bytes: number;
}

/** What went from one address to another, at ports; one way of a connection. */
export interface CountedFlow {
  readonly source: string;
  readonly destination: string;
  /** A number of IANA's. */
  readonly protocol: number;
  /** 0 where the protocol has none. */
  readonly sourcePort: number;
  readonly destinationPort: number;
  /** When its first packet in the interval came. */
  readonly firstAt: number;
  /** What came, what of it passed the sender's rules, and what of that passed the receiver's. */
  readonly sent: Count;
  readonly passedSender: Count;
  readonly passedReceiver: Count;
  /** Of TCP: FIN is 1, SYN 2, RST 4, SYN with ACK 18; those of all packets, one or another. */
  readonly tcpFlags: number;
}
